import type { Chart } from 'chart.js';
import type { ChartColours } from './colours.ts';

/** Text with a halo of the background, kept beside the axes; `anywhere`: inside the canvas. */
export function words(chart: Chart, colours: ChartColours, text: string, x: number, y: number, align: 'start' | 'center' | 'end', colour: string, strong: boolean, anywhere = false): void {
  const { ctx } = chart;
  ctx.save();
  ctx.font = `${strong ? 600 : 400} ${colours.fontPx}px ${colours.font}`;
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'left';
  const width = ctx.measureText(text).width;
  const start = align === 'start' ? x : align === 'end' ? x - width : x - width / 2;
  const left = Math.min(Math.max(start, anywhere ? 2 : chart.chartArea.left + 2), chart.width - width - 2);
  const middle = Math.min(Math.max(y, colours.fontPx * 0.6), (anywhere ? chart.height : chart.chartArea.bottom) - colours.fontPx * 0.6);
  ctx.strokeStyle = colours.background;
  ctx.lineWidth = 4;
  ctx.lineJoin = 'round';
  ctx.strokeText(text, left, middle);
  ctx.fillStyle = colour;
  ctx.fillText(text, left, middle);
  ctx.restore();
}
