import type { Chart } from 'chart.js';
import { fade, type ChartColours } from './colours.ts';
import { hatchPattern } from './annotations.ts';
import { FAINT } from './points.ts';
import { fieldBand } from '../field.ts';
import { isOutside, type Annotation, type Field, type Panel, type Series, type Thread } from '../chart-value.ts';
import type { Inked, Write } from './ink.ts';

/** More lines than this become a grey sheet and take long to draw; an even sample is drawn on the screen, of all series together. */
const MOST_THREADS = 1000;
const MOST_FAINT_THREADS = 500;
/** More than this are drawn as thin as the screen can, without gaps. */
const MANY_THREADS = 100;
/** A field is coloured in blocks of this many pixels. */
const BLOCK_PX = 2;

type Threads = Series & { readonly kind: 'threads' };

function pixels(chart: Chart): { x: (value: number) => number; y: (value: number) => number } {
  const { x, y } = chart.scales;
  return { x: (value) => x!.getPixelForValue(value), y: (value) => y!.getPixelForValue(value) };
}

export function drawThreads(chart: Chart, { chart: value, panel, colours }: Inked): void {
  const { ctx } = chart;
  const all = panel.series.filter((series) => series.kind === 'threads');
  const pick = (faint: boolean): readonly Threads[] => all.map((series) => ({ ...series, threads: series.threads.filter(({ mark }) => isOutside(value, mark) === faint) }));
  const lines = (series: Threads, faint: boolean, stride: number): void => {
    const inside = series.threads;
    ctx.save();
    const isMany = inside.length > MANY_THREADS;
    ctx.strokeStyle = series.strong && !faint ? colours.role[series.role] : fade(faint ? colours.role.neutral : colours.role[series.role], faint ? FAINT * (isMany ? 0.3 : 0.7) : crowded(inside.length));
    // One pixel of the screen is drawn twenty times as fast as a little more.
    ctx.lineWidth = series.strong ? 2.5 : isMany ? 1 / chart.currentDevicePixelRatio : 1.25;
    if (series.role === 'failed' && !isMany) ctx.setLineDash([2, 3]);
    ctx.beginPath();
    for (let i = 0; i < inside.length; i += stride) trace(ctx, chart, inside[Math.floor(i)]!);
    ctx.stroke();
    ctx.restore();
  };
  for (const faint of [true, false]) {
    const picked = pick(faint);
    const count = picked.reduce((sum, { threads }) => sum + threads.length, 0);
    const stride = Math.max(1, count / (faint ? MOST_FAINT_THREADS : MOST_THREADS));
    for (const series of picked) lines(series, faint, stride);
  }
}

/** The more lines, the fainter each, so that bundles still show. */
function crowded(count: number): number {
  return Math.min(0.75, Math.max(0.06, 30 / Math.max(count, 1)));
}

function trace(ctx: CanvasRenderingContext2D, chart: Chart, { points }: Thread): void {
  const { x, y } = pixels(chart);
  points.forEach((point, i) => (i === 0 ? ctx.moveTo(x(point.x), y(point.y)) : ctx.lineTo(x(point.x), y(point.y))));
}

export function ringThread(ctx: CanvasRenderingContext2D, chart: Chart, thread: Thread, colours: ChartColours): void {
  ctx.save();
  ctx.strokeStyle = colours.role.accent;
  ctx.lineWidth = 2;
  ctx.beginPath();
  trace(ctx, chart, thread);
  ctx.stroke();
  ctx.restore();
}

export function scaleLine(chart: Chart, { x, ticks }: Annotation & { kind: 'scale' }, colours: ChartColours): void {
  const { ctx } = chart;
  const at = pixels(chart);
  ctx.save();
  ctx.strokeStyle = colours.axis;
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(at.x(x), at.y(0));
  ctx.lineTo(at.x(x), at.y(1));
  for (const { value } of ticks) {
    ctx.moveTo(at.x(x) - 3, at.y(value));
    ctx.lineTo(at.x(x) + 3, at.y(value));
  }
  ctx.stroke();
  ctx.restore();
}

