import { verdictOf } from '../../main/domain/trial-verdict.ts';
import type { Trial } from '../../main/domain/trial.ts';

/** Trials that were measured, but not well: by verdict, with what was seen and what helps. */
export interface WeakGroup {
  readonly word: string;
  readonly trials: readonly Trial[];
  /** Of the first of them. */
  readonly reason: string;
  readonly remedy: string;
}

/** The most frequent verdict first. A condition that was not met is a finding, not a weakness. */
export function weakMeasurements(trials: readonly Trial[]): readonly WeakGroup[] {
  const weak = trials.filter(({ state, measurement }) => state === 'complete' && measurement !== null && measurement.verdict.kind !== 'valid');
  return [...Map.groupBy(weak, ({ measurement }) => measurement!.verdict.kind).values()]
    .map((group) => {
      const { reason, remedy } = group[0]!.measurement!.verdict;
      return { word: verdictOf({ ...group[0]!, feasible: true, violations: [] }).word, trials: group, reason, remedy };
    })
    .sort((a, b) => b.trials.length - a.trials.length);
}
