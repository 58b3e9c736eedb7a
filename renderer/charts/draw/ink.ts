import type { Chart, Plugin } from 'chart.js';
import { fade, type ChartColours } from './colours.ts';
import { brush, drawField, drawThreads, ringThread, scaleLine, scaleWords } from './many-axes.ts';
import { pixelOf } from './pixels.ts';
import { drawPoints, FAINT } from './points.ts';
import { drawRug, rugY } from './rug.ts';
import { words } from './words.ts';
import type { PanelDataset } from './datasets.ts';
import { isOutside, type Annotation, type ChartValue, type Mark, type Panel, type Role } from '../chart-value.ts';

/** What is drawn beside Chart.js: points, stars, intervals, the rug, words with a halo; over it the chosen mark. */
export interface Inked {
  chart: ChartValue;
  panel: Panel;
  colours: ChartColours;
  selected: number | null;
  active: Mark | null;
}

/** Text with a halo, kept inside the canvas. */
export type Write = (text: string, x: number, y: number, align: 'start' | 'center' | 'end', colour: string, strong: boolean) => void;

const STAR = [7, 0.4, 8.75, 4.6, 13.28, 4.96, 9.82, 7.92, 10.88, 12.34, 7, 9.97, 3.12, 12.34, 4.18, 7.92, 0.72, 4.96, 5.25, 4.6];

export function inkPlugin(inked: () => Inked): Plugin {
  return {
    id: 'ink',
    beforeDatasetsDraw: (chart) => {
      const now = inked();
      drawField(chart, now);
      drawBoxes(chart, now);
      drawIntervals(chart, now);
      drawThreads(chart, now);
    },
    beforeDatasetDraw: (chart, { index }) => {
      const { points } = chart.data.datasets[index] as PanelDataset;
      const { chart: value, colours } = inked();
      if (points !== undefined && points.size !== 'star') drawPoints(chart, value, points, colours);
    },
    afterDatasetsDraw: (chart) => {
      const now = inked();
      drawRug(chart, now);
      drawStars(chart, now);
    },
    afterDraw: (chart) => drawWords(chart, inked()),
  };
}

function drawIntervals(chart: Chart, { chart: value, panel, colours }: Inked): void {
  const { ctx } = chart;
  const { left, top, width, height } = chart.chartArea;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left - 8, top, width + 16, height);
  ctx.clip();
  ctx.lineWidth = 1.25;
  for (const series of panel.series) {
    if (series.kind !== 'points' || series.marks.length > 2000) continue;
    ctx.strokeStyle = colours.role[series.role];
    for (const mark of series.marks) {
      const { x, low, high } = mark;
      if (low === undefined || high === undefined || isOutside(value, mark)) continue;
      const upper = pixelOf(chart, { x, y: high });
      const lower = pixelOf(chart, { x, y: low });
      // Shorter than the mark itself: nothing would be seen.
      if (lower.y - upper.y < 8) continue;
      ctx.beginPath();
      ctx.moveTo(upper.x, upper.y);
      ctx.lineTo(lower.x, Math.min(lower.y, chart.chartArea.bottom));
      ctx.stroke();
    }
  }
  ctx.restore();
}

const BOX_PX = 16;

/** A bar from zero and the interval of its end. */
function drawBar(chart: Chart, { y, to, low, high, role }: Annotation & { kind: 'bar' }, colours: ChartColours): void {
  const { ctx } = chart;
  const from = pixelOf(chart, { x: 0, y });
  const at = (x: number): number => pixelOf(chart, { x, y }).x;
  // Its name stands above it in the same row.
  const height = Math.min(BOX_PX, Math.abs(pixelOf(chart, { x: 0, y: y + 1 }).y - from.y) * 0.42);
  ctx.save();
  ctx.fillStyle = colours.role[role];
  ctx.fillRect(from.x, from.y - height / 2, at(to) - from.x, height);
  ctx.strokeStyle = colours.text;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  ctx.moveTo(at(low), from.y);
  ctx.lineTo(at(high), from.y);
  ctx.stroke();
  ctx.restore();
}

function drawBoxes(chart: Chart, { panel, colours }: Inked): void {
  const { ctx } = chart;
  for (const box of panel.annotations) {
    if (box.kind === 'bar') drawBar(chart, box, colours);
    if (box.kind !== 'box') continue;
    const at = (x: number): number => pixelOf(chart, { x, y: box.y }).x;
    const { y } = pixelOf(chart, { x: box.median, y: box.y });
    ctx.save();
    ctx.strokeStyle = colours.role[box.role];
    ctx.fillStyle = fade(colours.role[box.role], 0.18);
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.moveTo(at(box.low), y);
    ctx.lineTo(at(box.q1), y);
    ctx.moveTo(at(box.q3), y);
    ctx.lineTo(at(box.high), y);
    ctx.rect(at(box.q1), y - BOX_PX / 2, at(box.q3) - at(box.q1), BOX_PX);
    ctx.fill();
    ctx.stroke();
    ctx.lineWidth = 2.5;
    ctx.beginPath();
    ctx.moveTo(at(box.median), y - BOX_PX / 2);
    ctx.lineTo(at(box.median), y + BOX_PX / 2);
    ctx.stroke();
    ctx.restore();
  }
}

function drawStars(chart: Chart, { chart: value, panel, colours }: Inked): void {
  for (const series of panel.series) {
    if (series.kind !== 'points' || series.size !== 'star') continue;
    for (const mark of series.marks) star(chart.ctx, pixelOf(chart, mark), fade(colours.role[series.role], isOutside(value, mark) ? FAINT : 1), colours.background);
  }
}

