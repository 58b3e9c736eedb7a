import type { ServerObservation } from '../study/ports.ts';

/** Running totals of one server since it started: batches, rows and microseconds. */
export interface BatchTotals {
  readonly batches: number;
  /** Rows of all batches, padding included. */
  readonly rows: number;
  readonly paddedRows: number;
  readonly queued: number;
  readonly queuedMicros: number;
}

const PREFIX = ':tensorflow:serving:batching_session:';
const SERIES = {
  batches: `${PREFIX}processed_batch_size_count`,
  rows: `${PREFIX}processed_batch_size_sum`,
  paddedRows: `${PREFIX}padding_size_sum`,
  queued: `${PREFIX}queuing_latency_count`,
  queuedMicros: `${PREFIX}queuing_latency_sum`,
} as const satisfies Record<keyof BatchTotals, string>;

export interface ServerTotals {
  readonly batching: BatchTotals;
  /** Present where the server throttles itself. */
  readonly throttling: { readonly periods: number; readonly throttledPeriods: number } | null;
}

const PERIODS = ':servescape:cpu:nr_periods';
const THROTTLED_PERIODS = ':servescape:cpu:nr_throttled';

/** A batching series that is absent counts as 0: it appears with its first value. */
export function parseServerTotals(metricsPage: string): ServerTotals {
  const sums = sumSeries(metricsPage);
  const total = (name: keyof BatchTotals): number => sums.get(SERIES[name]) ?? 0;
  const periods = sums.get(PERIODS);
  const throttledPeriods = sums.get(THROTTLED_PERIODS);
  return {
    batching: {
      batches: total('batches'),
      rows: total('rows'),
      paddedRows: total('paddedRows'),
      queued: total('queued'),
      queuedMicros: total('queuedMicros'),
    },
    throttling: periods === undefined || throttledPeriods === undefined ? null : { periods, throttledPeriods },
  };
}

/** Adds up every series of a name, whatever its labels. */
function sumSeries(metricsPage: string): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const line of metricsPage.split('\n')) {
    const match = /^([A-Za-z_:][A-Za-z0-9_:]*)(?:\{.*\})?\s+(\S+)/.exec(line);
    if (match?.[1] === undefined) continue;
    const value = Number(match[2]);
    if (Number.isFinite(value)) sums.set(match[1], (sums.get(match[1]) ?? 0) + value);
  }
  return sums;
}

/**
 * What happened between two readings, over all replicas. Mean batch size = (rows − padding) ÷ batches;
 * mean queue = queued µs ÷ queued tasks; padded share = padding ÷ rows. Null when no batch ran or a reading is missing.
 */
export function observeServers(
  before: readonly (BatchTotals | null)[],
  after: readonly (BatchTotals | null)[],
): ServerObservation | null {
  const over = { batches: 0, rows: 0, paddedRows: 0, queued: 0, queuedMicros: 0 };
  for (const [i, last] of after.entries()) {
    const first = before[i] ?? null;
    if (first === null || last === null) return null;
    for (const name of Object.keys(over) as (keyof BatchTotals)[]) over[name] += last[name] - first[name];
  }
  if (over.batches <= 0) return null;
  return {
    meanBatchSize: (over.rows - over.paddedRows) / over.batches,
    meanQueueMs: over.queued > 0 ? over.queuedMicros / over.queued / 1000 : 0,
    paddedShare: over.rows > 0 ? over.paddedRows / over.rows : 0,
  };
}
