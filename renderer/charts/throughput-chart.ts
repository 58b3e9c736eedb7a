import { formatCount, formatValue, timeUnit } from '../../main/domain/format.ts';
import { linearAxis, measuredAxis, withFoot } from './axis.ts';
import { describeTrial, originWord } from './describe-trial.ts';
import { countedRug } from './failed-rug.ts';
import { objectiveScale } from './objective-scale.ts';
import { type Annotation, type ChartValue, type Role, type Series } from './chart-value.ts';
import type { Trial } from '../../main/domain/trial.ts';
import type { Study } from '../../main/domain/study.ts';

/** Slowest 1 % against throughput, a mark a trial, with the limit the study asks for: by its conditions, or its own limit for good answers. */
export function throughputChart(study: Study, trials: readonly Trial[] = study.trials): ChartValue {
  const measured = trials.filter(({ state, measurement }) => state === 'complete' && measurement !== null);
  const limit = study.spec.objective.constraints.find(({ metric, relation }) => metric === 'p99Ms' && relation === 'at-most')?.bound ?? study.spec.measurement.sloMs;
  const { unit, factor } = timeUnit(Math.max(limit ?? 0, ...measured.map(({ measurement }) => measurement!.p99Ms)) || 1);
  const series = (role: Role, label: string, keep: (trial: Trial) => boolean): Series => ({
    kind: 'points', role, label, size: role === 'best' ? 'star' : 'mark', hollow: false,
    marks: measured.filter(keep).map(({ measurement, number }) => ({ x: measurement!.throughputRps, y: measurement!.p99Ms * factor, trial: number, index: number - 1 })),
  });
  const isBest = ({ number }: Trial): boolean => number === study.incumbent;
  const within = limit === null ? 0 : measured.filter(({ measurement }) => measurement!.p99Ms <= limit).length;
  const line: readonly Annotation[] = limit === null ? [] : [{ kind: 'horizontal', y: limit * factor, role: 'baseline', dashed: true, text: `limit ${formatValue(limit * factor)} ${unit}`, at: 'end' }];
  const finding = limit === null ? 'the study sets no limit' : `${formatCount(within)} of ${formatCount(measured.length)} within the limit`;
  const scale = objectiveScale(study);
  const x = linearAxis({ label: 'Throughput', unit: 'requests/s', values: [0, ...measured.map(({ measurement }) => measurement!.throughputRps)], fromZero: true });
  const y = measuredAxis({ label: 'Slowest 1 % (p99)', unit, values: withFoot([...measured.map(({ measurement }) => measurement!.p99Ms * factor), ...(limit === null ? [] : [limit * factor])]) });
  return {
    id: 'throughput-latency', title: 'Throughput against latency', finding, name: `Throughput against the slowest 1 % of ${measured.length} trials; ${finding}.`,
    x,
    panels: [{
      y,
      series: [series('random', 'random', (trial) => trial.origin === 'random' && !isBest(trial)), series('bayes', 'Bayesian', (trial) => trial.origin === 'bayes' && !isBest(trial)), series('user', 'chosen by hand', (trial) => trial.origin === 'user' && !isBest(trial)), series('best', 'best', isBest)].filter((one) => one.kind === 'points' && one.marks.length > 0),
      annotations: line, rug: countedRug(trials, y.min, x), weight: 1,
    }],
    describe: ({ index }) => {
      const trial = study.trials[index]!;
      const text = describeTrial(study, trial, scale);
      return { ...text, lines: [...text.lines, `${formatValue(trial.measurement!.throughputRps)} requests/s, p99 ${formatValue(trial.measurement!.p99Ms * factor)} ${unit}`] };
    },
    table: () => ({ head: ['Trial', 'Sampler', 'Throughput (requests/s)', `p99 (${unit})`, 'Within the limit'], rows: measured.map(({ number, origin, measurement }) => [number, originWord(origin), measurement!.throughputRps, measurement!.p99Ms * factor, limit === null ? 'no limit' : measurement!.p99Ms <= limit ? 'yes' : 'no']) }),
  };
}
