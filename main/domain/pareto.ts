import { metricValue } from './measurement.ts';
import type { Study } from './study.ts';
import type { Trial } from './trial.ts';

/** One measured trade-off of a study with two objectives; both values in their own units. */
export interface TradeOff {
  readonly trial: number;
  readonly first: number;
  readonly second: number;
}

/** Trials that no other beats in both objectives, the best of the first objective first; empty with one objective. */
export function paretoFront(study: Pick<Study, 'spec' | 'trials'>): readonly TradeOff[] {
  return undominated(costs(study), ({ a, b }) => [a, b]).map(({ tradeOff }) => tradeOff);
}

/** What a hypervolume is taken of: two costs, smaller is better in both. */
export interface CostPair {
  readonly trial: number;
  readonly a: number;
  readonly b: number;
}

/** `hypervolumeOf` the two objectives of a study; empty with one objective. */
export function hypervolumeHistory(study: Pick<Study, 'spec' | 'trials'>): readonly HypervolumeStep[] {
  return hypervolumeOf(costs(study).map(({ a, b, tradeOff: { trial } }) => ({ trial, a, b })));
}

export interface HypervolumeStep {
  readonly trial: number;
  /** 0–1, never falls. */
  readonly share: number;
}

/**
 * Share of the rectangle between the best and the worst values of all points that is dominated after each of them
 * (hypervolume, Zitzler & Thiele 1998; scaled to the unit square, reference point at the worst values).
 */
export function hypervolumeOf(points: readonly CostPair[]): readonly HypervolumeStep[] {
  const scale = (pick: (one: CostPair) => number): ((one: CostPair) => number) => {
    let [low, high] = [Infinity, -Infinity];
    for (const one of points) [low, high] = [Math.min(low, pick(one)), Math.max(high, pick(one))];
    return (one) => (high > low ? (pick(one) - low) / (high - low) : 0);
  };
  const [x, y] = [scale(({ a }) => a), scale(({ b }) => b)];
  /** What nothing beats so far, by rising x and falling y. */
  const front: { readonly x: number; readonly y: number }[] = [];
  let share = 0;
  return points.map((point) => {
    const one = { x: x(point), y: y(point) };
    const from = front.findIndex((other) => other.x >= one.x);
    const at = from < 0 ? front.length : from;
    const before = front[at - 1];
    if (before !== undefined && before.y <= one.y) return { trial: point.trial, share };
    if (front[at] !== undefined && front[at].x === one.x && front[at].y <= one.y) return { trial: point.trial, share };
    let end = at;
    let height = before?.y ?? 1;
    let left = one.x;
    // Each step of the staircase above the new point, up to where the front falls below it.
    while (end < front.length && front[end]!.y >= one.y) {
      share += (front[end]!.x - left) * (height - one.y);
      [left, height] = [front[end]!.x, front[end]!.y];
      end++;
    }
    share += ((front[end]?.x ?? 1) - left) * (height - one.y);
    front.splice(at, end - at, one);
    return { trial: point.trial, share };
  });
}

/** A trade-off as costs. */
interface Cost {
  readonly a: number;
  readonly b: number;
  readonly tradeOff: TradeOff;
}

function costs({ spec: { objective }, trials }: Pick<Study, 'spec' | 'trials'>): readonly Cost[] {
  const { second, direction } = objective;
  if (second === undefined) return [];
  return trials.flatMap((trial: Trial) => {
    const { state, feasible, value: first, measurement, number } = trial;
    const its = measurement === null ? null : metricValue(measurement, second.metric);
    if (state !== 'complete' || !feasible || first === null || its === null) return [];
    return [{ a: direction === 'minimise' ? first : -first, b: second.direction === 'minimise' ? its : -its, tradeOff: { trial: number, first, second: its } }];
  });
}

/** What nothing beats in both of its two costs, the least first cost first; of equals one. */
export function undominated<One>(all: readonly One[], costsOf: (one: One) => readonly [number, number]): readonly One[] {
  const front: One[] = [];
  let least = Infinity;
  for (const [one, [, second]] of all.map((one) => [one, costsOf(one)] as const).sort(([, p], [, q]) => p[0] - q[0] || p[1] - q[1])) {
    if (front.length > 0 && !(second < least)) continue;
    front.push(one);
    least = second;
  }
  return front;
}
