import { formatPercent } from '../../main/domain/format.ts';
import { linearAxis } from './axis.ts';
import { NO_RUG, type Annotation, type ChartValue } from './chart-value.ts';
import { parameterLabel } from './parameter-axis.ts';
import type { ParameterImportance } from '../../main/domain/suggestion.ts';

/** Share of the variation of the model's mean that each parameter explains, with its 95 % interval, the largest first (S50). */
export function importanceChart(importance: readonly ParameterImportance[]): ChartValue {
  const rows = importance.toSorted((a, b) => b.total - a.total);
  const rowOf = (i: number): number => rows.length - i - 0.75;
  const percent = (share: number): number => share * 100;
  const x = linearAxis({ label: 'Share of variation explained', unit: '%', values: [0, ...rows.map(({ totalHigh }) => percent(totalHigh))], fromZero: true });
  const annotations = rows.flatMap(({ parameter, total, totalLow, totalHigh }, i): Annotation[] => [
    { kind: 'bar', y: rowOf(i), to: percent(total), low: percent(totalLow), high: percent(totalHigh), role: 'neutral' },
    { kind: 'text', x: 0, y: rowOf(i) + 0.5, role: 'neutral', text: `${parameterLabel(parameter)}: ${formatPercent(percent(total))}`, align: 'start', place: 'at', strong: false },
  ]);
  const first = rows[0];
  return {
    id: 'importance', title: 'What matters', finding: 'with 95 % interval',
    name: first === undefined ? 'What matters; not enough trials yet.' : `What matters: ${rows.map(({ parameter, total }) => `${parameterLabel(parameter)} ${formatPercent(percent(total))}`).join(', ')}.`,
    x,
    panels: [{
      y: { label: '', unit: '', scale: 'linear', min: 0, max: Math.max(rows.length, 1), ticks: [] }, annotations, rug: NO_RUG, weight: 1,
      series: [{ kind: 'points', role: 'neutral', label: 'share explained', size: 'dot', hollow: false, marks: rows.map(({ total }, index) => ({ x: percent(total), y: rowOf(index), index })) }],
    }],
    describe: ({ index }) => {
      const { parameter, main, total, totalLow, totalHigh } = rows[index]!;
      return {
        title: parameterLabel(parameter),
        lines: [`${formatPercent(percent(total))} with everything it does together with others, ${formatPercent(percent(totalLow))} to ${formatPercent(percent(totalHigh))}`, `${formatPercent(percent(main))} on its own`],
        formula: ['share of the variance of the model’s mean over the search space'],
      };
    },
    table: () => ({ head: ['Parameter', 'With others (%)', 'Lowest, 95 % (%)', 'Highest, 95 % (%)', 'On its own (%)'], rows: rows.map(({ parameter, main, total, totalLow, totalHigh }) => [parameterLabel(parameter), percent(total), percent(totalLow), percent(totalHigh), percent(main)]) }),
  };
}
