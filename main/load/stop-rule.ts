import { leastForInterval, meanInterval } from '../domain/statistics.ts';
import type { Recorder } from './recorder.ts';

/** Decides when enough requests have gone out. */
export interface StopRule {
  /** Whether one more request may go out after `issued` of them. */
  mayIssue(issued: number, nowMs: number): boolean;
  /** Requests in all, as far as it can be said now. */
  planned(): number;
  /** Asked once, after the last answer. */
  sure(): boolean;
}

/** `count` requests in all, the excluded ones among them, as in the source report (3,413 requests, two of them left out). */
export function stopAfterCount(count: number): StopRule {
  return { mayIssue: (issued) => issued < count, planned: () => count, sure: () => true };
}

export function stopAfterDuration(seconds: number, recorder: Recorder): StopRule {
  let startMs = -1;
  let nowMs = 0;
  return {
    mayIssue: (_issued, now) => {
      if (startMs < 0) startMs = now;
      nowMs = now;
      return now - startMs < seconds * 1000;
    },
    planned: () => Math.max(recorder.length, Math.round((recorder.length * seconds * 1000) / Math.max(1, nowMs - startMs))),
    sure: () => true,
  };
}

const GROWTH = 1.15;

/**
 * Stops when the batch-means interval of the mean is at most ± `halfWidthPercent` of the mean: checked first when six
 * batches are possible, then each time the counted requests have grown by 15 %; at most `atMost` requests in all.
 */
export function stopWhenSure(
  options: { readonly halfWidthPercent: number; readonly atMost: number; readonly concurrency: number },
  recorder: Recorder,
): StopRule {
  const { halfWidthPercent, atMost, concurrency } = options;
  let sure = false;
  let estimate = Math.min(atMost, Math.max(1000, leastForInterval(concurrency)));
  let nextCheck = Math.min(atMost, Math.max(400, 63 * concurrency));
  const check = (): void => {
    const counted = recorder.countedLength;
    nextCheck = Math.ceil(counted * GROWTH);
    const interval = meanInterval(recorder.countedValues(), concurrency);
    if (interval === null) return;
    const relative = (100 * interval.halfWidth) / interval.mean;
    sure = relative <= halfWidthPercent;
    estimate = Math.min(atMost, Math.max(nextCheck, Math.ceil(counted * (relative / halfWidthPercent) ** 2)));
  };
  return {
    mayIssue: (issued) => {
      if (sure || issued >= atMost) return false;
      if (recorder.countedLength >= nextCheck) check();
      return !sure;
    },
    planned: () => (sure ? recorder.length : Math.max(estimate, recorder.length)),
    sure: () => {
      if (!sure) check();
      return sure;
    },
  };
}
