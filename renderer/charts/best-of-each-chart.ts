import { formatPercent, formatValue, inSentence } from '../../main/domain/format.ts';
import { describeValue, type Sweep } from '../../main/domain/sweep.ts';
import { linearAxis } from './axis.ts';
import { NO_RUG, type Annotation, type ChartValue, type Mark, type Series } from './chart-value.ts';
import { levelAxis } from './level-axis.ts';
import { halfOf, sweepScale } from './sweep-scale.ts';
import type { Comparison, Contestant } from '../../main/domain/comparison.ts';

/** Best of random and best of Bayesian search at each level, with the change between them (source report Fig 6, left). */
export function bestOfEachChart(sweep: Sweep, comparison: Comparison): ChartValue {
  const scale = sweepScale(sweep, comparison);
  const x = levelAxis(sweep);
  const all = comparison.levels.flatMap(({ value, random, bayes }) => [...random, ...bayes].flatMap((contestant) => (contestant.best?.value == null ? [] : [{ value, contestant }])));
  const markOf = (value: number, contestant: Contestant, index: number): Mark => {
    const y = contestant.best!.value! * scale.factor;
    const half = halfOf(contestant);
    return { x: value, y, index, ...(half !== null && { low: y - half * scale.factor, high: y + half * scale.factor }) };
  };
  const marks = all.map(({ value, contestant }, index) => markOf(value, contestant, index));
  const points = (side: 'random' | 'bayes', label: string): Series => ({ kind: 'points', role: side, label, size: 'mark', hollow: false, marks: marks.filter((_, i) => all[i]!.contestant.side === side) });
  const labels = comparison.levels.flatMap(({ value, gain }): Annotation[] => {
    const here = marks.filter((mark) => mark.x === value);
    if (gain === null || here.length === 0) return [];
    const open = gain.low <= 0 && gain.high >= 0;
    return [{ kind: 'text', x: value, y: Math.max(...here.map(({ y }) => y)), role: 'neutral', text: open ? `(${change(gain.value)})` : change(gain.value), align: 'center', place: 'above', strong: false }];
  });
  const judged = comparison.levels.filter(({ gain }) => gain !== null).length;
  const finding = judged === 0 ? 'not enough data yet' : comparison.levels.some(({ gain }) => gain !== null && gain.low <= 0 && gain.high >= 0) ? 'change by Bayesian; in brackets: too close to call' : 'change by Bayesian';
  return {
    id: 'best-of-each', title: 'Best of each', finding, name: `Best of random and of Bayesian search at ${comparison.levels.length} levels; ${judged} can be compared.`,
    x, panels: [{ y: linearAxis({ label: `Best ${inSentence(scale.label)}`, unit: scale.unit, values: marks.flatMap(({ y }) => [y, y * 1.12]), fromZero: true }), series: [points('random', 'Random'), points('bayes', 'Bayesian')], annotations: crowded(labels, x.max - x.min), rug: NO_RUG, weight: 1 }],
    describe: ({ index }) => {
      const { value, contestant } = all[index]!;
      const gain = comparison.levels.find((level) => level.value === value)?.gain ?? null;
      return {
        title: `${contestant.side === 'bayes' ? 'Bayesian' : 'Random'}, ${describeValue(sweep.spec.vary, value)}`,
        lines: [`${formatValue(contestant.best!.value! * scale.factor)} ${scale.unit}, trial ${contestant.best!.number}`, ...(sweep.spec.repeats > 1 ? [`seed ${contestant.repeat}`] : [])],
        formula: gain === null ? [] : ['gain = (best random − best Bayesian) ÷ best random', `${formatPercent(gain.value)}, 95 % interval ${formatPercent(gain.low)} to ${formatPercent(gain.high)}`],
      };
    },
    table: () => ({
      head: [x.unit === '' ? x.label : `${x.label} (${x.unit})`, 'Search', 'Seed', `Best (${scale.unit})`, `± 95 % (${scale.unit})`, 'Trial'],
      rows: all.map(({ value, contestant }) => {
        const half = halfOf(contestant);
        return [value, contestant.side === 'bayes' ? 'Bayesian' : 'random', contestant.repeat, contestant.best!.value! * scale.factor, half === null ? null : half * scale.factor, contestant.best!.number];
      }),
    }),
  };
}

function change(gain: number): string {
  return Math.abs(gain) < 0.05 ? '0 %' : `${gain > 0 ? '−' : '+'}${formatPercent(Math.abs(gain))}`;
}

/** Labels that would collide are left out; hover and the table have every one. */
function crowded(labels: readonly Annotation[], width: number): readonly Annotation[] {
  let free = -Infinity;
  return labels.filter((label) => {
    if (label.kind !== 'text' || label.x < free) return false;
    free = label.x + width * 0.11;
    return true;
  });
}
