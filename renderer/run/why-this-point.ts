import { formatInterval, formatPercent, formatValue, inSentence } from '../../main/domain/format.ts';
import { isKnobName } from '../../main/domain/knobs.ts';
import { encode } from '../../main/domain/search-space.ts';
import { bestTrial, type Study } from '../../main/domain/study.ts';
import { knobText } from '../charts/knob-text.ts';
import { objectiveScale, type ObjectiveScale } from '../charts/objective-scale.ts';
import { parameterLabel } from '../charts/parameter-axis.ts';
import { startupTrialsOf } from '../../main/domain/study-spec.ts';
import type { Parameter } from '../../main/domain/parameter.ts';
import type { Rich } from '../charts/rich.ts';
import type { Prediction, Trial } from '../../main/domain/trial.ts';

/** Why the sampler chose this configuration: what the model expects, then why here. */
export function whyThisPoint(study: Study, trial: Trial): Rich {
  const { sampler, budget } = study.spec;
  if (trial.origin === 'user' && trial.prediction === null) return ['Chosen by hand.'];
  if (trial.prediction === null) {
    if (trial.reason !== undefined) return [trial.reason];
    const startup = startupTrialsOf(sampler);
    if (startup === null) return [`Drawn ${sampler.kind === 'sobol' ? 'from an even sequence' : 'at random'}, ${trial.number} of ${budget.trials}.`];
    if (trial.number > startup) return ['Drawn at random: the model had too little to go on.'];
    const next = startup + 1;
    return [`Drawn at random, ${trial.number} of ${startup}; the model starts to choose at trial ${next}.`];
  }
  const scale = objectiveScale(study);
  const why = trial.origin === 'user' ? ['Chosen by hand.'] : trial.reason !== undefined ? [trial.reason] : reason(study, trial);
  return [...expectation(study, trial, trial.prediction, scale), ...why, ...resultText(trial, trial.prediction, scale)];
}

function expectation(study: Study, trial: Trial, prediction: Prediction, { factor, unit }: ObjectiveScale): Rich {
  const { low, high, expectedGain, chanceToBeat, chanceToRun } = prediction;
  const best = bestBefore(study, trial);
  const chance = `, a ${formatPercent(chanceToBeat * 100)} chance to beat`;
  // One lucky measurement is not believed as it stands: the model compares with what it expects of its best.
  const beat = best === null ? '' : study.spec.sampler.kind === 'paper' ? `${chance} the best so far, ${formatValue(best * factor)} ${unit}`
    : `${chance} what it believes of the best so far (which measured ${formatValue(best * factor)} ${unit})`;
  const risk = chanceToRun < 0.9 ? ` The chance that it runs at all is ${formatPercent(chanceToRun * 100)}.` : '';
  const gain = formatValue(Number((expectedGain * factor).toPrecision(2)));
  return [
    'The model predicts ', { strong: `${intervalText(prediction.mean * factor, low * factor, high * factor)} ${unit}` }, `${beat}. The expected gain is `,
    { strong: `${Number(gain) === 0 ? '0' : Number(Number(gain).toPrecision(2))} ${unit}` }, `.${risk} `,
  ];
}

/** 5.55 ± 0.32 where the interval is nearly symmetric, otherwise 5.55 (5.1 to 6.4). */
export function intervalText(mean: number, low: number, high: number): string {
  const half = (high - low) / 2;
  if (half > 0 && Math.abs((high + low) / 2 - mean) < half * 0.15) return formatInterval(mean, half);
  return half > 0 ? `${formatValue(mean)} (${formatValue(low)} to ${formatValue(high)})` : formatValue(mean);
}

/** At a limit, near the best, or where nothing has been measured: whichever says most. */
function reason(study: Study, trial: Trial): Rich {
  const { space } = study.spec;
  const at = encode(space, trial.configuration);
  const measured = study.trials.filter(({ number, value }) => value !== null && number < trial.number);
  if (measured.length === 0) return [];
  const distance = (other: Trial): number => Math.max(...encode(space, other.configuration).map((coordinate, i) => Math.abs(coordinate - at[i]!)));
  const nearest = measured.reduce((a, b) => (distance(b) < distance(a) ? b : a));
  const limits = space.filter((parameter) => isAtLimit(parameter, trial)).map((parameter) => limitText(parameter, trial));
  const edge = limits.length === 0 ? '' : ` It goes to the limit of ${listText(limits.slice(0, 2))}.`;
  const incumbent = bestBeforeTrial(study, trial);
  if (incumbent !== null && distance(incumbent) < 0.15) return [`It is close to the best, trial ${incumbent.number}: the model refines it.${edge}`];
  if (distance(nearest) > 0.3) return [`Nothing like it has been measured: the model explores.${edge}`];
  return [`The nearest measured configuration is trial ${nearest.number}.${edge}`];
}

/** " It measured 5.6 ms, inside the predicted interval."; empty without a value. */
export function resultText({ value }: Trial, { low, high }: Prediction, { factor, unit }: ObjectiveScale): readonly string[] {
  if (value === null) return [];
  const where = value < low ? 'below' : value > high ? 'above' : 'inside';
  return [` It measured ${formatValue(value * factor)} ${unit}, ${where} the predicted interval.`];
}

function isAtLimit(parameter: Parameter, { configuration }: Trial): boolean {
  if (parameter.kind === 'categorical' || parameter.kind === 'ordinal') return false;
  const value = Number(configuration[parameter.name]);
  const near = (parameter.high - parameter.low) * 0.005;
  return parameter.high > parameter.low && (value >= parameter.high - near || value <= parameter.low + near);
}

function limitText(parameter: Parameter, { configuration }: Trial): string {
  const { name } = parameter;
  const value = Number(configuration[name]);
  const label = parameterLabel(name);
  const inside = inSentence(label);
  return `${inside} (${isKnobName(name) ? knobText(name, value) : formatValue(value)})`;
}

function listText(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;
}

function bestBefore(study: Study, trial: Trial): number | null {
  return bestBeforeTrial(study, trial)?.value ?? null;
}

/** The incumbent the model knew when it chose. */
function bestBeforeTrial(study: Study, trial: Trial): Trial | null {
  const best = bestTrial(study);
  if (best === null || best.number < trial.number) return best;
  const { direction } = study.spec.objective;
  let found: Trial | null = null;
  for (const one of study.trials) {
    if (one.number >= trial.number || one.value === null || !one.feasible) continue;
    if (found?.value == null || (direction === 'minimise' ? one.value < found.value : one.value > found.value)) found = one;
  }
  return found;
}

