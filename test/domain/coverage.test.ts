import { describe, expect, it } from 'vitest';
import { closedLoopInterval, halfWidthWithBias, leastForClosedLoop, warmUpGroups } from '../../main/domain/closed-loop-interval.ts';
import { percentileInterval } from '../../main/domain/percentile-interval.ts';
import { createRandom } from '../../main/domain/random.ts';
import { countedMs } from '../../main/domain/round-trips.ts';
import { mean, percentile, sampleVariance, sortedCopy } from '../../main/domain/statistics.ts';
import { closedLoopTrips, closedQueue, leaveOutEdges, serviceTime, trueMean, withCpuLimit, type Law } from './closed-queue.ts';

const TRIALS = 1000;
const NAIVE = (values: Float64Array): number => 1.96 * Math.sqrt(sampleVariance(values) / values.length);

/** Share of simulated trials of 3,413 requests, in percent, whose 95 % interval holds the true mean. */
function coverage(law: Law, concurrency: number, servers: number): { firstTwo: number; automatic: number; naive: number } {
  const random = createRandom(`cover ${law} ${concurrency} ${servers}`);
  const truth = trueMean(law, concurrency, servers);
  const hits = { firstTwo: 0, automatic: 0, naive: 0 };
  for (let trial = 0; trial < TRIALS; trial++) {
    const run = closedLoopTrips(concurrency, servers, 3413, serviceTime(law, random));
    const counted = countedMs(run.trips);
    const centre = mean(counted);
    if (Math.abs(centre - truth) <= closedLoopInterval(run.trips, centre)!.halfWidth) hits.firstTwo++;
    if (Math.abs(centre - truth) <= NAIVE(counted)) hits.naive++;
    const inner = leaveOutEdges(run);
    const innerCentre = mean(countedMs(inner));
    if (Math.abs(innerCentre - truth) <= closedLoopInterval(inner, innerCentre)!.halfWidth) hits.automatic++;
  }
  const percent = (count: number): number => (100 * count) / TRIALS;
  return { firstTwo: percent(hits.firstTwo), automatic: percent(hits.automatic), naive: percent(hits.naive) };
}

/** Both ways to count: all but the first two requests, and without the first and last round. Seeds not used to choose the estimator. */
describe('95 % intervals of a closed loop, 1,000 simulated trials each', () => {
  const cases = (['exponential', 'log-normal'] as const).flatMap((law) =>
    ([[1, 1], [5, 1], [20, 1], [20, 4], [60, 1], [60, 4]] as const).map(([concurrency, servers]) => [law, concurrency, servers] as const));

  it.each(cases)('%s service, %i requests at %i servers: the truth is inside in 93–97 percent, naive intervals fail', (law, concurrency, servers) => {
    const { firstTwo, automatic, naive } = coverage(law, concurrency, servers);
    expect(firstTwo).toBeGreaterThanOrEqual(93);
    expect(firstTwo).toBeLessThanOrEqual(97);
    expect(automatic).toBeGreaterThanOrEqual(93);
    expect(automatic).toBeLessThanOrEqual(97);
    if (concurrency > 1) expect(naive).toBeLessThan(80);
    if (concurrency > 5) expect(naive).toBeLessThan(62);
  });

  it.each([[20, 1, 0.25, 0], [20, 2, 0.4, 0], [20, 2, 0.4, 0.2], [20, 4, 0.3, 0.2]] as const)('%i requests at %i replicas of %d cores, ± %d: no wider than they need be', (concurrency, replicas, cores, slack) => {
    const random = createRandom(`limited ${concurrency} ${replicas} ${cores} ${slack}`);
    const trials = Array.from({ length: 500 }, () => {
      const trips = leaveOutEdges(closedLoopTrips(concurrency, replicas, 3413, serviceTime('log-normal', random), withCpuLimit(replicas, cores, slack, random)));
      const centre = mean(countedMs(trips));
      return { centre, halfWidth: closedLoopInterval(trips, centre)!.halfWidth };
    });
    const centres = Float64Array.from(trials, ({ centre }) => centre);
    const truth = mean(centres);
    const inside = trials.filter(({ centre, halfWidth }) => Math.abs(centre - truth) <= halfWidth).length;
    expect(inside / 5).toBeGreaterThanOrEqual(93);
    expect(mean(Float64Array.from(trials, ({ halfWidth }) => halfWidth))).toBeLessThan(1.25 * 1.96 * Math.sqrt(sampleVariance(centres)));
  });

  it('says nothing below ten groups of eight, and something from the least number on', () => {
    const service = serviceTime('exponential', createRandom('few'));
    const interval = (count: number) => {
      const trips = leaveOutEdges(closedLoopTrips(5, 1, count, service));
      return closedLoopInterval(trips, mean(countedMs(trips)));
    };
    expect(interval(leastForClosedLoop(5) - 10)).toBeNull();
    expect(interval(leastForClosedLoop(5))).toMatchObject({ batches: 10, batchSize: 8 });
  });
});

describe('a mean that is known to be off', () => {
  it('gets the half-width that covers the truth all the same', () => {
    expect(halfWidthWithBias(1, 0, 1e6)).toBeCloseTo(1.96, 2);
    expect(halfWidthWithBias(1, 5, 1e6)).toBeCloseTo(5 + 1.645, 2);
    expect(halfWidthWithBias(0, 2, 30)).toBe(2);
    expect(halfWidthWithBias(2, -1, 30)).toBeCloseTo(halfWidthWithBias(2, 1, 30), 9);
  });
});

describe('warm-up', () => {
  const random = createRandom('warm-up');
  /** Times of every eighth completion; the first `cold` groups take `factor` times as long. */
  const times = (cold: number, factor: number): Float64Array => {
    let now = 0;
    return Float64Array.from({ length: 200 }, (_, group) => (now += (group < cold ? factor : 1) * (8 + random.normal())));
  };

  it('lasts one round of the requests in flight when nothing else is seen', () => {
    for (let trial = 0; trial < 100; trial++) expect(warmUpGroups(times(0, 1), 200, 20)).toBe(3);
  });

  it('lasts until the server has its speed', () => {
    const cut = warmUpGroups(times(30, 3), 200, 20);
    expect(cut).toBeGreaterThanOrEqual(29);
    expect(cut).toBeLessThanOrEqual(100);
  });
});

describe('intervals of percentiles', () => {
  it.each([[50, 88], [90, 85]])('p%i: the truth is inside in at least %i percent of 200 trials', (percent, least) => {
    const random = createRandom(`percentile ${percent}`);
    const long = closedQueue(20, 4, 400_000, serviceTime('exponential', random));
    const truth = percentile(sortedCopy(long.subarray(1000)), percent);
    let inside = 0;
    for (let trial = 0; trial < 200; trial++) {
      const values = closedQueue(20, 4, 3413, serviceTime('exponential', random)).subarray(20);
      const { low, high } = percentileInterval(values, sortedCopy(values), percent, 20)!;
      if (low <= truth && truth <= high) inside++;
    }
    expect(inside / 2).toBeGreaterThanOrEqual(least);
  });

  it('are not invented beyond the largest value', () => {
    const values = Float64Array.from({ length: 200 }, (_, i) => i);
    expect(percentileInterval(values, sortedCopy(values), 99, 1)).toBeNull();
    expect(percentileInterval(values, sortedCopy(values), 50, 40)).toBeNull();
  });
});
