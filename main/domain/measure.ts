import { ServescapeError } from './errors.ts';
import { dominantFault } from './dominant-fault.ts';
import type { EnergyReading, GpuReading } from './gpu.ts';
import type { Measurement } from './measurement.ts';
import { ROUND_TRIP_FAULTS, countedMs, type RoundTrips } from './round-trips.ts';
import { closedLoopInterval, fullLoop, rateBatches, type FullLoop } from './closed-loop-interval.ts';
import { percentileInterval } from './percentile-interval.ts';
import { batchMeans, mean, meanInterval, percentile, sortedCopy } from './statistics.ts';
import type { StudySpec } from './study-spec.ts';
import { judgeMeasurement } from './verdict.ts';

export { dominantFault } from './dominant-fault.ts';

const DRIFT_BATCHES = 20;
const LEAST_DRIFT_BATCH = 8;

/** What a backend saw of one replica over the measured time. */
export interface ReplicaReading {
  readonly cpuCores: number | null;
  readonly memoryMb: number | null;
  readonly throttledShare: number | null;
}

export interface MeasureInput {
  readonly trips: RoundTrips;
  readonly durationS: number;
  readonly lagMsP99: number;
  readonly cpuShare: number;
  readonly sure: boolean;
  readonly spec: StudySpec;
  /** One per replica, in the order of `trips.replica`. */
  readonly replicas: readonly ReplicaReading[];
  readonly server: Measurement['server'];
  readonly enforcement: string;
  readonly offeredRps?: number | null;
  readonly lateMsP99?: number | null;
  readonly threads?: number;
  readonly client?: 'undici';
  readonly beside?: Measurement['generator']['beside'];
  readonly pinnedCore?: number | null;
  readonly histogram?: string;
  readonly raced?: Measurement['raced'] | null;
  readonly network?: Measurement['network'] | undefined;
  /** Share of all processors busy with other work before the trial, 0–1; null or absent: unknown. */
  readonly backgroundShare?: number | null;
  /** Null or absent: no GPU took part. */
  readonly gpu?: GpuReading | null;
  readonly energy?: Omit<EnergyReading, 'joulesPerRequest'> | null;
}

/**
 * One trial's figures with their verdict. The mean and the percentiles are taken over the counted round trips (answered and
 * not left out); rates over the time from the first counted request going out to the last counted answer. Throws `no-answers`
 * or `tcp-timeout` when nothing was counted: there is no number then, and the trial has failed.
 */
export function measure(input: MeasureInput): Measurement {
  const { trips, spec, replicas } = input;
  const counted = countedMs(trips);
  if (counted.length === 0) throw nothingCounted(trips, spec);
  const sorted = sortedCopy(counted);
  const meanMs = mean(counted);
  const window = countedWindow(trips);
  const loop = isClosed(spec) ? fullLoop(trips) : null;
  /** Requests that share a queue: what neighbours have in common. */
  const together = isScheduled(spec) ? Math.max(1, Math.ceil(window.inFlightMs / window.lengthMs)) : spec.environment.concurrency;
  const interval = loop === null ? meanInterval(counted, together) : closedLoopInterval(trips, meanMs, loop);
  const bounds = (percent: number) => percentileInterval(counted, sorted, percent, together);
  const answeredInWindow = Math.max(1, window.answered);
  const { errors, timeouts } = countFaults(trips);
  const requests = requestsPerReplica(trips, replicas.length);
  const figures = {
    meanRoundTripMs: meanMs,
    halfWidthMs: interval?.halfWidth ?? null,
    standardErrorMs: interval?.standardError ?? null,
    p50Ms: percentile(sorted, 50),
    p90Ms: percentile(sorted, 90),
    p95Ms: percentile(sorted, 95),
    p99Ms: percentile(sorted, 99),
    minMs: sorted[0]!,
    maxMs: sorted[sorted.length - 1]!,
    percentileBounds: { p50: bounds(50), p90: bounds(90), p95: bounds(95), p99: bounds(99) },
    inferenceTimeMs: window.lengthMs / (answeredInWindow * spec.environment.requestBatchSize),
    throughputRps: window.lengthMs > 0 ? (1000 * answeredInWindow) / window.lengthMs : 0,
    ...(spec.measurement.sloMs !== null && { goodputRps: goodputRps(trips, window, spec.measurement.sloMs) }),
    ...(input.offeredRps != null && { offeredRps: input.offeredRps }),
    achievedConcurrency: window.lengthMs > 0 ? window.inFlightMs / window.lengthMs : 0,
    sent: trips.fault.length,
    counted: counted.length,
    excluded: trips.excluded.reduce((sum, mark) => sum + mark, 0),
    timeouts,
    errors,
    durationS: input.durationS,
    cpuCores: sumOrNull(replicas.map((replica) => replica.cpuCores)),
    memoryMb: largestOrNull(replicas.map((replica) => replica.memoryMb)),
    replicas: replicas.map(({ cpuCores, memoryMb, throttledShare }, index) => ({ cpuCores, memoryMb, throttledShare, requests: requests[index]! })),
    server: input.server,
    generator: {
      lagMsP99: input.lagMsP99,
      cpuShare: input.cpuShare,
      ...(input.lateMsP99 != null && { lateMsP99: input.lateMsP99 }),
      ...(input.threads !== undefined && { threads: input.threads }),
      ...(input.client !== undefined && { client: input.client }),
      ...(input.beside !== undefined && { beside: input.beside }),
      ...(input.pinnedCore != null && { pinnedCore: input.pinnedCore }),
    },
    ...(input.histogram !== undefined && { histogram: input.histogram }),
    ...(input.raced != null && { raced: input.raced }),
    enforcement: input.enforcement,
    ...(input.network !== undefined && { network: input.network }),
    ...(input.gpu && { gpu: input.gpu }),
    ...(input.energy && { energy: { ...input.energy, joulesPerRequest: perAnswer(input.energy.joules, trips) } }),
  };
  return { ...figures, verdict: judgeMeasurement({ figures, batches: batchesOf(counted, loop), sure: input.sure, spec, backgroundShare: input.backgroundShare ?? null }) };
}

