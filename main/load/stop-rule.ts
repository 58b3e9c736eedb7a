import { isClearlyWorse, LOOK_GROWTH, lookForSure, relativeHalfWidthOfMeans, type RacingBar } from '../domain/sureness.ts';
import { leastForClosedLoop } from '../domain/closed-loop-interval.ts';
import type { Recorder } from './recorder.ts';

/** Decides when enough requests have gone out. */
export interface StopRule {
  /** Whether one more request may go out after `issued` of them. */
  mayIssue(issued: number): boolean;
  /** Requests in all, as far as it can be said now. */
  planned(): number;
  /** Asked once, after the last answer. */
  sure(): boolean;
}

/** `count` requests in all, the excluded ones among them, as in the source report (3,413 requests, two of them left out). */
export function stopAfterCount(count: number): StopRule {
  return { mayIssue: (issued) => issued < count, planned: () => count, sure: () => true };
}

export function stopAfterDuration(seconds: number, recorder: Recorder, now = () => performance.now()): StopRule {
  let startMs = -1;
  let nowMs = 0;
  return {
    mayIssue: () => {
      nowMs = now();
      if (startMs < 0) startMs = nowMs;
      return nowMs - startMs < seconds * 1000;
    },
    planned: () => Math.max(recorder.length, Math.round((recorder.length * seconds * 1000) / Math.max(1, nowMs - startMs))),
    sure: () => true,
  };
}

/** Threads that measure together stop together, so that the number in flight stays what it should be until all have enough. */
export interface Together {
  /** This thread has enough. */
  readonly announce: () => void;
  /** Whether all have. */
  readonly isReleased: () => boolean;
}

/** Goes on sending after `rule` has enough, until all threads have; `measured` requests count. */
export function stopTogether(rule: StopRule, { announce, isReleased }: Together): StopRule & { measured(): number } {
  let measured = -1;
  return {
    mayIssue: (issued) => {
      if (measured < 0 && !rule.mayIssue(issued)) {
        measured = issued;
        announce();
      }
      return measured < 0 || !isReleased();
    },
    planned: () => (measured < 0 ? rule.planned() : measured),
    sure: () => rule.sure(),
    measured: () => (measured < 0 ? Infinity : measured),
  };
}

interface SureOptions {
  readonly halfWidthPercent: number;
  readonly atMost: number;
  readonly concurrency: number;
  /** False for loads without a given number in flight. */
  readonly closed?: boolean;
}

/**
 * Stops when the 95 % interval of the mean is at most ± `halfWidthPercent` of the mean; looks each time the answers have grown
 * by 5 %; at most `atMost` requests in all.
 */
export function stopWhenSure(options: SureOptions, recorder: Recorder): StopRule {
  const { halfWidthPercent, atMost, concurrency, closed = true } = options;
  const least = leastForClosedLoop(concurrency);
  let sure = false;
  let estimate = Math.min(atMost, Math.max(1000, least));
  let nextLook = Math.min(atMost, Math.max(200, least));
  const look = (): void => {
    nextLook = Math.ceil((recorder.length - recorder.failed) * LOOK_GROWTH);
    const seen = closed ? lookForSure(recorder.completions(), concurrency, halfWidthPercent) : lookAtMeans(recorder, concurrency, halfWidthPercent);
    if (seen === null) return;
    sure = seen.sure;
    estimate = Math.min(atMost, Math.max(nextLook, seen.expectedAnswers + concurrency));
  };
  return {
    mayIssue: (issued) => {
      if (sure || issued >= atMost) return false;
      if (recorder.length - recorder.failed >= nextLook) look();
      return !sure;
    },
    planned: () => (sure ? recorder.length : Math.max(estimate, recorder.length)),
    sure: () => {
      if (!sure) look();
      return sure;
    },
  };
}

function lookAtMeans(recorder: Recorder, together: number, halfWidthPercent: number): { readonly sure: boolean; readonly expectedAnswers: number } | null {
  const means = recorder.countedGroupMeans();
  const width = means.length < 25 ? null : relativeHalfWidthOfMeans(means, together);
  if (width === null) return null;
  const ratio = (100 * width) / halfWidthPercent;
  return { sure: ratio <= 1, expectedAnswers: Math.ceil(recorder.countedLength * Math.max(1, ratio) ** 2) };
}

/** What racing saved; null unless it ended the run. */
export interface RacingRule extends StopRule {
  saved(): { readonly requests: number } | null;
}

/** Ends a run early when its mean is clearly above the best trial's; otherwise as `rule` says. `replicas`: this thread's share of them. */
export function stopWhenClearlyWorse(rule: StopRule, options: { readonly bar: RacingBar; readonly concurrency: number; readonly replicas: number }, recorder: Recorder): RacingRule {
  let nextLook = leastForClosedLoop(options.concurrency);
  let planned = -1;
  return {
    mayIssue: (issued) => {
      if (planned >= 0 || !rule.mayIssue(issued)) return false;
      if (recorder.length - recorder.failed < nextLook) return true;
      nextLook = Math.ceil((recorder.length - recorder.failed) * LOOK_GROWTH);
      if (!isClearlyWorse(recorder.completions(), options.concurrency, options.bar, options.replicas)) return true;
      planned = rule.planned();
      return false;
    },
    planned: () => (planned >= 0 ? recorder.length : rule.planned()),
    sure: () => planned >= 0 || rule.sure(),
    saved: () => (planned < 0 ? null : { requests: Math.max(0, planned - recorder.length) }),
  };
}