function star(ctx: CanvasRenderingContext2D, at: { x: number; y: number }, colour: string, halo: string): void {
  ctx.save();
  ctx.translate(at.x - 7, at.y - 7);
  ctx.beginPath();
  for (let i = 0; i < STAR.length; i += 2) ctx.lineTo(STAR[i]!, STAR[i + 1]!);
  ctx.closePath();
  ctx.strokeStyle = halo;
  ctx.lineWidth = 2.5;
  ctx.stroke();
  ctx.fillStyle = colour;
  ctx.fill();
  ctx.restore();
}

/** The mark that is selected and the one that is pointed at. */
export function drawRings(ctx: CanvasRenderingContext2D, chart: Chart, { panel, colours, selected, active }: Inked): void {
  for (const series of panel.series) if (series.kind === 'threads') for (const thread of series.threads) if (thread.mark.trial === selected || thread.mark === active) ringThread(ctx, chart, thread, colours);
  const ring = (mark: Mark, radius: number): void => {
    const isRug = panel.rug.marks.includes(mark);
    const { x, y } = pixelOf(chart, mark);
    ctx.beginPath();
    ctx.arc(x, isRug ? rugY(chart) : y, radius, 0, Math.PI * 2);
    ctx.stroke();
  };
  ctx.save();
  ctx.strokeStyle = colours.role.accent;
  ctx.lineWidth = 2;
  if (selected !== null) {
    for (const series of panel.series) {
      if (series.kind === 'points') for (const mark of series.marks) if (mark.trial === selected) ring(mark, 8);
    }
    for (const mark of panel.rug.marks) if (mark.trial === selected) ring(mark, 7);
  }
  ctx.lineWidth = 1.5;
  if (active !== null) ring(active, 7);
  ctx.restore();
}

function drawWords(chart: Chart, { panel, colours }: Inked): void {
  const write: Write = (text, x, y, align, colour, strong) => words(chart, colours, text, x, y, align, colour, strong, true);
  for (const one of panel.annotations) {
    if (one.kind === 'scale') scaleLine(chart, one, colours);
    if (one.kind === 'brush') brush(chart, one, colours, write);
  }
  scaleWords(chart, panel, colours, write);
  for (const one of panel.annotations) wordsOf(chart, one, colours);
  brackets(chart, panel.annotations.filter((one) => one.kind === 'bracket'), colours);
}

function wordsOf(chart: Chart, one: Annotation, colours: ChartColours): void {
  const { chartArea: area } = chart;
  const colour = (role: Role): string => (role === 'accent' ? colours.accentText : role === 'neutral' ? colours.quietText : role === 'baseline' ? colours.text : colours.role[role]);
  switch (one.kind) {
    case 'vertical': {
      if (one.text === undefined) return;
      const { x } = pixelOf(chart, { x: one.x, y: 1 });
      const right = one.side !== 'left';
      // The name of a phase that has no room for it would lie over the next one's.
      if (!right && one.dashed && x - 7 - chart.ctx.measureText(one.text).width < area.left) return;
      // The label of a solid line keeps clear of the phase names in the first row.
      const row = one.dashed ? 0.6 : 2;
      words(chart, colours, one.text, x + (right ? 7 : -7), area.top + colours.fontPx * row, right ? 'start' : 'end', colour(one.role), true);
      return;
    }
    case 'horizontal': {
      if (one.text === undefined) return;
      const y = pixelOf(chart, { x: 0, y: one.y }).y;
      const end = one.to === undefined ? area.right : pixelOf(chart, { x: one.to, y: one.y }).x;
      const width = chart.ctx.measureText(one.text).width;
      if (one.at === 'start') return words(chart, colours, one.text, area.left + 4, y + colours.fontPx, 'start', colour(one.role), true);
      if (end + width + 14 < area.right) return words(chart, colours, one.text, end + 7, y, 'start', colour(one.role), true);
      return words(chart, colours, one.text, area.right - 4, y - colours.fontPx, 'end', colour(one.role), true);
    }
    case 'region': {
      if (one.text === undefined) return;
      const from = pixelOf(chart, { x: one.from, y: 1 }).x;
      const to = pixelOf(chart, { x: one.to, y: 1 }).x;
      if (to - from > 56) words(chart, colours, one.text, from + 7, area.top + colours.fontPx * 0.6, 'start', colours.quietText, false);
      return;
    }
    case 'text': {
      const { x, y } = pixelOf(chart, one);
      const shift = one.place === 'beside' || one.place === 'at' ? 0 : (one.place === 'below' ? 1 : -1) * (colours.fontPx + 4);
      words(chart, colours, one.text, x + (one.place === 'beside' ? 9 : 0), y + shift, one.align, colour(one.role), one.strong);
      return;
    }
    case 'bar':
    case 'box':
    case 'bracket':
    case 'scale':
    case 'brush':
    case 'field':
      return;
  }
}

/** From the lowest up; labels that would touch move up, the brackets stay where they are. */
function brackets(chart: Chart, all: readonly (Annotation & { kind: 'bracket' })[], colours: ChartColours): void {
  const { ctx, chartArea } = chart;
  const x = chartArea.right + 6;
  let free = chartArea.bottom;
  for (const { from, to, text } of all.toSorted((a, b) => a.from - b.from)) {
    const top = Math.max(pixelOf(chart, { x: 0, y: to }).y, chartArea.top);
    const bottom = pixelOf(chart, { x: 0, y: from }).y;
    ctx.save();
    ctx.strokeStyle = colours.axis;
    ctx.lineWidth = 1.75;
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, bottom);
    ctx.stroke();
    ctx.restore();
    const middle = Math.min((top + bottom) / 2, free - colours.fontPx * 0.6);
    words(chart, colours, text, x + 6, middle, 'start', colours.quietText, false);
    free = middle - colours.fontPx * 0.6;
  }
}
