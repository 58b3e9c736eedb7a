import type { ReplicaObservation, ServerObservation } from '../../study/ports.ts';
import { observeServers, parseServerTotals, type BatchTotals } from '../server-metrics.ts';
import { readMetricsPage } from '../server-pages.ts';
import type { RunningReplica } from './container.ts';
import { BYTES_PER_MB } from './engine.ts';
import type { ResourceReading } from './stats.ts';

/** At most this old is what the live view shows. */
const SAMPLE_MS = 500;
const METRICS_TIMEOUT_MS = 2000;

/** Watches CPU and memory of replicas: a live reading on a beat, means and an own memory maximum over a window. */
export interface Observer {
  begin(): Promise<void>;
  observe(): Promise<{ readonly replicas: readonly ReplicaObservation[]; readonly server: ServerObservation | null }>;
  latest(): readonly ReplicaObservation[];
  stop(): void;
}

interface Watched {
  readonly replica: RunningReplica;
  begun: ResourceReading | null;
  last: ResourceReading | null;
  live: ReplicaObservation;
  peakBytes: number | null;
  totals: BatchTotals | null;
}

const UNKNOWN: ReplicaObservation = { cpuCores: null, memoryMb: null, throttledShare: null };

export function startObserver(replicas: readonly RunningReplica[]): Observer {
  const watched = replicas.map((replica): Watched => ({ replica, begun: null, last: null, live: UNKNOWN, peakBytes: null, totals: null }));
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let sampling: Promise<unknown> = Promise.resolve();

  const sampleAll = (): Promise<unknown> => (sampling = Promise.all(watched.map(sample)));
  const beat = (): void => {
    timer = setTimeout(() => void sampleAll().finally(() => stopped || beat()), SAMPLE_MS);
    timer.unref();
  };
  return {
    begin: async () => {
      clearTimeout(timer);
      await Promise.all(watched.map(async (each) => {
        const [totals, reading] = await Promise.all([readTotals(each.replica), each.replica.read()]);
        Object.assign(each, { totals, begun: reading, last: reading, peakBytes: reading?.memoryBytes ?? null });
      }));
      if (!stopped) beat();
    },
    observe: async () => {
      clearTimeout(timer);
      // A beat under way may still wait for the stream: its message is as good as the next one only if asked for now.
      const [after] = await Promise.all([Promise.all(watched.map(({ replica }) => readTotals(replica))), sampling.then(sampleAll)]);
      return {
        replicas: watched.map(({ begun, last, peakBytes }) => between(begun, last, peakBytes)),
        server: observeServers(watched.map(({ totals }) => totals), after),
      };
    },
    latest: () => watched.map(({ live }) => live),
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

async function readTotals(replica: RunningReplica): Promise<BatchTotals | null> {
  const page = await readMetricsPage(replica.endpoint(), METRICS_TIMEOUT_MS);
  return page === null ? null : parseServerTotals(page).batching;
}

async function sample(watched: Watched): Promise<void> {
  const reading = await watched.replica.read();
  if (reading === null) return;
  watched.live = between(watched.last, reading, reading.memoryBytes);
  watched.last = reading;
  if (reading.memoryBytes !== null) watched.peakBytes = Math.max(watched.peakBytes ?? 0, reading.memoryBytes);
}

/** Mean CPU by differences of totals; throttled share = stopped periods ÷ periods. */
function between(from: ResourceReading | null, to: ResourceReading | null, memoryBytes: number | null): ReplicaObservation {
  const memoryMb = memoryBytes === null ? null : memoryBytes / BYTES_PER_MB;
  if (from === null || to === null || to.atMs <= from.atMs) return { ...UNKNOWN, memoryMb };
  const cpuMs = difference(from.cpuMs, to.cpuMs);
  const periods = difference(from.periods, to.periods);
  const throttled = difference(from.throttledPeriods, to.throttledPeriods);
  return {
    cpuCores: cpuMs === null ? null : cpuMs / (to.atMs - from.atMs),
    memoryMb,
    throttledShare: periods === null || throttled === null ? null : periods === 0 ? 0 : Math.min(1, throttled / periods),
  };
}

function difference(from: number | null, to: number | null): number | null {
  return from === null || to === null || to < from ? null : to - from;
}
