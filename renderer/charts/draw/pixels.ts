import type { Chart } from 'chart.js';

/** Where a value of the plot lies on its canvas, CSS px. */
export function pixelOf(chart: Chart, at: { readonly x: number; readonly y: number }): { x: number; y: number } {
  return { x: chart.scales['x']!.getPixelForValue(at.x), y: chart.scales['y']!.getPixelForValue(at.y) };
}
