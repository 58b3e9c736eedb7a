import { describe, expect, it } from 'vitest';
import { ServescapeError } from '../../main/domain/errors.ts';
import { ROUND_TRIP_FAULTS } from '../../main/domain/round-trips.ts';
import { createEventQueue } from '../../main/serving/simulated/event-queue.ts';
import { createSimulatedLab } from '../../main/serving/simulated/simulated-lab.ts';
import { batchBurn, batchSpeed, batchWork } from '../../main/serving/simulated/surface.ts';
import { createRandom } from '../../main/domain/random.ts';
import { meanOf, runOnce } from './simulated-bench.ts';

const faultIndex = (fault: (typeof ROUND_TRIP_FAULTS)[number]): number => ROUND_TRIP_FAULTS.indexOf(fault);

async function errorOf(work: Promise<unknown>): Promise<ServescapeError> {
  const error = await work.then(() => null, (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ServescapeError);
  return error as ServescapeError;
}

describe('repeatability', () => {
  it('gives the same figures bit for bit for the same seed, and others for another, 25 seeds', async () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 25; seed++) {
      const options = { seed: `seed-${seed}`, environment: { network: { delayMs: 1, jitterMs: 1, lossPercent: 1, resetPercent: 1 } } } as const;
      const first = await runOnce({ replicas: 3 }, options);
      const again = await runOnce({ replicas: 3 }, options);
      expect(again.trips).toEqual(first.trips);
      expect(again.replicas).toEqual(first.replicas);
      expect(again.server).toEqual(first.server);
      expect(again.durationS).toBe(first.durationS);
      seen.add(first.trips.roundTripMs.join());
    }
    expect(seen.size).toBe(25);
  });

  it('does not depend on what ran before in the same lab', async () => {
    const lab = createSimulatedLab({ appVersion: 'test' });
    await runOnce({ replicas: 5, cpuCores: 0.3 }, { lab, seed: 'other' });
    const second = await runOnce({ replicas: 3, cpuCores: 1.1 }, { lab });
    const alone = await runOnce({ replicas: 3, cpuCores: 1.1 });
    expect(second.trips).toEqual(alone.trips);
    expect(second.durationS).toBe(alone.durationS);
  });

  it('moves its clock by start and load, from a fixed day', async () => {
    const lab = createSimulatedLab({ appVersion: 'test' });
    expect(lab.clock.nowIso()).toBe('2026-01-01T00:00:00.000Z');
    const { durationS } = await runOnce({ replicas: 2, cpuCores: 0.5 }, { lab });
    expect(lab.clock.nowMs() / 1000).toBeCloseTo(0.46 + 3 + durationS, 1);
    expect(Date.parse(lab.clock.nowIso())).toBe(Date.UTC(2026, 0, 1) + Math.round(lab.clock.nowMs()));
  });
});

