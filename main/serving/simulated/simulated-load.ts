import { setImmediate as breathe } from 'node:timers/promises';
import { badInput, ServescapeError } from '../../domain/errors.ts';
import { createRandom } from '../../domain/random.ts';
import { leastForClosedLoop } from '../../domain/closed-loop-interval.ts';
import { isClearlyWorse, leavesOutEdges, LOOK_GROWTH, lookForSure, relativeHalfWidth } from '../../domain/sureness.ts';
import type { Endpoint, LoadGenerator, LoadPlan, LoadTick } from '../../study/ports.ts';
import { workstation } from './network.ts';
import { SimulatedLoop, type SimulatedRequest } from './simulated-loop.ts';
import type { SimulatedReplica } from './simulated-replica.ts';
import { trialNoise } from './surface.ts';
import type { VirtualClock } from './virtual-clock.ts';

const EVENTS_PER_STEP = 2000;
/** Real time after which the event loop gets its turn. */
const BREATH_MS = 10;
const TICK_MS = 100;
const TICK_TRIPS_MAX = 500;

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
      const random = createRandom(plan.seed);
      const loop = new SimulatedLoop(
        {
          replicas,
          concurrency: plan.environment.concurrency, items: plan.environment.requestBatchSize,
          carrier: workstation(replicas.length, plan.environment.network),
          balancing: plan.model.balancing, timeoutMs: plan.measurement.timeoutMs, excludeFirst: plan.measurement.excludeFirst,
          leaveOutEdges: leavesOutEdges(plan.measurement),
          random, trialFactor: trialNoise(random.split('trial')), mayIssue: (issued) => stop.rule?.mayIssue(issued) ?? true,
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
      const saved = rule.savedRequests();
      const raced = saved === null ? null : { savedRequests: saved, savedS: (saved * durationS) / Math.max(1, loop.finished), incumbentMs: plan.bar!.meanMs };
      return { trips: loop.toRoundTrips(), durationS, lagMsP99: 0, cpuShare: 0, sure: rule.sure(), raced };
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
  /** What racing saved; null unless it ended the run. */
  savedRequests(): number | null;
}

/** The looks of the load generator, in virtual time: "until sure" and racing whenever the answers have grown by 5 %. */
function createStopRule({ measurement: { requests }, environment: { concurrency }, endpoints, bar = null }: LoadPlan, loop: SimulatedLoop): StopRule {
  const most = requests.kind === 'fixed' ? requests.count : requests.atMost;
  let sure = requests.kind === 'fixed';
  let nextLook = leastForClosedLoop(concurrency);
  let estimate = requests.kind === 'fixed' ? most : Math.min(most, Math.max(1000, nextLook));
  let plannedWhenRaced = -1;
  const answers = (): number => loop.finished - loop.failed;
  const look = (): void => {
    nextLook = Math.ceil(answers() * LOOK_GROWTH);
    if (bar !== null && isClearlyWorse(loop.completions(), concurrency, bar, endpoints.length)) plannedWhenRaced = estimate;
    if (requests.kind === 'fixed') return;
    const seen = lookForSure(loop.completions(), concurrency, requests.halfWidthPercent);
    if (seen === null) return;
    sure = seen.sure;
    estimate = Math.min(most, Math.max(nextLook, seen.expectedAnswers + concurrency));
  };
  const done = (): boolean => plannedWhenRaced >= 0 || (sure && requests.kind !== 'fixed');
  return {
    mayIssue: (issued) => {
      if (done() || issued >= most) return false;
      if (answers() >= nextLook) look();
      return !done();
    },
    planned: () => (done() ? loop.finished : Math.max(estimate, loop.finished)),
    sure: () => {
      if (!sure && plannedWhenRaced < 0) look();
      return sure || plannedWhenRaced >= 0;
    },
    savedRequests: () => (plannedWhenRaced < 0 ? null : Math.max(0, plannedWhenRaced - loop.finished)),
  };
}

function createTicker(plan: LoadPlan, loop: SimulatedLoop, rule: StopRule): () => LoadTick {
  const startMs = loop.nowMs;
  let told = 0;
  return () => {
    const { finished, failed, countedLength } = loop;
    const meanMs = countedLength === 0 ? null : loop.countedSumMs / countedLength;
    const share = relativeHalfWidth(loop.completions(), plan.environment.concurrency);
    const elapsedS = (loop.nowMs - startMs) / 1000;
    const stride = Math.max(1, (finished - told) / TICK_TRIPS_MAX);
    const trips: LoadTick['trips'][number][] = [];
    for (let row = told; row < finished && trips.length < TICK_TRIPS_MAX; row += stride) trips.push(loop.roundTrip(Math.floor(row)));
    told = finished;
    return {
      finished, planned: rule.planned(), failed,
      meanMs,
      halfWidthMs: meanMs === null || share === null ? null : meanMs * share,
      throughputRps: elapsedS > 0 ? (finished - failed) / elapsedS : 0,
      lagMs: 0, waiting: [...loop.outstanding], trips,
    };
  };
}
