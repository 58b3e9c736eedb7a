import { setImmediate as breathe } from 'node:timers/promises';
import { badInput, ServescapeError } from '../../domain/errors.ts';
import { createRandom } from '../../domain/random.ts';
import { leastForInterval, meanInterval } from '../../domain/statistics.ts';
import type { Endpoint, LoadGenerator, LoadPlan, LoadTick } from '../../study/ports.ts';
import { SimulatedLoop, type SimulatedRequest } from './simulated-loop.ts';
import type { SimulatedReplica } from './simulated-replica.ts';
import type { VirtualClock } from './virtual-clock.ts';

const EVENTS_PER_STEP = 2000;
/** Real time after which the event loop gets its turn. */
const BREATH_MS = 10;
const TICK_MS = 100;
const TICK_TRIPS_MAX = 500;
const CHECK_GROWTH = 1.15;

/** Requests in virtual time: no waiting, but never long without a breath, so that pause and stop are heard. */
export function createSimulatedLoad(
  clock: VirtualClock,
  replicaAt: (endpoint: Endpoint) => SimulatedReplica<SimulatedRequest> | null,
): LoadGenerator {
  let lastTickMs = -Infinity;
  return {
    run: async (plan, { signal, onTick }) => {
      await breathe();
      signal.throwIfAborted();
      const stop: { rule: StopRule | null } = { rule: null };
      if (plan.endpoints.length === 0) throw badInput('endpoints', [], 'at least one replica');
      const replicas = plan.endpoints.map((endpoint) => replicaOrThrow(replicaAt(endpoint), endpoint));
      // The replicas' own time: figures must not depend, not even in the last bit, on how late it is in the lab.
      const { bornMs } = replicas[0]!;
      const startMs = clock.nowMs() - bornMs;
      const loop = new SimulatedLoop(
        {
          replicas,
          concurrency: plan.environment.concurrency, items: plan.environment.requestBatchSize, network: plan.environment.network,
          balancing: plan.model.balancing, timeoutMs: plan.measurement.timeoutMs, excludeFirst: plan.measurement.excludeFirst,
          random: createRandom(plan.seed), mayIssue: (issued) => stop.rule?.mayIssue(issued) ?? true,
        },
        startMs,
      );
      const rule = (stop.rule = createStopRule(plan, loop));
      const tick = createTicker(plan, loop, rule);
      let sliceMs = performance.now();
      for (let going = true; going; ) {
        try {
          going = loop.step(EVENTS_PER_STEP);
        } finally {
          clock.advanceTo(bornMs + loop.nowMs);
        }
        const realMs = performance.now();
        if (!going || realMs - sliceMs < BREATH_MS) continue;
        await breathe();
        signal.throwIfAborted();
        sliceMs = performance.now();
        if (sliceMs - lastTickMs < TICK_MS) continue;
        lastTickMs = sliceMs;
        onTick(tick());
      }
      lastTickMs = performance.now();
      onTick(tick());
      const durationS = (loop.lastAnswerMs - startMs) / 1000;
      return { trips: loop.toRoundTrips(), durationS, lagMsP99: 0, cpuShare: 0, sure: rule.sure() };
    },
    close: async () => undefined,
  };
}

function replicaOrThrow(replica: SimulatedReplica<SimulatedRequest> | null, { port }: Endpoint): SimulatedReplica<SimulatedRequest> {
  if (replica === null) throw new ServescapeError('no-answers', `There is no simulated replica at port ${port}.`);
  return replica;
}

interface StopRule {
  mayIssue(issued: number): boolean;
  planned(): number;
  sure(): boolean;
}

/** "Until sure" is looked at whenever the counted requests have grown by 15 %. */
function createStopRule(plan: LoadPlan, loop: SimulatedLoop): StopRule {
  const { requests } = plan.measurement;
  const { concurrency } = plan.environment;
  if (requests.kind === 'fixed') {
    return { mayIssue: (issued) => issued < requests.count, planned: () => requests.count, sure: () => true };
  }
  let sure = false;
  let nextCheck = Math.max(400, leastForInterval(concurrency));
  let estimate = Math.min(requests.atMost, Math.max(1000, nextCheck));
  const check = (): void => {
    const interval = meanInterval(loop.countedValues(), concurrency);
    nextCheck = Math.ceil(loop.countedLength * CHECK_GROWTH);
    if (interval === null) return;
    const percent = (100 * interval.halfWidth) / interval.mean;
    sure = percent <= requests.halfWidthPercent;
    estimate = Math.min(requests.atMost, Math.max(nextCheck, Math.ceil(loop.countedLength * (percent / requests.halfWidthPercent) ** 2)));
  };
  return {
    mayIssue: (issued) => {
      if (sure || issued >= requests.atMost) return false;
      if (loop.countedLength >= nextCheck) check();
      return !sure;
    },
    planned: () => (sure ? loop.finished : Math.max(estimate, loop.finished)),
    sure: () => {
      if (!sure) check();
      return sure;
    },
  };
}

function createTicker(plan: LoadPlan, loop: SimulatedLoop, rule: StopRule): () => LoadTick {
  const startMs = loop.nowMs;
  let told = 0;
  return () => {
    const { finished, failed, countedLength } = loop;
    const interval = meanInterval(loop.countedValues(), plan.environment.concurrency);
    const elapsedS = (loop.nowMs - startMs) / 1000;
    const stride = Math.max(1, (finished - told) / TICK_TRIPS_MAX);
    const trips: LoadTick['trips'][number][] = [];
    for (let row = told; row < finished && trips.length < TICK_TRIPS_MAX; row += stride) trips.push(loop.roundTrip(Math.floor(row)));
    told = finished;
    return {
      finished, planned: rule.planned(), failed,
      meanMs: countedLength === 0 ? null : loop.countedSumMs / countedLength,
      halfWidthMs: interval?.halfWidth ?? null,
      throughputRps: elapsedS > 0 ? (finished - failed) / elapsedS : 0,
      lagMs: 0, waiting: [...loop.outstanding], trips,
    };
  };
}
