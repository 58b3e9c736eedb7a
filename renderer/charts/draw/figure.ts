import { lightColours } from './light-colours.ts';
import { rasterise } from './raster.ts';
import { toSvg } from '../svg.ts';
import type { ChartValue } from '../chart-value.ts';

/** A chart as it stands in a document: light, whole, with title, units and legend; `note` at the foot. */
export function figureSvg(chart: ChartValue, note: string): string {
  return toSvg(chart, lightColours(), note);
}

export function figurePng(chart: ChartValue, note: string): Promise<Blob> {
  return rasterise(figureSvg(chart, note));
}
