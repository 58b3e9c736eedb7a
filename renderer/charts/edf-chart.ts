import { formatPercent, formatValue } from '../../main/domain/format.ts';
import { linearAxis, measuredAxis } from './axis.ts';
import { describeTrial } from './describe-trial.ts';
import { countedRug } from './failed-rug.ts';
import { objectiveScale } from './objective-scale.ts';
import { type ChartValue, type Mark, type Series } from './chart-value.ts';
import type { Origin, Trial } from '../../main/domain/trial.ts';
import type { Study } from '../../main/domain/study.ts';

const SIDES: readonly { readonly origin: Origin; readonly role: 'random' | 'bayes' | 'user'; readonly label: string }[] = [
  { origin: 'random', role: 'random', label: 'random' }, { origin: 'bayes', role: 'bayes', label: 'Bayesian' }, { origin: 'user', role: 'user', label: 'chosen by hand' },
];

/** Empirical distribution: the share of each sampler's measured trials that are at most this slow. Further left and up is better. */
export function edfChart(study: Study, trials: readonly Trial[] = study.trials): ChartValue {
  const scale = objectiveScale(study);
  const measured = trials.filter(({ state, value }) => state === 'complete' && value !== null);
  const sides = SIDES.map((side) => ({ ...side, of: measured.filter(({ origin }) => origin === side.origin).toSorted((a, b) => a.value! - b.value!) })).filter(({ of }) => of.length > 0);
  const marks = sides.map(({ of }) => of.map((trial, i): Mark => ({ x: trial.value! * scale.factor, y: ((i + 1) / of.length) * 100, trial: trial.number, index: trial.number - 1 })));
  const x = measuredAxis({ label: scale.label, unit: scale.unit, values: measured.map(({ value }) => value! * scale.factor) });
  const medians = sides.map(({ label, of }) => `${label} ${formatValue(of[Math.floor((of.length - 1) / 2)]!.value! * scale.factor)}`);
  return {
    id: 'edf', title: 'Share of trials', finding: sides.length === 0 ? 'nothing measured' : `half are at most: ${medians.join(', ')} ${scale.unit}`,
    name: `Share of measured trials up to each value; half are at most ${medians.join(', ')} ${scale.unit}.`, x,
    panels: [{
      y: linearAxis({ label: 'Trials at most this', unit: '%', values: [0, 100], fromZero: true }), annotations: [], rug: countedRug(trials, 0, x), weight: 1,
      series: sides.flatMap(({ role, label }, s): Series[] => [
        { kind: 'line', role, label, points: [{ x: marks[s]![0]!.x, y: 0 }, ...marks[s]!.flatMap((mark, i) => [{ x: mark.x, y: i === 0 ? 0 : marks[s]![i - 1]!.y }, { x: mark.x, y: mark.y }]), { x: x.max, y: 100 }], stepped: false, dashed: false },
        { kind: 'points', role, label, size: 'dot', hollow: false, marks: marks[s]! },
      ]),
    }],
    describe: ({ index, y }) => {
      const text = describeTrial(study, study.trials[index]!, scale);
      return { ...text, lines: [...text.lines, `${formatPercent(y)} of its sampler’s trials are at most this`] };
    },
    table: () => ({ head: ['Sampler', 'Trial', `${scale.label} (${scale.unit})`, 'Share at most this (%)'], rows: sides.flatMap(({ label, of }, s) => of.map((trial, i) => [label, trial.number, trial.value! * scale.factor, marks[s]![i]!.y])) }),
  };
}