/** Whether requests wait for answers; only then is the number in flight given and Little's law enough for an interval. */
function isClosed({ measurement: { loadModel } }: StudySpec): boolean {
  return loadModel.kind === 'closed';
}

function isScheduled({ measurement: { loadModel } }: StudySpec): boolean {
  return loadModel.kind !== 'closed' && loadModel.kind !== 'burst';
}

/** Consecutive pieces of the run, for the search for drift: times between answers of a closed loop, else round trips. */
function batchesOf(counted: Float64Array, loop: FullLoop | null): Float64Array | null {
  if (loop === null) return batchMeans(counted, 1, 0)?.means ?? null;
  return rateBatches(loop.ends, 0, loop.ends.length, LEAST_DRIFT_BATCH, DRIFT_BATCHES)?.values ?? null;
}

function goodputRps(trips: RoundTrips, { from, to, lengthMs }: CountedWindow, sloMs: number): number {
  const { startMs, roundTripMs, fault } = trips;
  let good = 0;
  for (let i = 0; i < fault.length; i++) {
    const end = startMs[i]! + roundTripMs[i]!;
    if (fault[i] === 0 && end > from && end <= to && roundTripMs[i]! <= sloMs) good++;
  }
  return lengthMs > 0 ? (1000 * good) / lengthMs : 0;
}

function nothingCounted(trips: RoundTrips, spec: StudySpec): ServescapeError {
  const fault = dominantFault(trips, { timeoutMs: spec.measurement.timeoutMs });
  if (fault !== null) return new ServescapeError(fault.code, fault.message, { hint: fault.hint });
  return new ServescapeError('no-answers', `No request was counted: all ${trips.fault.length} belong to the first ${spec.measurement.excludeFirst} of their replica, which are left out.`, {
    hint: 'Send more requests, or leave out fewer.',
  });
}

interface CountedWindow {
  readonly from: number;
  readonly to: number;
  readonly lengthMs: number;
  readonly answered: number;
  readonly inFlightMs: number;
}

/** From the first counted request going out to the last counted answer; what was answered and in flight inside it. */
function countedWindow({ startMs, roundTripMs, fault, excluded }: RoundTrips): CountedWindow {
  let from = Infinity;
  let to = -Infinity;
  for (let i = 0; i < fault.length; i++) {
    if (fault[i] !== 0 || excluded[i] !== 0) continue;
    from = Math.min(from, startMs[i]!);
    to = Math.max(to, startMs[i]! + roundTripMs[i]!);
  }
  let answered = 0;
  let inFlightMs = 0;
  for (let i = 0; i < fault.length; i++) {
    const end = startMs[i]! + roundTripMs[i]!;
    inFlightMs += Math.max(0, Math.min(end, to) - Math.max(startMs[i]!, from));
    if (fault[i] === 0 && end > from && end <= to) answered++;
  }
  return { from, to, lengthMs: to - from, answered, inFlightMs };
}

function countFaults(trips: RoundTrips): { errors: Record<string, number>; timeouts: number } {
  const counts = ROUND_TRIP_FAULTS.map(() => 0);
  for (const fault of trips.fault) counts[fault]!++;
  const failed = ROUND_TRIP_FAULTS.map((fault, i) => [fault, counts[i]!] as const).filter(([, count], i) => i > 0 && count > 0);
  return { errors: Object.fromEntries(failed), timeouts: counts[ROUND_TRIP_FAULTS.indexOf('timeout')]! };
}

function perAnswer(joules: number | null, trips: RoundTrips): number | null {
  const answered = trips.fault.reduce((sum, fault) => sum + (fault === 0 ? 1 : 0), 0);
  return joules === null || answered === 0 ? null : joules / answered;
}

function requestsPerReplica({ replica }: RoundTrips, replicas: number): Float64Array {
  const counts = new Float64Array(replicas);
  for (let i = 0; i < replica.length; i++) counts[replica[i]!]!++;
  return counts;
}

function known(values: readonly (number | null)[]): values is readonly number[] {
  return values.length > 0 && !values.includes(null);
}

function sumOrNull(values: readonly (number | null)[]): number | null {
  return known(values) ? values.reduce((sum, value) => sum + value, 0) : null;
}

function largestOrNull(values: readonly (number | null)[]): number | null {
  return known(values) ? Math.max(...values) : null;
}
