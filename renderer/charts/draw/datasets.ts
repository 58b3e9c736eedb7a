import { fade, type ChartColours } from './colours.ts';
import type { ChartDataset } from 'chart.js';
import { decimateLine } from '../decimate.ts';
import type { Panel, Point, Series } from '../chart-value.ts';
import type { Points } from './points.ts';

type Data = { x: number; y: number }[];
/** `points`: drawn by hand in this place of the order, which Chart.js goes through from the last to the first. */
export type PanelDataset = (ChartDataset<'line', Data> | ChartDataset<'scatter', Data>) & { readonly points?: Points };

/** Series of a panel as Chart.js takes them; lines of very many points thinned for `columns` pixels. */
export function datasetsOf(panel: Panel, colours: ChartColours, columns: number): PanelDataset[] {
  return panel.series.flatMap((series) => dataset(series, colours, columns));
}

function dataset(series: Series, colours: ChartColours, columns: number): PanelDataset[] {
  const colour = colours.role[series.role];
  const line = (points: readonly Point[]): Point[] => [...decimateLine(points, columns)];
  switch (series.kind) {
    case 'points':
      return [{ type: 'scatter', data: [], points: series }];
    case 'line':
      return [{
        type: 'line', data: line(series.points), borderColor: colour, borderWidth: 1.75, pointRadius: 0, fill: false, tension: 0,
        stepped: series.stepped ? 'before' : false, borderDash: series.dashed ? [4, 3] : [], borderJoinStyle: 'round',
      }];
    case 'band':
      return [
        { type: 'line', data: line(series.low), borderWidth: 0, pointRadius: 0, fill: false },
        { type: 'line', data: line(series.high), borderWidth: 0, pointRadius: 0, fill: '-1', backgroundColor: fade(colour, series.opacity) },
      ];
    // Drawn by hand: a line per trial would be a data set per trial.
    case 'threads':
      return [];
  }
}
