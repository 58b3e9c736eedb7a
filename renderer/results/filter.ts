import { ranked } from './explain-best.ts';
import type { Study } from '../../main/domain/study.ts';
import type { Trial } from '../../main/domain/trial.ts';

/** What the charts show. One state for all of them; filters remove. */
export interface Filter {
  readonly valid: boolean;
  /** Measured, but with a verdict other than valid or a condition not met. */
  readonly doubtful: boolean;
  readonly failed: boolean;
  readonly random: boolean;
  readonly bayes: boolean;
  /** Only the best k; null: all. */
  readonly top: number | null;
}

export const NO_FILTER: Filter = { valid: true, doubtful: true, failed: true, random: true, bayes: true, top: null };
export const TOPS: readonly (number | null)[] = [null, 5, 10, 25];

export type TrialKind = 'valid' | 'doubtful' | 'failed' | 'other';

export function kindOf(trial: Trial): TrialKind {
  if (trial.state === 'failed') return 'failed';
  if (trial.state !== 'complete' || trial.value === null) return 'other';
  return trial.feasible && trial.measurement?.verdict.kind === 'valid' ? 'valid' : 'doubtful';
}

export function filterTrials(study: Study, filter: Filter): readonly Trial[] {
  const best = filter.top === null ? null : new Set(ranked(study).slice(0, filter.top).map(({ number }) => number));
  return study.trials.filter((trial) => {
    const kind = kindOf(trial);
    if (kind === 'other' || !filter[kind]) return false;
    if (trial.origin === 'random' ? !filter.random : trial.origin === 'bayes' ? !filter.bayes : false) return false;
    return best === null || best.has(trial.number);
  });
}

export interface FilterCounts {
  readonly valid: number;
  readonly doubtful: number;
  readonly failed: number;
  readonly random: number;
  readonly bayes: number;
  readonly measured: number;
}

export function countTrials(study: Study): FilterCounts {
  const counts = { valid: 0, doubtful: 0, failed: 0, random: 0, bayes: 0, measured: 0 };
  for (const trial of study.trials) {
    const kind = kindOf(trial);
    if (kind === 'other') continue;
    counts[kind]++;
    if (kind === 'failed') continue;
    counts.measured++;
    if (trial.origin !== 'user') counts[trial.origin]++;
  }
  return counts;
}

export function isFiltered(filter: Filter): boolean {
  return (Object.keys(NO_FILTER) as (keyof Filter)[]).some((key) => filter[key] !== NO_FILTER[key]);
}
