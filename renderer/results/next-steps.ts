import { formatPercent } from '../../main/domain/format.ts';
import { formatTuple } from '../../main/domain/serving-configuration.ts';
import { bestTrial, rankedTrials, type Study } from '../../main/domain/study.ts';
import { usualConfiguration } from '../../main/domain/usual-configuration.ts';
import { verdictOf } from '../../main/domain/trial-verdict.ts';
import { objectiveScale } from '../charts/objective-scale.ts';
import { parameterLabel } from '../charts/parameter-axis.ts';
import { formatValue } from '../../main/domain/format.ts';
import { LEAST_MEASURED } from '../../main/domain/comparison.ts';
import { difference, nextStep, runnerUp, usualTrial } from './explain-best.ts';
import { repeatSpread } from './repeat-spread.ts';
import type { Rich } from '../charts/rich.ts';
import type { Configuration } from '../../main/domain/parameter.ts';
import type { StudyExplanation } from '../../main/domain/suggestion.ts';
import type { Trial } from '../../main/domain/trial.ts';

/** Something worth doing next, and the configuration to measure for it where there is one. */
export interface NextStep {
  readonly text: Rich;
  readonly measure?: { readonly label: string; readonly configuration: Configuration };
}

/** A parameter whose share is at most this, with its whole interval, is not worth searching. */
const NO_INFLUENCE = 0.05;
/** Less than this share of the best is not worth another trial. */
const SMALL_GAIN = 0.01;

/** What to try next, the most useful first: make sure of the best, know the baseline, widen, drop, go on or stop. */
export function nextSteps(study: Study, explanation: StudyExplanation | null): readonly NextStep[] {
  const best = bestTrial(study);
  if (best?.value == null) return [];
  const order = rankedTrials(study);
  return [
    ...makeSure(best), ...settle(study, best, order), ...repeatTheBest(study, best, order), ...baseline(study, order),
    ...nextStep(study, best).map((text): NextStep => ({ text: text.filter((part) => typeof part === 'string' || part.strong !== 'Next: ').map((part, i) => (i === 0 && typeof part === 'string' ? capital(part) : part)) })),
    ...dropParameters(explanation), ...goOn(study, best),
  ];
}

function makeSure(best: Trial): readonly NextStep[] {
  const { tone, remedy } = verdictOf(best);
  if (tone === 'quiet') return [];
  return [{ text: [{ strong: 'Make sure of the best. ' }, remedy], measure: { label: `Measure trial ${best.number} again`, configuration: best.configuration } }];
}

function settle(study: Study, best: Trial, order: readonly Trial[]): readonly NextStep[] {
  const second = runnerUp(study, best, order);
  if (order.length < LEAST_MEASURED || second === null || difference(study, best, second).verdict !== 'open') return [];
  return [{ text: [{ strong: 'Settle the first place. ' }, `Trials ${best.number} and ${second.number} are too close to call; more requests on either narrow the interval.`], measure: { label: `Measure trial ${second.number} again`, configuration: second.configuration } }];
}

function repeatTheBest(study: Study, best: Trial, order: readonly Trial[]): readonly NextStep[] {
  if (order.length < LEAST_MEASURED || verdictOf(best).tone !== 'quiet' || repeatSpread(study) !== null) return [];
  return [{ text: [{ strong: 'Measure the best again. ' }, 'No configuration was measured twice, so nothing says how much one start differs from the next.'], measure: { label: `Measure trial ${best.number} again`, configuration: best.configuration } }];
}

function baseline(study: Study, order: readonly Trial[]): readonly NextStep[] {
  if (usualTrial(study, order) !== null) return [];
  const configuration = usualConfiguration(study.spec.space);
  return [{ text: [{ strong: 'Measure the baseline. ' }, `The usual configuration, ${formatTuple(study.spec, configuration)}, has not been measured: without it nobody knows what the search gained.`], measure: { label: 'Measure it', configuration } }];
}

function dropParameters(explanation: StudyExplanation | null): readonly NextStep[] {
  const idle = (explanation?.importance ?? []).filter(({ totalHigh }) => totalHigh <= NO_INFLUENCE);
  if (idle.length === 0 || idle.length === explanation?.importance.length) return [];
  const most = Math.max(...idle.map(({ totalHigh }) => totalHigh));
  return [{ text: [{ strong: 'Search less. ' }, `${idle.map(({ parameter }) => parameterLabel(parameter)).join(' and ')} ${idle.length === 1 ? 'explains' : 'explain'} at most ${formatPercent(most * 100)} of the variation: fix ${idle.length === 1 ? 'it' : 'them'} and spend the trials on the rest.`] }];
}

/** From the last prediction the model made before it was told the outcome. */
function goOn(study: Study, best: Trial): readonly NextStep[] {
  const last = study.trials.findLast(({ origin, prediction, state }) => origin === 'bayes' && prediction !== null && state !== 'running');
  if (last?.prediction == null) return [];
  const { factor, unit } = objectiveScale(study);
  const gain = last.prediction.expectedGain;
  const small = gain < Math.abs(best.value!) * SMALL_GAIN;
  const text = `${formatValue(Math.max(gain, 0) * factor)} ${unit}`;
  return [{ text: small ? [{ strong: 'More trials promise little. ' }, `Before trial ${last.number} the model expected another ${text}, less than ${formatPercent(SMALL_GAIN * 100)} of the best.`] : [{ strong: 'Go on. ' }, `Before trial ${last.number} the model still expected a gain of ${text}; more trials are worth their time.`] }];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
