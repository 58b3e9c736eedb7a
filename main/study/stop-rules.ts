import { formatDuration, formatValue } from '../domain/format.ts';
import { METRICS } from '../domain/metric.ts';
import { countFinished, type Study } from '../domain/study.ts';
import type { StopReason } from '../domain/study-event.ts';
import type { Suggestion } from '../domain/suggestion.ts';

/** Before a trial is chosen. */
export function budgetReached(study: Study, secondsGone: number): StopReason | null {
  const { trials, timeLimitMinutes } = study.spec.budget;
  if (countFinished(study) >= trials) return { kind: 'budget', text: `All ${trials} trials are done.` };
  if (timeLimitMinutes !== null && secondsGone >= timeLimitMinutes * 60) {
    return { kind: 'time-limit', text: `The time limit of ${formatDuration(timeLimitMinutes * 60)} was reached.` };
  }
  return null;
}

/** After one was chosen, before it is run. */
export function notWorthIt(study: Study, suggestion: Suggestion | null): StopReason | null {
  if (suggestion === null) return { kind: 'space-exhausted', text: 'Every configuration of the search space was tried.' };
  const { stopBelowExpectedGain } = study.spec.budget;
  const { largestExpectedGain } = suggestion;
  if (stopBelowExpectedGain === null || largestExpectedGain === null || largestExpectedGain >= stopBelowExpectedGain) return null;
  const { unit } = METRICS[study.spec.objective.metric];
  return {
    kind: 'expected-gain',
    text: `The largest expected gain, ${formatValue(largestExpectedGain)} ${unit}, is below ${stopBelowExpectedGain} ${unit}.`,
  };
}
