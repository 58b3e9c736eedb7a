import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrate } from '../../main/serving/simulated/calibrate.ts';
import { MinTree } from '../../main/serving/simulated/min-tree.ts';
import { simulateCluster, type ClusterPlan } from '../../main/serving/simulated/simulated-cluster.ts';
import { Station } from '../../main/serving/simulated/station.ts';
import { createRandom } from '../../main/domain/random.ts';
import { trialNoise } from '../../main/serving/simulated/surface.ts';
import { mean } from '../../main/domain/statistics.ts';
import type { ScaleFigures } from '../../main/domain/scale-level.ts';
import { runOnce, USUAL } from './simulated-bench.ts';

/** Ten requests in flight per replica, eight replicas a machine, and nothing that could be full but the replicas. */
function planOf(replicas: number, change: Partial<ClusterPlan> = {}): ClusterPlan {
  return {
    serving: { ...USUAL, maxBatchSize: 8 }, replicas, machines: Math.ceil(replicas / 8), concurrency: 10 * replicas, items: 1,
    network: { delayMs: 0, jitterMs: 0, lossPercent: 0, resetPercent: 0 }, balancing: 'least-outstanding', generators: 1, generatorThreads: 1, requestCostMs: 0,
    generatorLinkMbps: Infinity, machineLinkMbps: Infinity, requestBytes: 4000, answerBytes: 300, wayMs: 0, factor: 1, hasGpu: false, seed: 'cluster', ...change,
  };
}
const simulate = (plan: ClusterPlan): Promise<ScaleFigures> => simulateCluster(plan, { signal: new AbortController().signal });
const rps = ({ answered, spanS }: ScaleFigures): number => answered / spanS;

describe('a cluster', () => {
  it('has a throughput in proportion to its replicas while nothing shared is full', async () => {
    const [few, more, many] = await Promise.all([16, 64, 400].map((replicas) => simulate(planOf(replicas))));
    expect(rps(more!) / rps(few!) / 4).toBeCloseTo(1, 1.5);
    expect(rps(many!) / rps(few!) / 25).toBeCloseTo(1, 1.5);
    for (const { replicaBusyShare } of [few!, more!, many!]) expect(replicaBusyShare).toBeGreaterThan(0.97);
  });

  it.each([[1, 4, 0.05, 80_000], [1, 1, 0.1, 10_000], [3, 2, 0.2, 30_000]])('is bound by %i generators of %i threads at %f ms a request', async (generators, generatorThreads, requestCostMs, bound) => {
    const figures = await simulate(planOf(300, { generators, generatorThreads, requestCostMs }));
    expect(rps(figures) / bound).toBeCloseTo(1, 1.5);
    // Little: what is in flight is throughput × round trip.
    expect((rps(figures) * figures.meanMs) / 1000 / figures.concurrency).toBeCloseTo(1, 1.5);
  });

  it.each([
    ['its request', { generatorLinkMbps: 100, requestBytes: 5000 }, 2500],
    ['its answer', { generatorLinkMbps: 100, requestBytes: 100, answerBytes: 12_500 }, 1000],
    ['both generators', { generators: 2, generatorLinkMbps: 100, requestBytes: 5000 }, 5000],
    ['every machine', { machineLinkMbps: 2, requestBytes: 5000, machines: 40 }, 2000],
  ] as const)('is bound by bandwidth ÷ bytes: the link of %s', async (_, change, bound) => {
    expect(rps(await simulate(planOf(40, change))) / bound).toBeCloseTo(1, 2);
  });

  it('is the same for the same seed and another for another, whatever the event loop does', async () => {
    const plan = planOf(30, { requestCostMs: 0.05, generatorLinkMbps: 1000, wayMs: 0.1 });
    const [once, again] = await Promise.all([simulate(plan), simulate(plan)]);
    expect(again).toEqual(once);
    expect((await simulate({ ...plan, seed: 'other' })).meanMs).not.toBe(once.meanMs);
  });

  it.each([1, 2, 4, 8])('of one machine with %i replicas agrees with the simulated lab within three per cent', async (replicas) => {
    // The lab starts cold and each of its trials is a little faster or slower: what counts here is how it goes on, with that.
    const { trips } = await runOnce({ maxBatchSize: 8, replicas }, { environment: { concurrency: 10 * replicas }, measurement: { requests: { kind: 'fixed', count: 12_000 } } });
    const ratio = (await simulate(planOf(replicas, { factor: trialNoise(createRandom('bench').split('trial')) }))).meanMs / mean(trips.roundTripMs.subarray(4000));
    expect(ratio).toBeGreaterThan(0.97);
    expect(ratio).toBeLessThan(1.03);
  });

  it('adds the way between machines twice, and it grows with the replicas of a machine only', async () => {
    const one = (change: Partial<ClusterPlan>): Promise<ScaleFigures> => simulate(planOf(8, { concurrency: 1, ...change }));
    const [near, far] = [await one({}), await one({ wayMs: 5 })];
    expect(far.meanMs - near.meanMs).toBeCloseTo(10, 1);
    const spread = await one({ machines: 8 });
    expect(near.meanMs - spread.meanMs).toBeCloseTo(2 * 0.05 * 7, 1);
    expect((await simulate(planOf(800, { concurrency: 1 }))).meanMs).toBeCloseTo(near.meanMs, 1);
  });

  it('shares a card between the replicas of one machine', async () => {
    const [alone, shared] = await Promise.all([8, 1].map((machines) => simulate(planOf(8, { machines, hasGpu: true, serving: { ...USUAL, maxBatchSize: 8, gpuClockMhz: 1200 } }))));
    expect(rps(alone!)).toBeGreaterThan(2 * rps(shared!));
  });

  it('hears a stop while it simulates, and lets others have a turn', async () => {
    const abort = new AbortController();
    const run = simulateCluster(planOf(2000), { signal: abort.signal, onProgress: () => undefined });
    let turns = 0;
    const turn = setInterval(() => {
      if (++turns === 3) abort.abort(new Error('stop pressed'));
    }, 1);
    await expect(run).rejects.toThrow('stop pressed');
    clearInterval(turn);
  });
});

