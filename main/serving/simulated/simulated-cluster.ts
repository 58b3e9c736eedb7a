import { setImmediate as breathe } from 'node:timers/promises';
import { createRandom, type Random } from '../../domain/random.ts';
import { percentile, mean, sortedCopy } from '../../domain/statistics.ts';
import type { ScaleFigures } from '../../domain/scale-level.ts';
import type { ServingConfiguration } from '../../domain/serving-configuration.ts';
import type { Balancing, NetworkImpairment } from '../../domain/study-spec.ts';
import { passMessage, type Carrier, type Passage } from './network.ts';
import { SimulatedGpu } from './simulated-gpu.ts';
import { SimulatedLoop, type SimulatedRequest } from './simulated-loop.ts';
import { SimulatedReplica } from './simulated-replica.ts';
import { Station } from './station.ts';
import { communicationMs } from './surface.ts';

/** Equal machines with replicas, and load generators on machines of their own. Times in ms, links in Mbit/s each way. */
export interface ClusterPlan {
  readonly serving: ServingConfiguration;
  readonly replicas: number;
  /** Replicas are dealt out to them in turn. */
  readonly machines: number;
  readonly concurrency: number;
  readonly items: number;
  readonly network: NetworkImpairment;
  readonly balancing: Balancing;
  readonly generators: number;
  readonly generatorThreads: number;
  /** Processor time of one thread per request, half of it for sending, half for reading the answer. */
  readonly requestCostMs: number;
  /** Infinity: never full. */
  readonly generatorLinkMbps: number;
  readonly machineLinkMbps: number;
  readonly requestBytes: number;
  readonly answerBytes: number;
  /** Through the network between two machines, one way. */
  readonly wayMs: number;
  /** On work and way: what the measured system took, against the formulas of `surface.ts`. */
  readonly factor: number;
  /** One card per machine, shared by its replicas. */
  readonly hasGpu: boolean;
  readonly seed: string;
}

interface RunOptions {
  readonly signal: AbortSignal;
  /** Share of the simulation that is done, 0–1; ten a second at most. */
  readonly onProgress?: (share: number) => void;
}

/** Real time after which the event loop gets its turn. */
const BREATH_MS = 10;
const PROGRESS_MS = 100;
const EVENTS_PER_STEP = 500;

const LEAST_WARM_UP = 4000;
const LEAST_COUNTED = 20_000;

/**
 * How long a level is simulated, requests: until the start has been forgotten, then those that count. Whole rounds of all that
 * are in flight, because a queue all of them wait in moves in rounds. Many in flight need fewer rounds: each is many requests.
 */
function requestsOf(concurrency: number): { readonly warmUp: number; readonly counted: number } {
  const rounds = concurrency < 20_000 ? { warmUp: 4, counted: 6 } : { warmUp: 2, counted: 3 };
  const whole = (least: number, fewest: number): number => concurrency * Math.max(fewest, Math.ceil(least / concurrency));
  return { warmUp: whole(LEAST_WARM_UP, rounds.warmUp), counted: whole(LEAST_COUNTED, rounds.counted) };
}

