import type { Random } from '../domain/random.ts';
import type { LoadModel } from '../domain/study-spec.ts';

/** What a pacing may do with the loop it drives. */
export interface Pace {
  /** Whether one more request may go out now. */
  mayIssue(): boolean;
  /** Sends the next request for `slot`; an intended start (performance.now(), ms) makes round trips count from there. */
  issue(slot: number, intendedMs?: number): void;
  /** Runs `then` after a while unless the loop has ended by then. */
  later(delayMs: number, then: () => void): void;
  /** No request will follow; the loop ends when none is under way. */
  finish(): void;
}

/** Decides when requests go out. */
export interface Pacing {
  begin(pace: Pace, nowMs: number): void;
  /** The request of `slot` has ended; `underWay` are still out. */
  ended(pace: Pace, slot: number, underWay: number): void;
}

/** Always `concurrency` requests under way: the next goes out in the callback that took in the answer before it. */
export function closedPacing(concurrency: number): Pacing {
  const next = (pace: Pace, slot: number): void => (pace.mayIssue() ? pace.issue(slot) : pace.finish());
  return {
    begin: (pace) => {
      for (let slot = 0; slot < concurrency; slot++) next(pace, slot);
    },
    ended: next,
  };
}

/** `size` requests at once; when all of them have ended (the barrier) and `pauseMs` has passed, the next burst. */
export function burstPacing(size: number, pauseMs: number): Pacing {
  const burst = (pace: Pace): void => {
    for (let slot = 0; slot < size; slot++) {
      if (!pace.mayIssue()) return pace.finish();
      pace.issue(slot);
    }
  };
  return {
    begin: burst,
    ended: (pace, _slot, underWay) => {
      if (underWay > 0) return;
      if (pauseMs > 0) pace.later(pauseMs, () => burst(pace));
      else burst(pace);
    },
  };
}

/** Timers fire up to this much late; from here on the event loop is polled until the moment has come. */
const POLLED_MS = 1.5;

/**
 * Open loop: request n goes out at `dueMs(n)` after the start, whatever the answers do. What the thread is late by counts as
 * round trip, because the next request is not due later for it. Between distant arrivals the thread sleeps.
 */
export function scheduledPacing(dueMs: (request: number) => number): Pacing {
  let startMs = 0;
  let next = 0;
  const run = (pace: Pace): void => {
    for (let dueAt = startMs + dueMs(next); ; dueAt = startMs + dueMs(next)) {
      const aheadMs = dueAt - performance.now();
      if (aheadMs > 0) {
        if (aheadMs > POLLED_MS) pace.later(aheadMs - POLLED_MS, () => run(pace));
        else setImmediate(run, pace);
        return;
      }
      if (!pace.mayIssue()) return pace.finish();
      pace.issue(next++, dueAt);
    }
  };
  return {
    begin: (pace, nowMs) => {
      startMs = nowMs;
      run(pace);
    },
    ended: () => undefined,
  };
}

/** Arrival times after the start, ms, of an open loop with `count` requests at most; null for loads that wait for answers. */
export function arrivalTimes(model: LoadModel, count: number, random: Random): ((request: number) => number) | null {
  switch (model.kind) {
    case 'closed':
    case 'burst':
      return null;
    case 'constant':
      return (request) => (1000 * request) / model.ratePerS;
    case 'poisson': {
      const times = poissonTimes(model.ratePerS, count, random);
      return (request) => times[Math.min(request, count)]!;
    }
    case 'ramp':
      return rampTimes(model.fromPerS, model.toPerS, count);
  }
}

function poissonTimes(ratePerS: number, count: number, random: Random): Float64Array {
  const times = new Float64Array(count + 1);
  for (let i = 1; i <= count; i++) times[i] = times[i - 1]! - (1000 * Math.log(1 - random.next())) / ratePerS;
  return times;
}

/** The rate goes from `from` to `to` in the time `count` requests take at their mean: solves from·t + (to − from)·t²/(2·T) = n. */
function rampTimes(from: number, to: number, count: number): (request: number) => number {
  const totalS = (2 * count) / (from + to);
  const bend = (to - from) / totalS;
  return (request) => 1000 * (Math.abs(bend) < 1e-12 ? request / from : (Math.sqrt(Math.max(0, from * from + 2 * bend * request)) - from) / bend);
}

export function createPacing(model: LoadModel, options: { readonly concurrency: number; readonly count: number; readonly random: Random }): Pacing {
  const { concurrency, count, random } = options;
  if (model.kind === 'closed') return closedPacing(concurrency);
  if (model.kind === 'burst') return burstPacing(concurrency, model.pauseMs);
  return scheduledPacing(arrivalTimes(model, count, random)!);
}