describe('calibration', () => {
  const measured = { ...planOf(2), requestCostMs: 0.05 };

  it.each([0.2, 30])('finds the factor %f again from the mean it gives', async (factor) => {
    const { meanMs } = await simulate({ ...measured, factor });
    const found = await calibrate(measured, meanMs, new AbortController().signal);
    expect(found.simulatedMs / meanMs).toBeCloseTo(1, 1.9);
    expect(found.factor / factor).toBeGreaterThan(0.9);
    expect(found.factor / factor).toBeLessThan(1.1);
    expect((await simulate({ ...measured, factor: found.factor })).meanMs).toBe(found.simulatedMs);
  });

  it('refuses a mean that no factor gives', async () => {
    const slow = { ...measured, concurrency: 1, serving: { ...USUAL, maxBatchSize: 8, batchTimeoutMicros: 5000 } };
    await expect(calibrate(slow, 1, new AbortController().signal)).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining('measured 1.00 ms') });
  });
});

it('knows the first place of the least value, from anywhere, as a search of all places does', () => {
  const changes = fc.array(fc.tuple(fc.nat(40), fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(Infinity)), fc.nat(40)), { maxLength: 60 });
  fc.assert(fc.property(fc.integer({ min: 1, max: 41 }), changes, (length, steps) => {
    const values = Array.from({ length }, (_, i) => (i * 7) % 5);
    const tree = new MinTree(values);
    for (const [place, value, from] of steps) {
      values[place % length] = value;
      tree.set(place % length, value);
      const start = from % length;
      const order = [...values.keys()].map((i) => (start + i) % length);
      const least = Math.min(...values);
      expect(tree.min()).toBe(least);
      if (least < Infinity) expect(tree.firstLeast(start)).toBe(order.find((i) => values[i] === least));
      expect(tree.values()).toEqual(values);
    }
  }), { seed: 11 });
});

it('a station serves in order of arrival, as many at once as it has servers', () => {
  const station = new Station(2);
  expect([0, 0, 0, 1, 30].map((atMs) => station.pass(atMs, 10))).toEqual([10, 10, 20, 20, 40]);
});