describe('the closed loop', () => {
  it.each([[1, 1], [20, 1], [20, 4], [60, 7]])('keeps %i requests in flight over %i replicas (Little)', async (concurrency, replicas) => {
    const { trips, durationS } = await runOnce({ replicas }, { environment: { concurrency } });
    const inFlight = trips.roundTripMs.reduce((sum, ms) => sum + ms, 0) / (durationS * 1000);
    expect(inFlight).toBeGreaterThan(concurrency * 0.97);
    expect(inFlight).toBeLessThanOrEqual(concurrency + 1e-9);
    expect(mostInFlight(trips)).toBe(concurrency);
  });

  it('sends what was asked for, marks the first of each replica, and reports it', async () => {
    const { trips, ticks, sure } = await runOnce({ replicas: 3 }, { measurement: { excludeFirst: 5 } });
    expect(trips.roundTripMs).toHaveLength(3413);
    for (const replica of [0, 1, 2]) {
      expect(trips.excluded.filter((marked, i) => marked === 1 && trips.replica[i] === replica)).toHaveLength(5);
    }
    expect(sure).toBe(true);
    expect(ticks.at(-1)).toMatchObject({ finished: 3413, planned: 3413, failed: 0, waiting: [0, 0, 0] });
  });

  it('stops when it is sure, sooner for a wider interval', async () => {
    const until = (halfWidthPercent: number): Promise<{ sent: number; sure: boolean }> =>
      runOnce({}, { measurement: { requests: { kind: 'until-sure', halfWidthPercent, atMost: 60_000 } } })
        .then(({ trips, sure }) => ({ sent: trips.startMs.length, sure }));
    const wide = await until(5);
    const narrow = await until(1);
    expect([wide.sure, narrow.sure]).toEqual([true, true]);
    expect(narrow.sent).toBeGreaterThan(wide.sent);
    const hopeless = await runOnce({}, { measurement: { requests: { kind: 'until-sure', halfWidthPercent: 0.1, atMost: 2000 } } });
    expect(hopeless.sure).toBe(false);
    expect(hopeless.trips.startMs).toHaveLength(2000);
  });

  it.each(['round-robin', 'least-outstanding', 'random'] as const)('spreads requests evenly: %s', async (balancing) => {
    const { trips } = await runOnce({ replicas: 4 }, { balancing });
    for (let replica = 0; replica < 4; replica++) {
      const share = trips.replica.filter((index) => index === replica).length / trips.replica.length;
      expect(share).toBeGreaterThan(0.21);
      expect(share).toBeLessThan(0.29);
    }
  });

  it('counts what takes too long as timed out and goes on', async () => {
    const { trips } = await runOnce({ replicas: 1, cpuCores: 0.1 }, { measurement: { timeoutMs: 150, requests: { kind: 'fixed', count: 500 } } });
    const late = trips.roundTripMs.filter((_, i) => trips.fault[i] === faultIndex('timeout'));
    expect(late.length).toBeGreaterThan(10);
    expect(late.length).toBeLessThan(500);
    for (const ms of late) expect(ms).toBeCloseTo(150, 6);
  });

  it('hears a stop while it simulates', async () => {
    const abort = new AbortController();
    const run = runOnce({}, { signal: abort.signal, measurement: { requests: { kind: 'fixed', count: 10_000_000 } } });
    const reason = new Error('stop pressed');
    setTimeout(() => abort.abort(reason), 50);
    await expect(run).rejects.toBe(reason);
  });
});

describe('the network', () => {
  const network = { delayMs: 0, jitterMs: 0, lossPercent: 0, resetPercent: 0 };

  it('adds its delay twice', async () => {
    const without = await meanOf({}, { environment: { concurrency: 1 } });
    const delayed = await meanOf({}, { environment: { concurrency: 1, network: { ...network, delayMs: 10 } } });
    expect(delayed - without).toBeGreaterThan(19.9);
    expect(delayed - without).toBeLessThan(20.1);
  });

  it('makes jitter, loss and resets visible in the round trips', async () => {
    const { trips: lossy } = await runOnce({}, { environment: { network: { ...network, lossPercent: 5 } } });
    const retransmitted = lossy.roundTripMs.filter((ms) => ms > 200).length / 3413;
    expect(retransmitted).toBeGreaterThan(0.08);
    expect(retransmitted).toBeLessThan(0.12);
    const { trips: broken } = await runOnce({}, { environment: { network: { ...network, resetPercent: 5 } } });
    const resets = broken.fault.filter((fault) => fault === faultIndex('connection-reset')).length / 3413;
    expect(resets).toBeGreaterThan(0.08);
    expect(resets).toBeLessThan(0.12);
    const steady = await runOnce({}, { environment: { concurrency: 1 } });
    const jittery = await runOnce({}, { environment: { concurrency: 1, network: { ...network, delayMs: 10, jitterMs: 8 } } });
    expect(spread(jittery.trips.roundTripMs)).toBeGreaterThan(3 * spread(steady.trips.roundTripMs));
  });
});

