import { fade, type ChartColours } from './colours.ts';
import { decimate } from '../decimate.ts';
import type { ChartDataset } from 'chart.js';
import type { Panel, Series } from '../chart-value.ts';

export type PanelDataset = ChartDataset<'line', { x: number; y: number }[]> | ChartDataset<'scatter', { x: number; y: number }[]>;

/** Series of a panel as Chart.js takes them. Thinned for `columns` pixels unless that is null (exports). */
export function datasetsOf(panel: Panel, colours: ChartColours, columns: number | null): PanelDataset[] {
  return panel.series.flatMap((series) => dataset(series, colours, columns));
}

function dataset(series: Series, colours: ChartColours, columns: number | null): PanelDataset[] {
  const colour = colours.role[series.role];
  switch (series.kind) {
    case 'points': {
      // Stars are drawn by hand: Chart.js only knows a star of strokes.
      if (series.size === 'star') return [];
      const marks = columns === null ? series.marks : decimate(series.marks, columns);
      return [{ type: 'scatter', data: marks.map(({ x, y }) => ({ x, y })), clip: 8, ...pointLook(series, colour, colours.background) }];
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
  }
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
  return { pointStyle, pointRadius, pointBackgroundColor: isSmall ? fade(colour, 0.8) : colour, pointBorderColor: background, pointBorderWidth: isSmall ? 0 : 1 };
}
