import { Chart, Filler, LinearScale, LineController, LineElement, LogarithmicScale, PointElement, ScatterController, type ChartConfiguration, type ScaleOptions } from 'chart.js';
import annotationPlugin from 'chartjs-plugin-annotation';
import { annotationsOf, hatchPattern } from './annotations.ts';
import { datasetsOf } from './datasets.ts';
import { inkPlugin, pixelOf, rugY, type Inked } from './ink.ts';
import { marksOf, type Axis, type ChartValue, type Mark } from '../chart-value.ts';
import type { ChartColours } from './colours.ts';

Chart.register(LinearScale, LogarithmicScale, LineController, LineElement, PointElement, ScatterController, Filler, annotationPlugin);

const Y_AXIS_PX = 40;
/** Half of the 24 px every mark answers to. */
const HIT_PX = 12;

export interface PanelView {
  readonly chart: ChartValue;
  readonly panel: number;
  readonly colours: ChartColours;
  readonly selected: number | null;
  readonly active: Mark | null;
}

export interface PanelDrawer {
  show(view: PanelView): void;
  /** The mark nearest to a point of the canvas, within reach. */
  nearest(x: number, y: number): Mark | null;
  /** Where a mark is on the canvas, px. */
  place(mark: Mark): { x: number; y: number };
  /** Of the canvas, px. */
  size(): { width: number; height: number };
  destroy(): void;
}

/** `still`: drawn once, at full resolution and without following its size (exports). */
export function createPanelDrawer(canvas: HTMLCanvasElement, first: PanelView, still?: { readonly pixelRatio: number }): PanelDrawer {
  let view = first;
  const inked = (): Inked => ({ panel: view.chart.panels[view.panel]!, colours: view.colours, selected: view.selected, active: view.active });
  const chart = new Chart(canvas, configuration(view, canvas, still, inked));
  return {
    show(next) {
      const onlyRings = next.chart === view.chart && next.colours === view.colours;
      view = next;
      if (onlyRings) return chart.draw();
      const fresh = configuration(view, canvas, still, inked);
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
    destroy: () => chart.destroy(),
  };
}

function configuration(view: PanelView, canvas: HTMLCanvasElement, still: { readonly pixelRatio: number } | undefined, inked: () => Inked): ChartConfiguration<'scatter' | 'line', { x: number; y: number }[]> {
  const { chart, colours } = view;
  const panel = chart.panels[view.panel]!;
  const isLast = view.panel === chart.panels.length - 1;
  const hasBrackets = panel.annotations.some(({ kind }) => kind === 'bracket');
  const context = canvas.getContext('2d')!;
  return {
    type: 'scatter',
    data: { datasets: datasetsOf(panel, colours, still === undefined ? Math.max(canvas.clientWidth, 200) : null) },
    options: {
      animation: false, parsing: false, normalized: true, events: [], maintainAspectRatio: false,
      responsive: still === undefined, ...(still !== undefined && { devicePixelRatio: still.pixelRatio }),
      layout: { padding: { top: 6, right: hasBrackets ? 64 : 14, bottom: 0, left: 0 } },
      scales: {
        x: scale(chart.x, colours, { grid: false, labels: isLast }),
        y: scale(panel.y, colours, { grid: true, labels: true }),
      },
      plugins: { legend: { display: false }, tooltip: { enabled: false }, annotation: { clip: true, annotations: annotationsOf(panel, colours, hatchPattern(context, colours)) } },
    },
    plugins: [inkPlugin(inked)],
  } as ChartConfiguration<'scatter' | 'line', { x: number; y: number }[]>;
}

type ScaleLook = Exclude<ScaleOptions<'linear'>, undefined>;

function scale(axis: Axis, colours: ChartColours, { grid, labels }: { grid: boolean; labels: boolean }): unknown {
  const text = new Map(axis.ticks.map((tick) => [tick.value, tick.text]));
  const options: ScaleLook = {
    min: axis.min, max: axis.max,
    grid: { display: grid, color: colours.grid, drawTicks: !grid, tickLength: 4, tickColor: colours.axis, lineWidth: 1 },
    border: { display: !grid, color: colours.axis },
    ticks: {
      display: labels, color: colours.quietText, font: { size: colours.fontPx, family: colours.font }, padding: grid ? 6 : 2,
      autoSkip: false, maxRotation: 0, includeBounds: false, callback: (value: string | number) => text.get(Number(value)) ?? '',
    },
    afterBuildTicks: (built) => {
      built.ticks = axis.ticks.map(({ value }) => ({ value }));
    },
  };
  // One width for all y axes, so that stacked panels share their x axis to the pixel.
  if (grid) options.afterFit = (built) => void (built.width = Y_AXIS_PX * (colours.fontPx / 11));
  return { type: axis.scale === 'log' ? 'logarithmic' : 'linear', position: grid ? 'left' : 'bottom', ...options };
}

function nearestMark(chart: Chart, view: PanelView, x: number, y: number): Mark | null {
  const panel = view.chart.panels[view.panel]!;
  const foot = rugY(chart);
  let best: Mark | null = null;
  let least = HIT_PX ** 2;
  for (const mark of marksOf(panel)) {
    const at = pixelOf(chart, mark);
    const distance = (at.x - x) ** 2 + (at.y - y) ** 2;
    if (distance <= least) [best, least] = [mark, distance];
  }
  for (const mark of panel.rug.marks) {
    const distance = (pixelOf(chart, mark).x - x) ** 2 + (foot - y) ** 2;
    if (distance <= least) [best, least] = [mark, distance];
  }
  return best;
}
