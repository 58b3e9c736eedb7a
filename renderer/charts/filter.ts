import { rankedTrials, type Study } from '../../main/domain/study.ts';
import { trialAxes, type TrialAxis } from './trial-axes.ts';
import type { Trial } from '../../main/domain/trial.ts';

/** A stretch of one parameter or measured value, in its own unit (categories by their place in the list). */
export interface Brush {
  /** Key of a `TrialAxis`. */
  readonly axis: string;
  readonly low: number;
  readonly high: number;
}

/** What the charts show. One state for all of them; filters remove, a brush dims what is outside it. */
export interface Filter {
  readonly valid: boolean;
  /** Measured, but with a verdict other than valid. */
  readonly doubtful: boolean;
  /** Measured, but a condition was not met. */
  readonly infeasible: boolean;
  readonly failed: boolean;
  readonly random: boolean;
  readonly bayes: boolean;
  /** Chosen by hand. */
  readonly user: boolean;
  /** Only the best k; null: all. */
  readonly top: number | null;
  /** One at most per axis. */
  readonly brushes: readonly Brush[];
}

export const NO_FILTER: Filter = { valid: true, doubtful: true, infeasible: true, failed: true, random: true, bayes: true, user: true, top: null, brushes: [] };
export const TOPS: readonly (number | null)[] = [null, 5, 10, 25];

export type TrialKind = 'valid' | 'doubtful' | 'infeasible' | 'failed' | 'other';

export function kindOf(trial: Trial): TrialKind {
  if (trial.state === 'failed') return 'failed';
  if (trial.state !== 'complete' || trial.value === null) return 'other';
  if (!trial.feasible) return 'infeasible';
  return trial.measurement?.verdict.kind === 'valid' ? 'valid' : 'doubtful';
}

export function filterTrials(study: Study, filter: Filter): readonly Trial[] {
  const best = filter.top === null ? null : new Set(rankedTrials(study).slice(0, filter.top).map(({ number }) => number));
  return study.trials.filter((trial) => {
    const kind = kindOf(trial);
    if (kind === 'other' || !filter[kind] || !filter[trial.origin]) return false;
    return best === null || best.has(trial.number);
  });
}

/** What of a filter removes trials: equal where `filterTrials` gives the same. A brush removes nothing. */
export function removalOf({ brushes: _dims, ...removes }: Filter): string {
  return JSON.stringify(removes);
}

export interface FilterCounts {
  readonly valid: number;
  readonly doubtful: number;
  readonly infeasible: number;
  readonly failed: number;
  readonly random: number;
  readonly bayes: number;
  readonly user: number;
  readonly measured: number;
}

export function countTrials(study: Study): FilterCounts {
  const counts = { valid: 0, doubtful: 0, infeasible: 0, failed: 0, random: 0, bayes: 0, user: 0, measured: 0 };
  for (const trial of study.trials) {
    const kind = kindOf(trial);
    if (kind === 'other') continue;
    counts[kind]++;
    if (kind === 'failed') continue;
    counts.measured++;
    counts[trial.origin]++;
  }
  return counts;
}

export function isFiltered(filter: Filter): boolean {
  return filter.brushes.length > 0 || (Object.keys(NO_FILTER) as (keyof Filter)[]).some((key) => key !== 'brushes' && filter[key] !== NO_FILTER[key]);
}

/** The filter with this stretch of an axis in focus, or without a brush there. */
export function withBrush(filter: Filter, axis: string, range: { readonly low: number; readonly high: number } | null): Filter {
  const others = filter.brushes.filter((brush) => brush.axis !== axis);
  return { ...filter, brushes: range === null ? others : [...others, { axis, ...range }] };
}

/** Trials that some brush leaves out; null where nothing is brushed. A trial without a value there is outside. */
export function outsideOf(study: Study, { brushes }: Filter, all: readonly TrialAxis[] = trialAxes(study)): ReadonlySet<number> | null {
  const axes = all.flatMap((axis) => brushes.filter(({ axis: key }) => key === axis.key).map((brush) => ({ axis, brush })));
  if (axes.length === 0) return null;
  const isInside = (trial: Trial): boolean => axes.every(({ axis, brush }) => {
    const value = axis.valueOf(trial);
    return value !== null && value >= brush.low && value <= brush.high;
  });
  return new Set(study.trials.filter((trial) => !isInside(trial)).map(({ number }) => number));
}
