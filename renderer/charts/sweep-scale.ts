import { timeUnit } from '../../main/domain/format.ts';
import { METRICS } from '../../main/domain/metric.ts';
import type { Comparison, Contestant } from '../../main/domain/comparison.ts';
import type { Sweep } from '../../main/domain/sweep.ts';

export interface SweepScale {
  readonly label: string;
  readonly unit: string;
  readonly factor: number;
}

/** One unit for every best value of the sweep. */
export function sweepScale({ spec }: Sweep, { levels }: Comparison): SweepScale {
  const { label, unit } = METRICS[spec.base.objective.metric];
  if (unit !== 'ms') return { label, unit, factor: 1 };
  const largest = levels.flatMap(({ random, bayes, alone }) => [...random, ...bayes, ...alone]).reduce((most, { best }) => Math.max(most, best?.value ?? 0), 0);
  return { label, ...timeUnit(largest || 1) };
}

/** Half-width of the best value's 95 % interval, in its own unit; only the mean round trip has one. */
export function halfOf({ study, best }: Contestant): number | null {
  return study.spec.objective.metric === 'meanRoundTripMs' ? (best?.measurement?.halfWidthMs ?? null) : null;
}
