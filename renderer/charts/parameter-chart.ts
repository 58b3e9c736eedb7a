import { formatCount } from '../../main/domain/format.ts';
import { formatTuple } from '../../main/domain/serving-configuration.ts';
import { measuredAxis, withFoot } from './axis.ts';
import { describeTrial, originWord } from './describe-trial.ts';
import { failedRug } from './failed-rug.ts';
import { halfWidthOf, objectiveScale } from './objective-scale.ts';
import { parameterAxis, parameterLabel, parameterPlace } from './parameter-axis.ts';
import type { ChartValue, Mark, Role, Series } from './chart-value.ts';
import type { Parameter } from '../../main/domain/parameter.ts';
import type { Study } from '../../main/domain/study.ts';
import type { Trial } from '../../main/domain/trial.ts';

/** Objective against one parameter, every trial a mark; failed ones in the rug at the value they were tried with. */
export function parameterChart(study: Study, parameter: Parameter, trials: readonly Trial[] = study.trials): ChartValue {
  const scale = objectiveScale(study);
  const position = ({ configuration }: Trial): number => parameterPlace(parameter, configuration[parameter.name]!);
  const measured = trials.filter(({ value, state }) => value !== null && state === 'complete');
  const failed = trials.filter(({ state }) => state === 'failed');
  const y = measuredAxis({ label: scale.label, unit: scale.unit, values: withFoot(measured.map(({ value }) => value! * scale.factor)) });
  const mark = (trial: Trial): Mark => {
    const at = trial.value! * scale.factor;
    const half = halfWidthOf(study, trial);
    return { x: position(trial), y: at, trial: trial.number, index: trial.number - 1, ...(half !== null && { low: at - half * scale.factor, high: at + half * scale.factor }) };
  };
  const isBest = ({ number }: Trial): boolean => number === study.incumbent;
  const series = (role: Role, label: string, keep: (trial: Trial) => boolean): Series => ({
    kind: 'points', role, label, size: role === 'best' ? 'star' : 'mark', hollow: false, marks: measured.filter(keep).map(mark),
  });
  const label = parameterLabel(parameter.name);
  return {
    id: `by-${parameter.name}`,
    title: 'By parameter',
    finding: `${formatCount(measured.length)} measured`,
    name: `${scale.label} against ${label} of ${measured.length} trials.`,
    x: parameterAxis(parameter),
    panels: [{
      y,
      series: [
        series('random', 'random', (trial) => trial.origin === 'random' && !isBest(trial)),
        series('bayes', 'Bayesian', (trial) => trial.origin === 'bayes' && !isBest(trial)),
        series('user', 'chosen by hand', (trial) => trial.origin === 'user' && !isBest(trial)),
        series('best', 'best', isBest),
      ].filter((one) => one.kind === 'points' && one.marks.length > 0),
      annotations: [],
      rug: failedRug(trials, y.min, position),
      weight: 1,
    }],
    describe: ({ index }) => describeTrial(study, study.trials[index]!, scale),
    table: () => ({
      head: ['Trial', 'Sampler', 'Configuration', label, `${scale.label} (${scale.unit})`],
      rows: [...measured, ...failed].map((trial) => [
        trial.number, originWord(trial.origin), formatTuple(study.spec, trial.configuration), trial.configuration[parameter.name] ?? null,
        trial.value === null ? null : trial.value * scale.factor,
      ]),
    }),
  };
}
