import { correlationInflation } from './closed-loop-interval.ts';
import { percentile, sampleVariance, studentT } from './statistics.ts';

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

const MOST_BATCHES = 20;
const LEAST_BATCHES = 5;

/**
 * 95 % interval of a percentile under autocorrelation: the share of values at or below it is a mean, so its standard error comes
 * from batches of at least 5·c values; the percentiles at p ± t·s bound the value. `values` in order of completion, `sorted` the
 * same ascending. Null when the batches are too few, or when the upper bound would lie beyond the largest value seen.
 */
export function percentileInterval(values: ArrayLike<number>, sorted: ArrayLike<number>, percent: number, concurrency: number): Bounds | null {
  const leastSize = Math.max(20, 5 * concurrency);
  const count = Math.min(MOST_BATCHES, Math.floor(values.length / leastSize));
  if (count < LEAST_BATCHES) return null;
  const size = Math.floor(values.length / count);
  const limit = percentile(sorted, percent);
  const shares = new Float64Array(count);
  const from = values.length - count * size;
  for (let batch = 0; batch < count; batch++) {
    let below = 0;
    const end = from + (batch + 1) * size;
    for (let i = end - size; i < end; i++) if (values[i]! <= limit) below++;
    shares[batch] = below / size;
  }
  const error = Math.sqrt((sampleVariance(shares) * correlationInflation(shares)) / count);
  const reach = 100 * studentT(0.975, count - 1) * error;
  if (percent + reach > 100 - 100 / values.length) return null;
  return { low: percentile(sorted, percent - reach), high: percentile(sorted, percent + reach) };
}
