import { z } from 'zod';
import type { NetworkImpairment } from './study-spec.ts';

/** How bytes were kept back between load generator and replicas. Times in ms. */
export const networkReadingSchema = z.discriminatedUnion('by', [
  z.strictObject({
    /** A program of ours before each replica. */
    by: z.literal('proxy'),
    /** What the way through it costs a round trip when nothing is kept back: median of `pairs` requests with it less without it; null when that could not be measured. */
    ownMs: z.strictObject({ median: z.number(), low: z.number(), high: z.number(), pairs: z.int().positive() }).nullable(),
    /** Messages under the trial's load, and how much later than meant they went on. */
    messages: z.int().min(0),
    lateMsMean: z.number().min(0),
    lateMsP99: z.number().min(0),
  }),
  /** The kernel, packet by packet (tc netem), in the network of each replica. */
  z.strictObject({ by: z.literal('netem') }),
]);
export type NetworkReading = z.infer<typeof networkReadingSchema>;
export type ProxyReading = Extract<NetworkReading, { by: 'proxy' }>;

export const PERFECT_NETWORK: NetworkImpairment = { delayMs: 0, jitterMs: 0, lossPercent: 0, resetPercent: 0 };

export function isImpaired({ delayMs, jitterMs, lossPercent, resetPercent }: NetworkImpairment): boolean {
  return delayMs > 0 || jitterMs > 0 || lossPercent > 0 || resetPercent > 0;
}

/** "5 ± 1 ms each way, 2 % lost" */
export function describeNetwork({ delayMs, jitterMs, lossPercent, resetPercent }: NetworkImpairment): string {
  const parts: string[] = [];
  if (delayMs || jitterMs) parts.push(`${delayMs || 0}${jitterMs ? ` ± ${jitterMs}` : ''} ms each way`);
  if (lossPercent) parts.push(`${lossPercent} % lost`);
  if (resetPercent) parts.push(`${resetPercent} % reset`);
  return parts.length === 0 ? 'No added delay or loss' : parts.join(', ');
}
