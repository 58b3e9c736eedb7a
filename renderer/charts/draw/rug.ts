import type { Chart } from 'chart.js';
import type { ChartColours } from './colours.ts';
import { pixelOf } from './pixels.ts';
import { FAINT } from './points.ts';
import { words } from './words.ts';
import { isOutside, type Annotation, type Panel } from '../chart-value.ts';
import type { Inked } from './ink.ts';

/** The middle of the row of failed trials, px. */
export function rugY(chart: Chart): number {
  return chart.chartArea.bottom - 5;
}

/** Failed trials as ticks at the foot of the plot, with what they are. */
export function drawRug(chart: Chart, { chart: value, panel, colours }: Inked): void {
  const { ctx } = chart;
  ctx.save();
  ctx.strokeStyle = colours.role.failed;
  ctx.lineWidth = 2;
  for (const faint of [false, true]) {
    ctx.globalAlpha = faint ? FAINT : 1;
    ctx.beginPath();
    // Ticks that fall on the same place are one.
    const places = new Set(panel.rug.marks.filter((mark) => isOutside(value, mark) === faint).map((mark) => Math.round(pixelOf(chart, mark).x * 4) / 4));
    for (const x of places) {
      ctx.moveTo(x, rugY(chart) - 4);
      ctx.lineTo(x, rugY(chart) + 4);
    }
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
  if (panel.rug.marks.length > 0) rugText(chart, panel, colours);
  ctx.restore();
}

/** After the last tick, or in the widest gap between ticks that holds it, or above the row where no other words hang down. */
function rugText(chart: Chart, { rug: { text, marks }, annotations }: Panel, colours: ChartColours): void {
  const { left, right } = chart.chartArea;
  const ticks = marks.map((mark) => pixelOf(chart, mark).x).sort((a, b) => a - b);
  const width = text.length * colours.fontPx * 0.6 + 12;
  const write = (x: number, y: number, align: 'start' | 'end'): void => words(chart, colours, text, x, y, align, colours.quietText, false);
  const last = ticks[ticks.length - 1]!;
  const above = rugY(chart) - 6 - colours.fontPx * 0.7;
  if (last + width < right) return areWordsAt(chart, annotations, colours, last, last + width) ? write(left, above, 'start') : write(last + 6, rugY(chart), 'start');
  const gaps = [left, ...ticks].map((from, i) => ({ from, size: (ticks[i] ?? from) - from }));
  const widest = gaps.reduce((most, gap) => (gap.size > most.size ? gap : most));
  if (widest.size > width) return write(widest.from + 6, rugY(chart), 'start');
  const hanging = annotations.flatMap((one) => (one.kind === 'text' && one.place === 'below' ? [pixelOf(chart, one).x] : []));
  if (hanging.some((x) => x > (left + right) / 2)) write(left, above, 'start');
  else write(right, above, 'end');
}

/** Words below a mark that reach down to the rug between these two places. */
function areWordsAt(chart: Chart, annotations: readonly Annotation[], colours: ChartColours, from: number, to: number): boolean {
  return annotations.some((one) => {
    if (one.kind !== 'text' || one.place !== 'below') return false;
    const { x, y } = pixelOf(chart, one);
    const width = chart.ctx.measureText(one.text).width;
    const start = one.align === 'start' ? x : one.align === 'end' ? x - width : x - width / 2;
    return y + 2 * colours.fontPx > rugY(chart) - colours.fontPx && start < to && start + width > from;
  });
}
