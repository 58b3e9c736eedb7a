import { formatTuple } from '../../main/domain/serving-configuration.ts';
import { isBetter } from '../../main/domain/objective.ts';
import type { Study } from '../../main/domain/study.ts';
import type { StudySpec } from '../../main/domain/study-spec.ts';
import type { Configuration } from '../../main/domain/parameter.ts';
import type { Trial } from '../../main/domain/trial.ts';

export type TrialOrder = 'newest' | 'oldest' | 'best';

export const ORDER_WORDS: Readonly<Record<TrialOrder, string>> = { newest: 'Newest first', oldest: 'Oldest first', best: 'Best first' };

export function orderTrials(study: Study, order: TrialOrder): readonly Trial[] {
  if (order === 'oldest') return study.trials;
  if (order === 'newest') return study.trials.toReversed();
  const { objective } = study.spec;
  return study.trials.toSorted((a, b) => {
    const [left, right] = [a.feasible ? a.value : null, b.feasible ? b.value : null];
    if (left === null || right === null) return Number(left === null) - Number(right === null) || a.number - b.number;
    return left === right ? a.number - b.number : isBetter(objective, left, right) ? -1 : 1;
  });
}

export interface RowWindow {
  readonly first: number;
  /** One beyond the last row. */
  readonly end: number;
  /** Room above and below the rows that are there, px. */
  readonly above: number;
  readonly below: number;
}

/** The rows to draw for a scroll position. Rows in `tall` carry `extraPx` more than `rowPx`. */
export function rowWindow(count: number, tall: readonly number[], scrollTop: number, heightPx: number, rowPx: number, extraPx: number, spare = 8): RowWindow {
  const top = (row: number): number => row * rowPx + tall.filter((index) => index < row).length * extraPx;
  const first = Math.max(0, Math.min(count, rowAt(scrollTop, top, count)) - spare);
  const end = Math.min(count, rowAt(scrollTop + heightPx, top, count) + spare + 1);
  return { first, end, above: top(first), below: top(count) - top(end) };
}

function rowAt(px: number, top: (row: number) => number, count: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (top(middle) <= px) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Rows that show their reason: the newest failed one and the selected one. */
export function reasonRows(rows: readonly Trial[], selected: number | null): readonly number[] {
  const newest = rows.reduce<Trial | null>((found, trial) => (trial.failure !== null && (found === null || trial.number > found.number) ? trial : found), null);
  return rows.flatMap((trial, i) => (trial.failure !== null && (trial === newest || trial.number === selected) ? [i] : []));
}

/** The tuple for a narrow column: parts of a unit are left out from 100 on. */
export function shortTuple(spec: Pick<StudySpec, 'space'>, configuration: Configuration): string {
  const short = Object.entries(configuration).map(([name, value]) => [name, typeof value === 'number' && Math.abs(value) >= 100 ? Math.round(value) : value]);
  return formatTuple(spec, Object.fromEntries(short) as Configuration);
}