/** One level in virtual time, the same for the same plan. Aborts with the signal's reason. */
export async function simulateCluster(plan: ClusterPlan, { signal, onProgress = () => undefined }: RunOptions): Promise<ScaleFigures> {
  const { serving, replicas: count, machines } = plan;
  const cards = Array.from({ length: plan.hasGpu ? machines : 0 }, () => cardOf(serving));
  const traits = { workFactor: plan.factor, isProven: true };
  const replicas = Array.from({ length: count }, (_, index) => new SimulatedReplica<SimulatedRequest>(index, serving, 0, cards[index % machines] ?? null, traits));
  const loop = new SimulatedLoop(
    {
      replicas, concurrency: plan.concurrency, items: plan.items, carrier: (random) => clusterCarrier(plan, random), balancing: plan.balancing,
      timeoutMs: Infinity, excludeFirst: 0, leaveOutEdges: false, random: createRandom(plan.seed), trialFactor: 1, mayIssue: () => true,
    },
    0,
  );
  const { warmUp, counted } = requestsOf(plan.concurrency);
  let sliceMs = performance.now();
  let toldMs = sliceMs;
  const runUntil = async (finished: number): Promise<void> => {
    while (loop.finished < finished) {
      loop.advance(EVENTS_PER_STEP);
      const realMs = performance.now();
      if (realMs - sliceMs < BREATH_MS) continue;
      if (realMs - toldMs >= PROGRESS_MS) {
        toldMs = realMs;
        onProgress(Math.min(1, loop.finished / (warmUp + counted)));
      }
      await breathe();
      signal.throwIfAborted();
      sliceMs = performance.now();
    }
  };
  await breathe();
  signal.throwIfAborted();
  await runUntil(warmUp);
  const from = { row: loop.finished, ms: loop.nowMs };
  for (const replica of replicas) replica.beginWindow(from.ms);
  await runUntil(from.row + counted);
  const spanMs = loop.nowMs - from.ms;
  const trips = loop.toRoundTrips();
  const answered = sortedCopy(trips.roundTripMs.subarray(from.row).filter((_, i) => trips.fault[from.row + i] === 0));
  const seen = replicas.map((replica) => replica.observe(loop.nowMs));
  return {
    replicas: count, machines, concurrency: plan.concurrency,
    requests: loop.finished - from.row, answered: answered.length, spanS: spanMs / 1000,
    meanMs: mean(answered), p50Ms: percentile(answered, 50), p95Ms: percentile(answered, 95), p99Ms: percentile(answered, 99),
    replicaBusyShare: Math.min(1, mean(seen.map(({ counts }) => counts.busyMs / spanMs))),
    replicaCores: mean(seen.map(({ cpuCores }) => cpuCores ?? 0)),
    meanBatchSize: sum(seen.map(({ counts }) => counts.items)) / Math.max(1, sum(seen.map(({ counts }) => counts.batches))),
  };
}

function cardOf({ gpuClockMhz }: ServingConfiguration): SimulatedGpu {
  const card = new SimulatedGpu();
  card.setClock(gpuClockMhz);
  return card;
}

/**
 * The way through a cluster. A request: the generator's processor, its link, the link of the machine, the way itself. An answer:
 * back the same. What the way takes grows with the replicas of one machine, as on a single workstation, and not with all of them.
 */
function clusterCarrier(plan: ClusterPlan, random: Random): Carrier {
  const { generators, machines, factor, wayMs, network } = plan;
  const stations = (count: number, servers = 1): readonly Station[] => Array.from({ length: count }, () => new Station(servers));
  const processors = stations(generators, plan.generatorThreads);
  const [sending, reading] = [stations(generators), stations(generators)];
  const [entering, leaving] = [stations(machines), stations(machines)];
  const costMs = plan.requestCostMs / 2;
  const sizes = { request: plan.requestBytes, answer: plan.answerBytes };
  const atGenerator = { request: linkMs(sizes.request, plan.generatorLinkMbps), answer: linkMs(sizes.answer, plan.generatorLinkMbps) };
  const atMachine = { request: linkMs(sizes.request, plan.machineLinkMbps), answer: linkMs(sizes.answer, plan.machineLinkMbps) };
  const full = Math.floor(plan.replicas / machines);
  const onMachine = Array.from({ length: machines }, (_, machine) => full + (machine < plan.replicas % machines ? 1 : 0));
  const pass = (machine: number, fromMs: number): Passage => passMessage(fromMs, wayMs + factor * communicationMs(onMachine[machine]!, random), network, random);
  const reached = (atMs: number): Passage => ({ atMs, reset: false });
  return {
    toReplica: (stage, client, replica, nowMs) => {
      const generator = client % generators;
      const machine = replica % machines;
      switch (stage) {
        case 0:
          return reached(sending[generator]!.pass(processors[generator]!.pass(nowMs, costMs), atGenerator.request));
        case 1:
          return pass(machine, entering[machine]!.pass(nowMs, atMachine.request));
        default:
          return null;
      }
    },
    toClient: (stage, client, replica, nowMs) => {
      const generator = client % generators;
      const machine = replica % machines;
      switch (stage) {
        case 0:
          return pass(machine, leaving[machine]!.pass(nowMs, atMachine.answer));
        case 1:
          return reached(reading[generator]!.pass(nowMs, atGenerator.answer));
        case 2:
          return reached(processors[generator]!.pass(nowMs, costMs));
        default:
          return null;
      }
    },
  };
}

/** One megabit a second is a thousand bits a millisecond. */
function linkMs(bytes: number, mbps: number): number {
  return (bytes * 8) / (mbps * 1000);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
