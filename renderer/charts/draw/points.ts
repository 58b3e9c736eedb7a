import type { Chart } from 'chart.js';
import { fade, type ChartColours } from './colours.ts';
import { decimate } from '../decimate.ts';
import { pixelOf } from './pixels.ts';
import { isOutside, type ChartValue, type Mark, type Series } from '../chart-value.ts';

export type Points = Series & { readonly kind: 'points' };

/** How strong a mark outside the brush still is. */
export const FAINT = 0.2;
/** Marks reach this far over the edge of the plot, px. */
const OVER_EDGE_PX = 8;
const CROWDED = 400;
const CELL_PX = 3;

/**
 * Circles, diamonds and squares of a series, those outside the brush first. Drawn by hand: Chart.js keeps an object with
 * options of its own for every point and makes them all anew for every step of a brush. Stars are drawn with the words.
 */
export function drawPoints(chart: Chart, value: ChartValue, series: Points, colours: ChartColours): void {
  const { ctx, chartArea: { left, top, width, height } } = chart;
  const colour = colours.role[series.role];
  ctx.save();
  ctx.beginPath();
  ctx.rect(left - OVER_EDGE_PX, top - OVER_EDGE_PX, width + 2 * OVER_EDGE_PX, height + 2 * OVER_EDGE_PX);
  ctx.clip();
  const most = Math.max(1000, Math.round(2.5 * width));
  if (value.outside === undefined) mark(chart, series, thinned(series.marks, width, most), colour, colours.background);
  else {
    markFaintly(chart, series, thinned(series.marks, width, most).filter((one) => isOutside(value, one)), fade(colour, FAINT));
    // Thinned apart from the others: few in focus are all there.
    mark(chart, series, decimate(series.marks.filter((one) => !isOutside(value, one)), width, most), colour, colours.background);
  }
  ctx.restore();
}

function mark(chart: Chart, series: Points, marks: readonly Mark[], colour: string, background: string): void {
  const { ctx } = chart;
  const { isSmall, edgePx } = lookOf(series);
  ctx.lineWidth = edgePx;
  ctx.fillStyle = series.hollow ? background : isSmall ? fade(colour, 0.8) : colour;
  ctx.strokeStyle = series.hollow ? colour : background;
  outline(chart, series, marks, () => {
    ctx.fill();
    if (edgePx > 0) ctx.stroke();
    ctx.beginPath();
  });
}

/** As one shape, a crowd by the cells it touches: where hundreds lie over each other they are no stronger than one. */
function markFaintly(chart: Chart, series: Points, marks: readonly Mark[], colour: string): void {
  const { ctx } = chart;
  if (series.marks.length > CROWDED) {
    ctx.fillStyle = colour;
    const cells = new Set(marks.map((one) => {
      const { x, y } = pixelOf(chart, one);
      return Math.floor(x / CELL_PX) * 65_536 + Math.floor(y / CELL_PX);
    }));
    for (const cell of cells) ctx.fillRect(Math.floor(cell / 65_536) * CELL_PX, (cell % 65_536) * CELL_PX, CELL_PX, CELL_PX);
    return;
  }
  ctx.lineWidth = lookOf(series).edgePx;
  [ctx.fillStyle, ctx.strokeStyle] = [colour, colour];
  outline(chart, series, marks, () => undefined);
  if (series.hollow) ctx.stroke();
  else ctx.fill();
}

interface Look {
  readonly shape: 'circle' | 'diamond' | 'square';
  readonly radius: number;
  readonly isSmall: boolean;
  /** 0: none. */
  readonly edgePx: number;
}

function lookOf({ size, role, hollow, marks }: Points): Look {
  const isDot = size === 'dot';
  const isCrowded = marks.length > CROWDED;
  const shape = isDot ? 'circle' : role === 'bayes' ? 'diamond' : role === 'user' ? 'square' : 'circle';
  const isSmall = isDot || isCrowded;
  return {
    shape, isSmall, radius: isDot ? (hollow ? 2.6 : 1.3) : isCrowded ? 2 : shape === 'diamond' ? 5 : 4,
    edgePx: hollow ? (isDot ? 1.25 : 1.75) : isSmall ? 0 : 1,
  };
}

/** Adds every mark that is in sight to the path; of a crowd those on the same pixel once. */
function outline(chart: Chart, series: Points, marks: readonly Mark[], afterEach: () => void): void {
  const { ctx, chartArea: { left, top, right, bottom } } = chart;
  const { shape, radius, edgePx } = lookOf(series);
  const reach = radius + edgePx + 0.5;
  const taken = series.marks.length > CROWDED ? new Set<number>() : null;
  ctx.beginPath();
  for (const one of marks) {
    const { x, y } = pixelOf(chart, one);
    if (x < left - reach || x > right + reach || y < top - reach || y > bottom + reach) continue;
    if (taken !== null && taken.size === taken.add(Math.round(y) * 65_536 + Math.round(x)).size) continue;
    if (shape === 'circle') {
      ctx.moveTo(x + radius, y);
      ctx.arc(x, y, radius, 0, 2 * Math.PI);
    } else if (shape === 'square') ctx.rect(x - radius * Math.SQRT1_2, y - radius * Math.SQRT1_2, 2 * radius * Math.SQRT1_2, 2 * radius * Math.SQRT1_2);
    else {
      ctx.moveTo(x - radius, y);
      ctx.lineTo(x, y - radius);
      ctx.lineTo(x + radius, y);
      ctx.lineTo(x, y + radius);
      ctx.closePath();
    }
    afterEach();
  }
}

interface Thinned {
  readonly width: number;
  readonly marks: readonly Mark[];
}

/** While a brush moves, the same marks are drawn again and again. */
const known = new WeakMap<readonly Mark[], Thinned>();

function thinned(marks: readonly Mark[], width: number, most: number): readonly Mark[] {
  const last = known.get(marks);
  if (last?.width === width) return last.marks;
  const fewer = decimate(marks, width, most);
  known.set(marks, { width, marks: fewer });
  return fewer;
}
