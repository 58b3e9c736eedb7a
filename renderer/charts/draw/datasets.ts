import { fade, type ChartColours } from './colours.ts';
import { decimate } from '../decimate.ts';
import type { ChartDataset } from 'chart.js';
import { isOutside, type ChartValue, type Mark, type Panel, type Series } from '../chart-value.ts';

export type PanelDataset = ChartDataset<'line', { x: number; y: number }[]> | ChartDataset<'scatter', { x: number; y: number }[]>;

/** Series of a panel as Chart.js takes them. Thinned for `columns` pixels. */
export function datasetsOf(chart: ChartValue, panel: Panel, colours: ChartColours, columns: number): PanelDataset[] {
  return panel.series.flatMap((series) => dataset(chart, series, colours, columns));
}

/** How strong a mark outside the brush still is. */
export const FAINT = 0.2;

function dataset(chart: ChartValue, series: Series, colours: ChartColours, columns: number): PanelDataset[] {
  const colour = colours.role[series.role];
  switch (series.kind) {
    case 'points': {
      // Stars are drawn by hand: Chart.js only knows a star of strokes.
      if (series.size === 'star') return [];
      const marks = thinned(series.marks, columns);
      // Unparsed data is taken as sorted: Chart.js looks for the first and last visible point by halving, and leaves the others out.
      const drawn = (of: readonly Mark[], ink: string): PanelDataset[] =>
        of.length === 0 ? [] : [{ type: 'scatter', data: of.map(({ x, y }) => ({ x, y })).sort((a, b) => a.x - b.x), clip: 8, ...pointLook(series, ink, colours.background) }];
      if (chart.outside === undefined) return drawn(marks, colour);
      return [...drawn(marks.filter((mark) => !isOutside(chart, mark)), colour), ...drawn(marks.filter((mark) => isOutside(chart, mark)), fade(colour, FAINT))];
    }
    case 'line':
      return [{
        type: 'line', data: [...series.points], borderColor: colour, borderWidth: 1.75, pointRadius: 0, fill: false, tension: 0,
        stepped: series.stepped ? 'before' : false, borderDash: series.dashed ? [4, 3] : [], borderJoinStyle: 'round',
      }];
    case 'band':
      return [
        { type: 'line', data: [...series.low], borderWidth: 0, pointRadius: 0, fill: false },
        { type: 'line', data: [...series.high], borderWidth: 0, pointRadius: 0, fill: '-1', backgroundColor: fade(colour, series.opacity) },
      ];
    // Drawn by hand: a line per trial would be a data set per trial.
    case 'threads':
      return [];
  }
}

/** While a brush moves, the same marks are drawn again and again. */
const known = new WeakMap<readonly Mark[], { readonly columns: number; readonly marks: readonly Mark[] }>();

function thinned(marks: readonly Mark[], columns: number): readonly Mark[] {
  const last = known.get(marks);
  if (last?.columns === columns) return last.marks;
  const fewer = decimate(marks, columns);
  known.set(marks, { columns, marks: fewer });
  return fewer;
}

type PointLook = Pick<ChartDataset<'scatter'>, 'pointStyle' | 'pointRadius' | 'pointBackgroundColor' | 'pointBorderColor' | 'pointBorderWidth'>;

function pointLook(series: Series & { kind: 'points' }, colour: string, background: string): PointLook {
  const isDot = series.size === 'dot';
  const isCrowded = series.marks.length > 400;
  const pointStyle = isDot ? 'circle' : series.role === 'bayes' ? 'rectRot' : series.role === 'user' ? 'rect' : 'circle';
  const pointRadius = isDot ? (series.hollow ? 2.6 : 1.3) : isCrowded ? 2 : pointStyle === 'rectRot' ? 5 : 4;
  if (series.hollow) {
    return { pointStyle, pointRadius, pointBackgroundColor: background, pointBorderColor: colour, pointBorderWidth: isDot ? 1.25 : 1.75 };
  }
  const isSmall = isDot || isCrowded;
  return { pointStyle, pointRadius, pointBackgroundColor: isSmall && colour.length === 7 ? fade(colour, 0.8) : colour, pointBorderColor: background, pointBorderWidth: isSmall ? 0 : 1 };
}
