import type { LoadResult, LoadTick } from '../study/ports.ts';
import { LagMeter, DelayHistogram } from './lag-meter.ts';
import { Recorder } from './recorder.ts';
import { RequestLoop, type LoopPlan } from './request-loop.ts';
import { createTicker } from './tick.ts';
import { stopTogether, type StopRule, type Together } from './stop-rule.ts';

const TICK_MS = 100;

export interface DrivePlan extends Omit<LoopPlan, 'stop' | 'recorder' | 'onBytes' | 'onLate' | 'excludeIssued'> {
  readonly stop: (recorder: Recorder) => StopRule;
  /** Leaves out the first and the last round of requests of a closed loop. */
  readonly leaveOutEdges?: boolean;
  /** Whether the number in flight is given. */
  readonly closed?: boolean;
  /** Other threads that measure the same trial. */
  readonly together?: Together;
  /** Width of request n in order of issue; left out where all items have one shape. */
  readonly widthOf?: (issued: number) => number;
}

export interface DriveResult extends LoadResult {
  /** performance.now() of this thread at the first request and at the last answer, ms. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** Open loop: how late requests went out, 99th percentile. */
  readonly lateMsP99: number;
}

/** Runs one loop in this thread, with ticks, and measures the thread itself meanwhile. */
export async function drive(
  plan: DrivePlan,
  options: { readonly signal: AbortSignal; readonly onTick?: (tick: LoadTick) => void },
): Promise<DriveResult> {
  const { leaveOutEdges = false, closed = true, concurrency } = plan;
  const recorder = new Recorder();
  const lag = new LagMeter();
  const late = new DelayHistogram();
  const rule = plan.stop(recorder);
  const shared = plan.together === undefined ? null : stopTogether(rule, plan.together);
  const stop = shared ?? rule;
  const loop = new RequestLoop({
    ...plan, stop, recorder, excludeIssued: leaveOutEdges ? concurrency : 0,
    onBytes: (nowMs) => lag.seen(nowMs), onLate: (lateMs) => late.add(lateMs),
  });
  const tick = createTicker({
    recorder, concurrency, closed,
    planned: () => stop.planned(),
    waiting: () => loop.outstanding,
    elapsedMs: () => (loop.firstMs > 0 ? performance.now() - loop.firstMs : 0),
    lagMs: () => lag.takeLargest(),
  });
  const { onTick } = options;
  const timer = onTick === undefined ? null : setInterval(() => onTick(tick()), TICK_MS);
  lag.start();
  const before = process.threadCpuUsage();
  const startMs = performance.now();
  try {
    await loop.run(options.signal);
  } finally {
    if (timer !== null) clearInterval(timer);
    lag.stop();
  }
  const { user, system } = process.threadCpuUsage(before);
  const cpuShare = Math.min(1, (user + system) / 1000 / Math.max(0.001, performance.now() - startMs));
  /** Alone, the last round drains; with others, the loop stays full until everybody has enough. */
  if (shared !== null) recorder.keepIssued(leaveOutEdges ? concurrency : 0, shared.measured());
  else if (leaveOutEdges) recorder.keepIssued(concurrency, loop.issued - concurrency);
  onTick?.(tick());
  const durationS = (loop.lastMs - loop.firstMs) / 1000;
  return {
    trips: recorder.toRoundTrips(plan.widthOf), durationS, lagMsP99: lag.p99Ms(), cpuShare, sure: stop.sure(),
    firstMs: loop.firstMs, lastMs: loop.lastMs, lateMsP99: late.percentileMs(99),
    ...(loop.generalAnswers > 0 && { client: 'undici' as const }),
  };
}
