import { describe, expect, it } from 'vitest';
import { createRandom } from '../../main/domain/random.ts';
import { countedMs } from '../../main/domain/round-trips.ts';
import { createBalancer } from '../../main/load/balancer.ts';
import { Recorder } from '../../main/load/recorder.ts';
import { stopAfterCount, stopAfterDuration, stopWhenSure } from '../../main/load/stop-rule.ts';
import { createTicker } from '../../main/load/tick.ts';
import { closedQueue, serviceTime, trueMean } from '../domain/closed-queue.ts';

describe('the recorder', () => {
  it('keeps every round trip over any number of blocks, in order', () => {
    const recorder = new Recorder();
    const count = 100_000;
    for (let i = 0; i < count; i++) recorder.add(1000 + i, i / 7, i % 5, i % 100 === 0 ? 1 : 0, i % 50 === 1);
    const trips = recorder.toRoundTrips();
    expect([trips.startMs, trips.roundTripMs, trips.replica, trips.fault, trips.excluded].map((column) => column.length)).toEqual(Array(5).fill(count));
    for (const i of [0, 1, 16_383, 16_384, 16_385, 65_536, 99_999]) {
      expect([trips.startMs[i], trips.roundTripMs[i], trips.replica[i], trips.fault[i], trips.excluded[i]]).toEqual([i, i / 7, i % 5, i % 100 === 0 ? 1 : 0, i % 50 === 1 ? 1 : 0]);
      expect(recorder.at(i)).toEqual({ index: i, roundTripMs: i / 7, excluded: i % 50 === 1, failed: i % 100 === 0 });
    }
    expect(recorder.countedValues()).toEqual(countedMs(trips));
    expect(recorder.failed).toBe(1000);
  });

  it('counts send times from the earliest, though answers come in another order', () => {
    const recorder = new Recorder();
    recorder.add(30, 1, 0, 0, false);
    recorder.add(20, 15, 0, 0, false);
    expect([...recorder.toRoundTrips().startMs]).toEqual([10, 0]);
    expect(new Recorder().toRoundTrips().startMs.length).toBe(0);
  });
});

describe('ticks', () => {
  it('carry at most 500 round trips, spread over all that ended', () => {
    const recorder = new Recorder();
    const tick = createTicker({ recorder, concurrency: 1, planned: () => 9, waiting: () => [2, 3], elapsedMs: () => 500, lagMs: () => 0.5 });
    for (let i = 0; i < 12_000; i++) recorder.add(i, 2, 0, 0, false);
    const first = tick();
    expect(first).toMatchObject({ finished: 12_000, planned: 9, failed: 0, meanMs: 2, halfWidthMs: 0, throughputRps: 24_000, lagMs: 0.5, waiting: [2, 3] });
    expect(first.trips.length).toBe(500);
    expect(first.trips[0]!.index).toBe(0);
    expect(first.trips.at(-1)!.index).toBeGreaterThan(11_900);
    recorder.add(0, 2, 0, 1, false);
    expect(tick().trips.map(({ index, failed }) => [index, failed])).toEqual([[12_000, true]]);
    expect(tick().trips).toEqual([]);
  });
});

describe('stop rules', () => {
  it('a count is requests in all', () => {
    const rule = stopAfterCount(3);
    expect([0, 1, 2, 3, 4].map((issued) => rule.mayIssue(issued, 0))).toEqual([true, true, true, false, false]);
  });

  it('a duration counts from the first request', () => {
    const rule = stopAfterDuration(2, new Recorder());
    expect([5000, 6999, 7000].map((nowMs) => rule.mayIssue(0, nowMs))).toEqual([true, true, false]);
  });

  it('until sure at ± 5 %: right in at least 90 of 100 simulated trials, within 1.5 × the requests theory asks for', () => {
    const truth = trueMean('exponential', 20, 4);
    const random = createRandom('until sure');
    let right = 0;
    let used = 0;
    for (let trial = 0; trial < 100; trial++) {
      const values = closedQueue(20, 4, 10_000, serviceTime('exponential', random));
      const recorder = new Recorder();
      const rule = stopWhenSure({ halfWidthPercent: 5, atMost: 10_000, concurrency: 20 }, recorder);
      while (rule.mayIssue(recorder.length, 0)) recorder.add(0, values[recorder.length]!, 0, 0, false);
      expect(rule.sure()).toBe(true);
      used += recorder.length;
      if (Math.abs(recorder.countedSumMs / recorder.countedLength / truth - 1) <= 0.05) right++;
    }
    expect(right).toBeGreaterThanOrEqual(90);
    expect(used / 100).toBeLessThan(1.5 * (196 / 5) ** 2);
  });
});

describe('balancers', () => {
  const random = createRandom('balance');

  it('round robin goes round whatever is outstanding', () => {
    const next = createBalancer('round-robin', random);
    expect([0, 1, 2, 3].map(() => next([9, 0, 0]))).toEqual([0, 1, 2, 0]);
  });

  it('least outstanding takes the idlest, equals in turn', () => {
    const next = createBalancer('least-outstanding', random);
    expect([next([2, 1, 3]), next([1, 1, 1]), next([1, 1, 1]), next([1, 1, 1]), next([0, 1, Infinity])]).toEqual([1, 2, 0, 1, 0]);
  });

  it('random asks every replica', () => {
    const next = createBalancer('random', random);
    expect(new Set(Array.from({ length: 100 }, () => next([0, 0, 0, 0])))).toEqual(new Set([0, 1, 2, 3]));
  });
});