describe('the surface', () => {
  it('gets faster with CPU and never slower with memory', async () => {
    const byCpu = [];
    for (const cpuCores of [0.2, 0.4, 0.8, 1.6, 3.2]) byCpu.push(await meanOf({ cpuCores }));
    expect(byCpu).toEqual([...byCpu].sort((a, b) => b - a));
    const byMemory = [];
    for (const memoryMb of [150, 280, 300, 340, 4000]) byMemory.push(await meanOf({ memoryMb, maxBatchSize: 64 }));
    for (let i = 1; i < byMemory.length; i++) expect(byMemory[i]).toBeLessThanOrEqual(byMemory[i - 1]! * 1.0001);
    expect(byMemory[0]).toBeGreaterThan(byMemory[4]! * 1.1);
  });

  it('gets slower with concurrency and with items per request', async () => {
    const byConcurrency = [];
    for (const concurrency of [1, 5, 20, 60]) byConcurrency.push(await meanOf({}, { environment: { concurrency } }));
    expect(byConcurrency).toEqual([...byConcurrency].sort((a, b) => a - b));
    const byItems = [];
    for (const requestBatchSize of [1, 4, 16]) byItems.push(await meanOf({}, { environment: { requestBatchSize } }));
    expect(byItems).toEqual([...byItems].sort((a, b) => a - b));
  });

  it('has an optimum inside for the batch size, the batch timeout, and replicas against their share of seven cores', async () => {
    const inside = async (values: readonly number[], serving: (value: number) => object): Promise<number> => {
      const means: number[] = [];
      for (const value of values) means.push(await meanOf(serving(value)));
      return means.indexOf(Math.min(...means));
    };
    const batchSizes = [1, 2, 4, 10, 16, 32];
    expect(batchSizes[await inside(batchSizes, (maxBatchSize) => ({ maxBatchSize, batchTimeoutMicros: 2000 }))]).toBe(10);
    const timeouts = [0, 100, 400, 2000, 10_000];
    expect(timeouts[await inside(timeouts, (batchTimeoutMicros) => ({ batchTimeoutMicros }))]).toBe(400);
    const replicas = [1, 2, 4, 7];
    expect(replicas[await inside(replicas, (n) => ({ replicas: n, cpuCores: 7 / n }))]).toBe(2);
  });

  it('batches sub-linearly and uses more cores with falling return', () => {
    expect(batchWork(16, 16)).toBeLessThan(16 * batchWork(1, 1));
    expect(batchSpeed(0.3)).toBe(1);
    expect(batchSpeed(4)).toBeGreaterThan(2);
    expect(batchBurn(4) / batchSpeed(4)).toBeGreaterThan(1);
    expect(batchBurn(4)).toBeLessThan(4);
  });

  it('holds each replica to its CPU limit and shows the throttling', async () => {
    const tight = await runOnce({ cpuCores: 0.3 });
    for (const { cpuCores, throttledShare } of tight.replicas) {
      expect(cpuCores).toBeLessThanOrEqual(0.3);
      expect(cpuCores).toBeGreaterThan(0.27);
      expect(throttledShare).toBeGreaterThan(0.8);
    }
    const ample = await runOnce({ cpuCores: 1 });
    for (const { throttledShare } of ample.replicas) expect(throttledShare).toBe(0);
  });

  it('observes batch size, queue and memory', async () => {
    const single = await runOnce({ maxBatchSize: 1 });
    expect(single.server!.meanBatchSize).toBe(1);
    const full = await runOnce({ maxBatchSize: 10, batchTimeoutMicros: 1e6 }, { measurement: { requests: { kind: 'fixed', count: 3400 } } });
    expect(full.server!.meanBatchSize).toBeGreaterThan(9);
    expect(single.server!.meanQueueMs).toBeGreaterThan(full.server!.meanQueueMs);
    expect(full.replicas[0]!.memoryMb!).toBeGreaterThan(single.replicas[0]!.memoryMb! + 5);
  });

  it('starts cold: the first requests of a replica take longer', async () => {
    const { trips } = await runOnce({ replicas: 1 }, { environment: { concurrency: 1 } });
    expect(trips.roundTripMs[0]).toBeGreaterThan(4 * trips.roundTripMs[50]!);
  });
});