/** Titles above their axes, ticks beside them; ticks that would touch are left out. */
export function scaleWords(chart: Chart, panel: Panel, colours: ChartColours, write: Write): void {
  const at = pixels(chart);
  const scales = panel.annotations.filter((one) => one.kind === 'scale');
  scales.forEach(({ x, title, ticks, side }, i) => {
    const align = i === 0 ? 'start' : i === scales.length - 1 ? 'end' : 'center';
    write(title, i === 0 ? 2 : i === scales.length - 1 ? chart.width - 2 : at.x(x), colours.fontPx * 0.7, align, colours.quietText, false);
    // The ends stay, what would touch the one before or the upper end goes.
    const room = colours.fontPx * 1.15;
    const top = at.y(ticks[ticks.length - 1]?.value ?? 1);
    let free = Infinity;
    for (const { value, text } of ticks) {
      const y = at.y(value);
      if (y > free || (y < top + room && y > top)) continue;
      free = y - room;
      write(text, at.x(x) + (side === 'left' ? -6 : 7), y, side === 'left' ? 'end' : 'start', colours.quietText, false);
    }
  });
}

export function brush(chart: Chart, { x, low, high, text }: Annotation & { kind: 'brush' }, colours: ChartColours, write: Write): void {
  const { ctx } = chart;
  const at = pixels(chart);
  const [top, bottom] = [at.y(high) - 3, at.y(low) + 3];
  ctx.save();
  ctx.fillStyle = fade(colours.role.accent, 0.18);
  ctx.strokeStyle = colours.role.accent;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  ctx.roundRect(at.x(x) - 6, top, 12, bottom - top, 3);
  ctx.fill();
  ctx.stroke();
  ctx.restore();
  write(text, at.x(x), at.y(-0.06) + colours.fontPx * 0.7, 'center', colours.accentText, true);
}

/** Bands of one colour between the borders, in between the grid by straight lines; the key above. */
export function drawField(chart: Chart, { panel, colours }: Inked): void {
  for (const one of panel.annotations) {
    if (one.kind !== 'field') continue;
    paint(chart, one, colours);
    key(chart, one, colours);
  }
}

function paint(chart: Chart, field: Field, colours: ChartColours): void {
  const { ctx, chartArea, scales } = chart;
  // Whole pixels: between two halves of one the background would shine through.
  const { left, top, right, bottom } = { left: Math.round(chartArea.left), top: Math.round(chartArea.top), right: Math.round(chartArea.right), bottom: Math.round(chartArea.bottom) };
  const hatch = hatchPattern(ctx, colours);
  const across: number[] = [];
  for (let px = left; px < right; px += BLOCK_PX) across.push(scales['x']!.getValueForPixel(px + BLOCK_PX / 2)!);
  ctx.save();
  for (let py = top; py < bottom; py += BLOCK_PX) {
    const y = scales['y']!.getValueForPixel(py + BLOCK_PX / 2)!;
    // Neighbours of one band are one rectangle.
    let from = 0;
    let band = fieldBand(field, across[0]!, y);
    for (let i = 1; i <= across.length; i++) {
      const next = i === across.length ? null : fieldBand(field, across[i]!, y);
      if (next === band) continue;
      ctx.fillStyle = band === 'blocked' ? hatch : colours.heat[4 - band!]!;
      ctx.fillRect(left + from * BLOCK_PX, py, Math.min((i - from) * BLOCK_PX, right - left - from * BLOCK_PX), Math.min(BLOCK_PX, bottom - py));
      [from, band] = [i, next!];
    }
  }
  ctx.restore();
}

function key(chart: Chart, { texts }: Field, colours: ChartColours): void {
  const { ctx, chartArea: { left, right } } = chart;
  const width = (right - left) / texts.length;
  ctx.save();
  ctx.font = `${colours.fontPx * 0.95}px ${colours.font}`;
  ctx.textBaseline = 'middle';
  ctx.strokeStyle = colours.axis;
  texts.forEach((text, band) => {
    const x = left + band * width;
    ctx.fillStyle = colours.heat[4 - band]!;
    ctx.fillRect(x, 2, 9, 9);
    ctx.strokeRect(x + 0.5, 2.5, 8, 8);
    ctx.fillStyle = colours.quietText;
    ctx.fillText(text, x + 12, 7);
  });
  ctx.restore();
}
