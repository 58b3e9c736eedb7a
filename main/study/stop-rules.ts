import { formatDuration, formatValue } from '../domain/format.ts';
import { METRICS } from '../domain/metric.ts';
import { isBetter } from '../domain/objective.ts';
import { startupTrialsOf } from '../domain/study-spec.ts';
import { countFinished, type Study } from '../domain/study.ts';
import type { StopReason } from '../domain/study-event.ts';
import type { Suggestion } from '../domain/suggestion.ts';
import type { Trial } from '../domain/trial.ts';

/** Before a trial is chosen. */
export function budgetReached(study: Study, secondsGone: number): StopReason | null {
  const { trials, timeLimitMinutes } = study.spec.budget;
  if (countFinished(study) >= trials) return { kind: 'budget', text: trials === 1 ? 'The one trial is done.' : `All ${trials} trials are done.` };
  if (timeLimitMinutes !== null && secondsGone >= timeLimitMinutes * 60) {
    return { kind: 'time-limit', text: `The time limit of ${formatDuration(timeLimitMinutes * 60)} was reached.` };
  }
  return targetReached(study) ?? noGain(study) ?? converged(study);
}

function targetReached({ spec: { budget, objective }, incumbent, trials }: Study): StopReason | null {
  const target = budget.stopAtTarget ?? null;
  const value = incumbent === null ? null : trials[incumbent - 1]!.value;
  if (target === null || value === null || isBetter(objective, target, value)) return null;
  const { unit } = METRICS[objective.metric];
  return { kind: 'target', text: `Trial ${incumbent} reached the target: ${formatValue(value)} ${unit}, asked for ${formatValue(target)} ${unit}.` };
}

/** Trials that say something about configurations, in order. */
function finished({ trials }: Study): readonly Trial[] {
  return trials.filter(({ state }) => state === 'complete' || state === 'failed');
}

function noGain(study: Study): StopReason | null {
  const most = study.spec.budget.stopAfterNoGain ?? null;
  if (most === null || study.incumbent === null) return null;
  const searched = finished(study).slice(startupTrialsOf(study.spec.sampler) ?? 0);
  const since = searched.filter(({ number }) => number > study.incumbent!).length;
  return since < most ? null : { kind: 'no-gain', text: `No gain in ${most} trials: trial ${study.incumbent} is still the best.` };
}

/** The report's rule: search in rounds, write the best down, go on until it does not change. */
function converged(study: Study): StopReason | null {
  const rounds = study.spec.budget.rounds ?? null;
  if (rounds === null || study.incumbent === null) return null;
  const done = finished(study);
  const startup = startupTrialsOf(study.spec.sampler) ?? 0;
  const searched = done.length - startup;
  if (searched <= 0 || searched % rounds.trials !== 0) return null;
  const bestAt = done.findIndex(({ number }) => number === study.incumbent) + 1;
  const unchanged = Math.floor((done.length - Math.max(bestAt, startup)) / rounds.trials);
  if (unchanged < rounds.unchanged) return null;
  const words = unchanged === 1 ? 'a round' : `${unchanged} rounds`;
  return { kind: 'converged', text: `Converged: ${words} of ${rounds.trials} trials did not change the best, trial ${study.incumbent}.` };
}

/** After one was chosen, before it is run. */
export function notWorthIt(study: Study, suggestion: Suggestion | null): StopReason | null {
  if (suggestion === null) return { kind: 'space-exhausted', text: 'Every configuration of the search space was tried.' };
  const { stopBelowExpectedGain, stopBelowRegret = null } = study.spec.budget;
  const { largestExpectedGain, regretBound = null } = suggestion;
  if (stopBelowRegret !== null && regretBound !== null && regretBound < stopBelowRegret) {
    const { unit: its } = METRICS[study.spec.objective.metric];
    return {
      kind: 'regret',
      text: `The best can hardly be better than the advice by more than ${formatValue(regretBound)} ${its}; the limit is ${stopBelowRegret} ${its}.`,
    };
  }
  if (stopBelowExpectedGain === null || largestExpectedGain === null || largestExpectedGain >= stopBelowExpectedGain) return null;
  const { unit } = METRICS[study.spec.objective.metric];
  return {
    kind: 'expected-gain',
    text: `The largest expected gain, ${formatValue(largestExpectedGain)} ${unit}, is below ${stopBelowExpectedGain} ${unit}.`,
  };
}
