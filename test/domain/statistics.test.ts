import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../main/domain/random.ts';
import { fitLine, halvesDrift, leastForInterval, mean, meanInterval, mser5, percentile, sortedCopy, studentT } from '../../main/domain/statistics.ts';
import { closedQueue, serviceTime } from './closed-queue.ts';

describe('basics', () => {
  it('percentiles interpolate between ranks', () => {
    expect([0, 25, 50, 90, 100].map((p) => percentile([10, 20, 30, 40], p))).toEqual([10, 17.5, 25, 37, 40]);
    expect(percentile([7], 99)).toBe(7);
    expect(percentile([], 50)).toBeNaN();
  });

  it('percentiles rise with the percentage and stay inside the values', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 }), fc.nat(100), fc.nat(100), (values, p, q) => {
        const sorted = sortedCopy(values);
        const [low, high] = [Math.min(p, q), Math.max(p, q)];
        expect(percentile(sorted, low)).toBeLessThanOrEqual(percentile(sorted, high) + 1e-9);
        expect(percentile(sorted, low)).toBeGreaterThanOrEqual(sorted[0]!);
      }),
      { seed: 1 },
    );
  });

  it('quantiles of Student’s t agree with tables', () => {
    const table: readonly [number, number, number][] = [[0.975, 1, 12.7062], [0.975, 2, 4.3027], [0.975, 4, 2.7764], [0.975, 19, 2.093], [0.995, 10, 3.1693], [0.95, 30, 1.6973], [0.975, 1000, 1.9623]];
    for (const [probability, degrees, value] of table) expect(studentT(probability, degrees)).toBeCloseTo(value, 3);
  });

  it('a line through points on a line fits them, with R² 1; noise lowers R²', () => {
    const x = [1, 5, 10, 20, 30];
    const exact = fitLine(x, x.map((value) => 3 + 2 * value))!;
    expect([exact.slope, exact.intercept, exact.r2].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([2, 3, 1]);
    expect(fitLine([1, 2, 3, 4], [1, 3, 2, 4])!.r2).toBeCloseTo(0.64, 10);
    expect(fitLine([1, 1], [1, 2])).toBeNull();
    expect(fitLine([1, 2], [4, 4])!.r2).toBe(1);
  });

  it('MSER-5 cuts a start transient and leaves a steady run alone', () => {
    const random = createRandom('transient');
    const steady = Float64Array.from({ length: 1000 }, () => 5 + 0.5 * random.normal());
    const rising = steady.map((value, i) => value - 4 * Math.exp(-i / 30));
    expect(mser5(rising)).toBeGreaterThanOrEqual(60);
    expect(mser5(rising)).toBeLessThan(300);
    expect(mean(rising.subarray(mser5(rising)))).toBeCloseTo(5, 1);
    expect(mser5([1, 2, 3])).toBe(0);
  });

  it('a jump between the halves is a drift, noise is not', () => {
    const random = createRandom('drift');
    const noise = Array.from({ length: 20 }, () => 10 + 0.3 * random.normal());
    expect(halvesDrift(noise).beyondNoise).toBe(false);
    const jump = halvesDrift(noise.map((value, i) => (i < 10 ? value : value + 2)));
    expect(jump.beyondNoise).toBe(true);
    expect(jump.share).toBeCloseTo(2 / 11, 1);
  });
});

describe('the interval from batches of round trips, for loads without a given number in flight', () => {
  it('has no interval below three batches of 10·c, and one from there on', () => {
    const values = closedQueue(5, 1, 1000, serviceTime('exponential', createRandom('few')));
    const least = leastForInterval(5);
    expect(least).toBe(165);
    expect(meanInterval(values.subarray(0, least - 1), 5)).toBeNull();
    expect(meanInterval(values.subarray(0, least), 5)).toMatchObject({ batches: 3, batchSize: 50, cut: 15 });
    expect(meanInterval(values, 5)!.batches).toBeLessThanOrEqual(20);
  });
});
