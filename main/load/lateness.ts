import { build } from 'hdr-histogram-js';
import type { ProxyReading } from '../domain/network.ts';

/** How much later than meant messages went on, ms. */
export interface Lateness {
  add(lateMs: number): void;
  report(): Omit<ProxyReading, 'by' | 'ownMs'>;
}

const HIGHEST_US = 60_000_000;

export function createLateness(): Lateness {
  const histogram = build({ bitBucketSize: 64, lowestDiscernibleValue: 1, highestTrackableValue: HIGHEST_US, numberOfSignificantValueDigits: 3, useWebAssembly: false });
  let sumMs = 0;
  return {
    add: (lateMs) => {
      sumMs += lateMs;
      histogram.recordValue(Math.min(HIGHEST_US, Math.max(1, Math.round(lateMs * 1000))));
    },
    report: () => {
      const messages = histogram.totalCount;
      return { messages, lateMsMean: messages === 0 ? 0 : sumMs / messages, lateMsP99: messages === 0 ? 0 : histogram.getValueAtPercentile(99) / 1000 };
    },
  };
}
