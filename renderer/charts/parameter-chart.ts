import { formatCount } from '../../main/domain/format.ts';
import { KNOBS, isKnobName } from '../../main/domain/knobs.ts';
import { formatTuple } from '../../main/domain/serving-configuration.ts';
import { linearAxis, logAxis, measuredAxis, tickText, withFoot } from './axis.ts';
import { describeTrial, originWord } from './describe-trial.ts';
import { halfWidthOf, objectiveScale } from './objective-scale.ts';
import { parameterLabel } from './surrogate-chart.ts';
import type { Axis, ChartValue, Mark, Role, Series } from './chart-value.ts';
import type { Parameter } from '../../main/domain/parameter.ts';
import type { Study } from '../../main/domain/study.ts';
import type { Trial } from '../../main/domain/trial.ts';

/** Objective against one parameter, every trial a mark; failed ones in the rug at the value they were tried with. */
export function parameterChart(study: Study, parameter: Parameter, trials: readonly Trial[] = study.trials): ChartValue {
  const scale = objectiveScale(study);
  const position = (trial: Trial): number => placeOf(parameter, trial);
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
    x: axisOf(parameter),
    panels: [{
      y,
      series: [
        series('random', 'random', (trial) => trial.origin === 'random' && !isBest(trial)),
        series('bayes', 'Bayesian', (trial) => trial.origin === 'bayes' && !isBest(trial)),
        series('user', 'chosen by hand', (trial) => trial.origin === 'user' && !isBest(trial)),
        series('best', 'best', isBest),
      ].filter((one) => one.kind === 'points' && one.marks.length > 0),
      annotations: [],
      rug: { text: failed.length === 0 ? '' : `${failed.length} failed`, marks: failed.map((trial) => ({ x: position(trial), y: y.min, trial: trial.number, index: trial.number - 1 })) },
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

/** Listed values stand at equal distances on a linear scale, at their logarithm on a log scale. */
function placeOf(parameter: Parameter, trial: Trial): number {
  const value = trial.configuration[parameter.name];
  return parameter.kind === 'categorical' ? parameter.values.indexOf(String(value)) : Number(value);
}

function axisOf(parameter: Parameter): Axis {
  const label = parameterLabel(parameter.name);
  const unit = isKnobName(parameter.name) ? KNOBS[parameter.name].unit : '';
  if (parameter.kind === 'categorical') {
    return { label, unit, scale: 'linear', min: -0.5, max: parameter.values.length - 0.5, ticks: parameter.values.map((text, value) => ({ value, text })) };
  }
  if (parameter.kind === 'integer' && parameter.scale === 'linear' && parameter.high - parameter.low <= 12) {
    const all = Array.from({ length: parameter.high - parameter.low + 1 }, (_, i) => parameter.low + i);
    const every = Math.ceil(all.length / 6);
    return { label, unit, scale: 'linear', min: parameter.low - 0.4, max: parameter.high + 0.4, ticks: all.filter((_, i) => i % every === 0).map((value) => ({ value, text: tickText(value) })) };
  }
  const values = parameter.kind === 'ordinal' ? parameter.values : [parameter.low, parameter.high];
  const isLog = parameter.scale === 'log' && values[0]! > 0;
  const axis = (isLog ? logAxis : linearAxis)({ label, unit, values });
  if (parameter.kind !== 'ordinal' || values.length > 6) return axis;
  return { ...axis, ticks: values.map((value) => ({ value, text: tickText(value) })) };
}
