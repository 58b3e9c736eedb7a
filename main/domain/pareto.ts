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
  return undominated(costs(study)).map(({ tradeOff }) => tradeOff);
}

/**
 * Share of the rectangle between the best and the worst values of all trials that is dominated after each trial that was
 * measured (hypervolume, Zitzler & Thiele 1998; scaled to the unit square, reference point at the worst values). It never falls.
 */
export function hypervolumeHistory(study: Pick<Study, 'spec' | 'trials'>): readonly { readonly trial: number; readonly share: number }[] {
  const all = costs(study);
  if (all.length === 0) return [];
  const scale = (pick: (one: Cost) => number): ((one: Cost) => number) => {
    const values = all.map(pick);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return (one) => (high > low ? (pick(one) - low) / (high - low) : 0);
  };
  const [x, y] = [scale(({ a }) => a), scale(({ b }) => b)];
  return all.map((one, i) => {
    let share = 0;
    let height = 1;
    for (const point of undominated(all.slice(0, i + 1))) {
      share += (1 - x(point)) * Math.max(height - y(point), 0);
      height = Math.min(height, y(point));
    }
    return { trial: one.tradeOff.trial, share };
  });
}

/** Smaller is better in both. */
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

function undominated(all: readonly Cost[]): readonly Cost[] {
  const front: Cost[] = [];
  for (const one of [...all].sort((p, q) => p.a - q.a || p.b - q.b)) {
    if (front.length === 0 || one.b < front[front.length - 1]!.b) front.push(one);
  }
  return front;
}
