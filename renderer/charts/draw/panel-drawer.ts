import { Chart, Filler, LinearScale, LineController, LineElement, LogarithmicScale, PointElement, ScatterController, type ChartConfiguration, type ScaleOptions } from 'chart.js';
import annotationPlugin from 'chartjs-plugin-annotation';
import { annotationsOf, hatchPattern } from './annotations.ts';
import { datasetsOf } from './datasets.ts';
import { drawRings, inkPlugin, type Inked } from './ink.ts';
import { pixelOf } from './pixels.ts';
import { rugY } from './rug.ts';
import { type Annotation, type Axis, type ChartValue, type Mark, type Point } from '../chart-value.ts';
import type { ChartColours } from './colours.ts';

Chart.register(LinearScale, LogarithmicScale, LineController, LineElement, PointElement, ScatterController, Filler, annotationPlugin);

const Y_AXIS_PX = 40;
/** Lines are thinned for at least this many pixels: a plot may grow with its window. */
const LEAST_COLUMNS = 1000;
/** Half of the 24 px every mark answers to. */
const HIT_PX = 12;

export interface PanelView {
  readonly chart: ChartValue;
  readonly panel: number;
  readonly colours: ChartColours;
  readonly selected: number | null;
  readonly active: Mark | null;
}

export interface PlotArea {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface PanelDrawer {
  show(view: PanelView): void;
  /** The mark nearest to a point of the canvas, within reach. */
  nearest(x: number, y: number): Mark | null;
  /** Where a mark is on the canvas, px. */
  place(mark: Mark): { x: number; y: number };
  /** Of the canvas, px. */
  size(): { width: number; height: number };
  /** Where marks are drawn, px from the canvas's corner. */
  area(): PlotArea;
  destroy(): void;
}

export function createPanelDrawer(canvas: HTMLCanvasElement, first: PanelView, onLayout: () => void = () => undefined): PanelDrawer {
  let view = first;
  const inked = (): Inked => ({ chart: view.chart, panel: view.chart.panels[view.panel]!, colours: view.colours, selected: view.selected, active: view.active });
  const rings = ringLayer(canvas);
  const chart = new Chart(canvas, {
    ...configuration(view, canvas),
    plugins: [inkPlugin(inked), { id: 'layout', afterLayout: onLayout }, { id: 'rings', afterDraw: (drawn) => rings.draw(drawn, inked()) }],
  });
  return {
    show(next) {
      const last = view;
      view = next;
      if (next.colours === last.colours) {
        if (next.chart === last.chart) return rings.draw(chart, inked());
        if (isLaidOutAs(next, last)) return chart.draw();
      }
      const fresh = configuration(view, canvas);
      chart.data = fresh.data;
      chart.options = fresh.options!;
      chart.update('none');
    },
    nearest: (x, y) => nearestMark(chart, view, x, y),
    place(mark) {
      const at = pixelOf(chart, mark);
      return inked().panel.rug.marks.includes(mark) ? { x: at.x, y: rugY(chart) } : at;
    },
    size: () => ({ width: chart.width, height: chart.height }),
    area: () => ({ left: chart.chartArea.left, top: chart.chartArea.top, width: chart.chartArea.width, height: chart.chartArea.height }),
    destroy: () => {
      rings.remove();
      chart.destroy();
    },
  };
}

/** The same chart with another brush, or other trials left out by one: all of that is drawn by hand. */
function isLaidOutAs(next: PanelView, last: PanelView): boolean {
  const [now, before] = [next.chart.panels[next.panel], last.chart.panels[last.panel]];
  return next.chart.x === last.chart.x && now?.series === before?.series && now?.y === before?.y;
}

/** What is pointed at and what is selected lie over the chart on a canvas of their own: a step to the next trial draws nothing else again. */
function ringLayer(under: HTMLCanvasElement): { draw(chart: Chart, inked: Inked): void; remove(): void } {
  const canvas = document.createElement('canvas');
  canvas.ariaHidden = 'true';
  Object.assign(canvas.style, { position: 'absolute', inset: '0', pointerEvents: 'none' });
  under.after(canvas);
  const ink = canvas.getContext('2d');
  return {
    draw(chart, inked) {
      if (ink === null) return;
      const { width, height, currentDevicePixelRatio: ratio } = chart;
      // Also wipes it.
      [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
      Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
      ink.scale(ratio, ratio);
      drawRings(ink, chart, inked);
    },
    remove: () => canvas.remove(),
  };
}

function configuration(view: PanelView, canvas: HTMLCanvasElement): ChartConfiguration<'scatter' | 'line', { x: number; y: number }[]> {
  const { chart, colours } = view;
  const panel = chart.panels[view.panel]!;
  const isLast = view.panel === chart.panels.length - 1;
  const has = (kind: Annotation['kind']): boolean => panel.annotations.some((one) => one.kind === kind);
  const context = canvas.getContext('2d')!;
  return {
    type: 'scatter',
    data: { datasets: datasetsOf(panel, colours, Math.max(canvas.clientWidth, LEAST_COLUMNS)) },
    options: {
      animation: false, parsing: false, normalized: true, events: [], maintainAspectRatio: false,
      responsive: true,
      layout: { padding: { top: has('scale') || has('field') ? colours.fontPx * 1.9 : 6, right: has('bracket') ? 64 : has('scale') ? 48 : 14, bottom: has('scale') ? colours.fontPx * 1.3 : 0, left: 0 } },
      scales: {
        x: scale(chart.x, colours, { grid: false, labels: isLast && !has('scale'), line: !has('scale') }),
        y: scale(panel.y, colours, { grid: true, labels: true, line: false }),
      },
      plugins: { legend: { display: false }, tooltip: { enabled: false }, annotation: { clip: true, annotations: annotationsOf(panel, colours, hatchPattern(context, colours)) } },
    },
  } as ChartConfiguration<'scatter' | 'line', { x: number; y: number }[]>;
}

type ScaleLook = Exclude<ScaleOptions<'linear'>, undefined>;

function scale(axis: Axis, colours: ChartColours, { grid, labels, line }: { grid: boolean; labels: boolean; line: boolean }): unknown {
  const text = new Map(axis.ticks.map((tick) => [tick.value, tick.text]));
  const options: ScaleLook = {
    min: axis.min, max: axis.max,
    grid: { display: grid, color: colours.grid, drawTicks: !grid, tickLength: 4, tickColor: colours.axis, lineWidth: 1 },
    border: { display: line, color: colours.axis },
    ticks: {
      display: labels, color: colours.quietText, font: { size: colours.fontPx, family: colours.font }, padding: grid ? 6 : 2,
      autoSkip: false, maxRotation: 0, includeBounds: false, callback: (value: string | number) => text.get(Number(value)) ?? '',
    },
    afterBuildTicks: (built) => {
      const all = axis.ticks.map(({ value }) => ({ value }));
      built.ticks = grid && axis.scale === 'linear' ? apart(all, built.chart.height, colours.fontPx) : all;
    },
  };
  // One width for all y axes, so that stacked panels share their x axis to the pixel.
  if (grid) options.afterFit = (built) => void (built.width = Y_AXIS_PX * (colours.fontPx / 11));
  return { type: axis.scale === 'log' ? 'logarithmic' : 'linear', position: grid ? 'left' : 'bottom', ...options };
}

/** In a low panel every second or third tick, so that their labels do not touch. */
function apart<T>(ticks: readonly T[], heightPx: number, fontPx: number): T[] {
  const every = Math.ceil((fontPx * 1.15 * (ticks.length - 1)) / Math.max(heightPx - 2 * fontPx, fontPx));
  return every <= 1 ? [...ticks] : ticks.filter((_, i) => i % every === 0);
}

function nearestMark(chart: Chart, view: PanelView, x: number, y: number): Mark | null {
  const panel = view.chart.panels[view.panel]!;
  const foot = rugY(chart);
  let best: Mark | null = null;
  let least = HIT_PX ** 2;
  const near = (mark: Mark, dx: number, dy: number): void => {
    const distance = dx ** 2 + dy ** 2;
    if (distance <= least) [best, least] = [mark, distance];
  };
  // Most marks are too far to the side: told by their values, without placing each on the canvas.
  const ends = [x - HIT_PX, x + HIT_PX].map((px) => chart.scales['x']!.getValueForPixel(px)!);
  const isBeside = (mark: Mark): boolean => mark.x >= ends[0]! && mark.x <= ends[1]!;
  for (const series of panel.series) {
    if (series.kind === 'points') {
      for (const mark of series.marks) {
        if (!isBeside(mark)) continue;
        const at = pixelOf(chart, mark);
        near(mark, at.x - x, at.y - y);
      }
    } else if (series.kind === 'threads') {
      const across = chart.scales['x']!.getValueForPixel(x)!;
      for (const { points, mark } of series.threads) {
        const height = heightAt(points, across);
        if (height !== null) near(mark, 0, pixelOf(chart, { x: across, y: height }).y - y);
      }
    }
  }
  for (const mark of panel.rug.marks) if (isBeside(mark)) near(mark, pixelOf(chart, mark).x - x, foot - y);
  return best;
}

/** Height of a line through `points` at `x`; null beyond its ends. */
function heightAt(points: readonly Point[], x: number): number | null {
  const after = points.findIndex((point) => point.x >= x);
  if (after < 0) return null;
  const to = points[after]!;
  if (after === 0) return to.x === x ? to.y : null;
  const from = points[after - 1]!;
  return from.y + ((to.y - from.y) * (x - from.x)) / (to.x - from.x);
}