describe('failures', () => {
  it('says how much memory loading needs', async () => {
    const error = await errorOf(runOnce({ memoryMb: 64 }));
    expect(error.code).toBe('out-of-memory');
    expect(error.message).toMatch(/needs 82 MB and its limit is 64 MB/);
    expect(error.details.hint).toMatch(/Raise the lowest memory to \d+ MB/);
  });

  it('is killed under load where a batch needs more than the limit, and what the hint says helps', async () => {
    const error = await errorOf(runOnce({ memoryMb: 100, maxBatchSize: 20, replicas: 1 }));
    expect(error.code).toBe('out-of-memory');
    expect(error.message).toMatch(/killed under load: a batch of \d+ items needed \d+ MB and its limit is 100 MB/);
    const suggested = Number(/to (\d+) MB/.exec(error.details.hint!)![1]);
    const { trips } = await runOnce({ memoryMb: suggested, maxBatchSize: 20, replicas: 1 });
    expect(trips.startMs).toHaveLength(3413);
  });

  it('is killed only now and then near the edge', async () => {
    let killed = 0;
    for (let seed = 0; seed < 20; seed++) {
      killed += await runOnce({ memoryMb: 132, maxBatchSize: 10 }, { seed: `edge-${seed}` }).then(() => 0, () => 1);
    }
    expect(killed).toBeGreaterThan(0);
    expect(killed).toBeLessThan(20);
  });

  it('is not ready in time with too little CPU, and the clock shows the wait', async () => {
    const lab = createSimulatedLab({ appVersion: 'test' });
    const deploy = lab.backend.deploy({
      serving: { replicas: 1, cpuCores: 0.1, memoryMb: 512, maxBatchSize: 8, batchTimeoutMicros: 0, batchThreads: 1, gpuClockMhz: 1000 },
      model: { workload: 'digits', transport: 'http', balancing: 'random' }, readyTimeoutMs: 5000,
      labels: { project: 'p', study: 's', trial: 1 }, signal: new AbortController().signal, onReplica: () => undefined,
    });
    expect((await errorOf(deploy)).code).toBe('not-ready');
    expect(lab.clock.nowMs()).toBe(5000);
  });

  it('refuses more than its machine has', async () => {
    const { cores, memoryMb } = await createSimulatedLab({ appVersion: 'test' }).machine.read();
    expect((await errorOf(runOnce({ replicas: cores + 1, cpuCores: 1 }))).code).toBe('limit-above-machine');
    expect((await errorOf(runOnce({ replicas: 1, memoryMb: memoryMb + 1 }))).code).toBe('limit-above-machine');
  });

  it('answers a request larger than any batch with 400', async () => {
    const { trips } = await runOnce({ maxBatchSize: 4 }, { environment: { requestBatchSize: 5 } });
    expect(new Set(trips.fault)).toEqual(new Set([faultIndex('http-400')]));
  });
});

it('takes events in order of time, equal ones in order of entry', () => {
  const queue = createEventQueue<number>();
  const random = createRandom(7);
  const entered = Array.from({ length: 500 }, (_, i) => ({ i, time: random.integer(0, 40) }));
  for (const { i, time } of entered) queue.push(time, i);
  const taken = entered.map(() => queue.pop());
  expect(taken).toEqual([...entered].sort((a, b) => a.time - b.time || a.i - b.i).map(({ i }) => i));
  expect(queue.nextMs()).toBe(Infinity);
  expect(queue.pop()).toBeUndefined();
});

function mostInFlight(trips: { readonly startMs: Float64Array; readonly roundTripMs: Float64Array }): number {
  const edges = [...trips.startMs].flatMap((start, i) => [[start, 1], [start + trips.roundTripMs[i]!, -1]] as const);
  edges.sort((a, b) => (Math.abs(a[0] - b[0]) < 1e-7 ? a[1] - b[1] : a[0] - b[0]));
  let now = 0;
  let most = 0;
  for (const [, change] of edges) most = Math.max(most, (now += change));
  return most;
}

/** 90th minus 10th percentile. */
function spread(values: Float64Array): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(sorted.length * 0.9)]! - sorted[Math.floor(sorted.length * 0.1)]!;
}
