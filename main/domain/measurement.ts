import { z } from 'zod';
import { energyReadingSchema, gpuReadingSchema } from './gpu.ts';
import type { MetricName } from './metric.ts';
import { networkReadingSchema } from './network.ts';

/** Each verdict but `valid` carries one remedy in the user's units. */
export const VERDICT_KINDS = ['valid', 'unstable', 'saturated', 'errors', 'too-few', 'busy', 'throttled', 'clocks-moved'] as const;
export const verdictSchema = z.strictObject({
  kind: z.enum(VERDICT_KINDS),
  /** What was seen, one sentence; empty when valid. */
  reason: z.string(),
  /** "Send 1,200 more requests (about 3 s)." Empty when valid. */
  remedy: z.string(),
});
export type Verdict = z.infer<typeof verdictSchema>;
export type VerdictKind = Verdict['kind'];

const share = z.number().min(0);
const ms = z.number().min(0);

const boundsSchema = z.strictObject({ low: ms, high: ms }).nullable();

/** Everything measured in one trial. Times in milliseconds, CPU in cores over all replicas, memory in MB. Frozen once written. */
export const measurementSchema = z.strictObject({
  meanRoundTripMs: ms,
  /** Half-width of the 95 % confidence interval of the mean; null when there are too few requests for one. */
  halfWidthMs: ms.nullable(),
  standardErrorMs: ms.nullable(),
  p50Ms: ms, p90Ms: ms, p95Ms: ms, p99Ms: ms, minMs: ms, maxMs: ms,
  /** 95 % intervals of the percentiles; null where there are too few requests. Absent in trials older than this figure. */
  percentileBounds: z.strictObject({ p50: boundsSchema, p90: boundsSchema, p95: boundsSchema, p99: boundsSchema }).optional(),
  /** Time taken for all counted requests ÷ (requests × items per request). */
  inferenceTimeMs: ms,
  throughputRps: z.number().min(0),
  /** Answers within the limit `sloMs` of the study ÷ measured time; absent without one. */
  goodputRps: z.number().min(0).optional(),
  /** Open loop: requests that were due ÷ time; absent in a closed loop. */
  offeredRps: z.number().min(0).optional(),
  /** Sum of round trips ÷ measured time: how many requests really were in flight. */
  achievedConcurrency: z.number().min(0),
  sent: z.int().min(0),
  counted: z.int().min(0),
  excluded: z.int().min(0),
  timeouts: z.int().min(0),
  /** Failed requests by code, time-outs included. */
  errors: z.record(z.string(), z.int().positive()),
  durationS: z.number().min(0),
  /** Replicas: null when the backend cannot observe it. */
  cpuCores: z.number().min(0).nullable(),
  memoryMb: z.number().min(0).nullable(),
  replicas: z.array(
    z.strictObject({
      cpuCores: z.number().min(0).nullable(),
      memoryMb: z.number().min(0).nullable(),
      /** Share of scheduler periods in which the CPU limit stopped the replica, 0–1. */
      throttledShare: share.nullable(),
      requests: z.int().min(0),
    }),
  ),
  server: z
    .strictObject({ meanBatchSize: z.number(), meanQueueMs: z.number(), paddedShare: share })
    .nullable(),
  generator: z.strictObject({
    /** Event-loop delay of the load thread, 99th percentile. */
    lagMsP99: ms,
    /** Share of one core the load thread used, 0–1. */
    cpuShare: share,
    /** Open loop: how late requests went out, 99th percentile; part of their round trips. */
    lateMsP99: ms.optional(),
    threads: z.int().positive().optional(),
    /** The generator's own reader refused the server's answers; this client read them, at several times the cost. */
    client: z.literal('undici').optional(),
    /** Sent from a container on this engine, beside the replicas; the way there from this machine and back, ms, is in no round trip. Absent: from this machine. */
    beside: z.strictObject({ engine: z.string(), awayMs: ms }).optional(),
    /** The processor core the sending threads were kept on. */
    pinnedCore: z.int().min(0).optional(),
  }),
  /** Round trips that were answered and counted, in µs: an HDR histogram, V2, compressed, base64. */
  histogram: z.string().optional(),
  /** Ended early: clearly worse than the best trial so far. What that saved. */
  raced: z.strictObject({ savedRequests: z.int().min(0), savedS: z.number().min(0), incumbentMs: ms }).optional(),
  /** How limits were enforced: "cgroup v1", "the server's own throttle and memory guard", "virtual time". */
  enforcement: z.string(),
  /** How the network was impaired. Absent: it was not, or the trial is older than this figure. */
  network: networkReadingSchema.optional(),
  /** The way to the replicas and back without any work, as connections are accepted; median, ms. */
  networkMs: z.number().nonnegative().optional(),
  /** Absent: no GPU took part, or the trial is older than this figure. */
  gpu: gpuReadingSchema.optional(),
  energy: energyReadingSchema.optional(),
  verdict: verdictSchema,
});
export type Measurement = z.infer<typeof measurementSchema>;

/** What metrics are read from. */
export type MetricFigures = Pick<Measurement, Exclude<MetricName, 'joulesPerRequest' | 'energyJ' | 'gpuPowerW' | 'errorShare'> | 'energy' | 'gpu' | 'errors' | 'sent'>;

/** The metric's value in its own unit; null when it was not observed. */
export function metricValue(measurement: MetricFigures, metric: MetricName): number | null {
  switch (metric) {
    case 'joulesPerRequest':
      return measurement.energy?.joulesPerRequest ?? null;
    case 'energyJ':
      return measurement.energy?.joules ?? null;
    case 'gpuPowerW':
      return measurement.gpu?.powerW ?? null;
    case 'errorShare':
      return failedShare(measurement);
    default:
      return measurement[metric];
  }
}

function failedShare(measurement: MetricFigures): number {
  const failed = Object.values(measurement.errors).reduce((sum, count) => sum + count, 0);
  return measurement.sent === 0 ? 0 : (failed / measurement.sent) * 100;
}
