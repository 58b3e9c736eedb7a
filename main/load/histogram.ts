import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import type { RoundTrips } from '../domain/round-trips.ts';

const HIGHEST_US = 3_600_000_000;

/** The counted round trips in µs as an HDR histogram of three digits, compressed, base64: a few hundred bytes. Built after the clock. */
export function histogramOf(trips: RoundTrips): string {
  const histogram = build({ bitBucketSize: 64, lowestDiscernibleValue: 1, highestTrackableValue: HIGHEST_US, numberOfSignificantValueDigits: 3, autoResize: false, useWebAssembly: false });
  for (let i = 0; i < trips.fault.length; i++) {
    if (trips.fault[i] !== 0 || trips.excluded[i] !== 0) continue;
    histogram.recordValue(Math.min(HIGHEST_US, Math.max(1, Math.round(trips.roundTripMs[i]! * 1000))));
  }
  return encodeIntoCompressedBase64(histogram);
}
