import type { Endpoint, ReplicaObservation, ServerObservation } from '../../study/ports.ts';
import { observeServers, parseServerTotals, type ServerTotals } from '../server-metrics.ts';
import { readMetricsPage } from '../server-pages.ts';
import { BYTES_PER_MB, type ResourceReading } from './control-group.ts';
import type { Replica } from './replica.ts';

/** At most this old is what the live view shows. */
const SAMPLE_MS = 500;
const METRICS_TIMEOUT_MS = 2000;

/** Watches processor time and memory of replicas: a live reading on a beat, and means over a window. */
export interface Observer {
  begin(): Promise<void>;
  /** `silent`: replicas that did not give their metrics; they may be dying. */
  observe(): Promise<{ readonly replicas: readonly ReplicaObservation[]; readonly server: ServerObservation | null; readonly silent: readonly Replica[] }>;
  latest(): readonly ReplicaObservation[];
  stop(): void;
}

interface Sample {
  readonly atMs: number;
  readonly reading: ResourceReading;
}

interface Watched {
  readonly replica: Replica;
  readonly endpoint: Endpoint;
  begun: Sample;
  last: Sample;
  live: ReplicaObservation;
  peakBytes: number | null;
  totals: ServerTotals | null;
}

const UNKNOWN: ReplicaObservation = { cpuCores: null, memoryMb: null, throttledShare: null };

/** Starts with a first window, as if `begin` had been called. */
export async function startObserver(replicas: readonly { readonly replica: Replica; readonly endpoint: Endpoint }[]): Promise<Observer> {
  const watched: Watched[] = await Promise.all(replicas.map(async ({ replica, endpoint }) => {
    const sample = await take(replica);
    return { replica, endpoint, begun: sample, last: sample, live: UNKNOWN, peakBytes: sample.reading.memoryBytes, totals: null };
  }));

  const sampleAll = (): Promise<void[]> => Promise.all(watched.map(sampleOne));
  const begin = async (): Promise<void> => {
    await Promise.all(watched.map(async (each) => {
      each.totals = await readTotals(each.endpoint);
      each.begun = await take(each.replica);
      each.last = each.begun;
      each.peakBytes = each.begun.reading.memoryBytes;
    }));
  };

  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const beat = (): void => {
    timer = setTimeout(() => {
      void sampleAll().finally(() => {
        if (!stopped) beat();
      });
    }, SAMPLE_MS);
    timer.unref();
  };
  await begin();
  beat();

  return {
    begin,
    observe: async () => {
      await sampleAll();
      const after = await Promise.all(watched.map(({ endpoint }) => readTotals(endpoint)));
      return {
        replicas: watched.map((each, i) => overWindow(each, after[i] ?? null)),
        server: observeServers(watched.map(({ totals }) => totals?.batching ?? null), after.map((totals) => totals?.batching ?? null)),
        silent: watched.filter((_, i) => after[i] === null).map(({ replica }) => replica),
      };
    },
    latest: () => watched.map(({ live }) => live),
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

async function take(replica: Replica): Promise<Sample> {
  const reading = await replica.read();
  return { atMs: performance.now(), reading };
}

async function readTotals(endpoint: Endpoint): Promise<ServerTotals | null> {
  const page = await readMetricsPage(endpoint, METRICS_TIMEOUT_MS);
  return page === null ? null : parseServerTotals(page);
}

async function sampleOne(watched: Watched): Promise<void> {
  const sample = await take(watched.replica);
  const { memoryBytes } = sample.reading;
  watched.live = between(watched.last, sample, memoryBytes);
  watched.last = sample;
  if (memoryBytes !== null) watched.peakBytes = Math.max(watched.peakBytes ?? 0, memoryBytes);
}

/** Where the kernel does not count throttled periods, a server that throttles itself does. */
function overWindow({ begun, last, peakBytes, totals }: Watched, after: ServerTotals | null): ReplicaObservation {
  const seen = between(begun, last, peakBytes);
  const [from, to] = [totals?.throttling ?? null, after?.throttling ?? null];
  if (seen.throttledShare !== null || from === null || to === null) return seen;
  return { ...seen, throttledShare: shareOf(to.throttledPeriods - from.throttledPeriods, to.periods - from.periods) };
}

function between(from: Sample, to: Sample, memoryBytes: number | null): ReplicaObservation {
  const elapsedMs = to.atMs - from.atMs;
  const cpuMs = difference(from.reading.cpuMs, to.reading.cpuMs);
  const periods = difference(from.reading.periods, to.reading.periods);
  const throttled = difference(from.reading.throttledPeriods, to.reading.throttledPeriods);
  return {
    cpuCores: cpuMs === null || elapsedMs <= 0 ? null : cpuMs / elapsedMs,
    memoryMb: memoryBytes === null ? null : memoryBytes / BYTES_PER_MB,
    throttledShare: periods === null || throttled === null ? null : shareOf(throttled, periods),
  };
}

function shareOf(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(1, Math.max(0, part / whole));
}

/** Null when either end is unknown or the counter began anew. */
function difference(from: number | null, to: number | null): number | null {
  return from === null || to === null || to < from ? null : to - from;
}
