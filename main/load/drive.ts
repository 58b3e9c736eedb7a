import type { RoundTrips } from '../domain/round-trips.ts';
import type { LoadResult, LoadTick } from '../study/ports.ts';
import { ClosedLoop, type LoopPlan } from './closed-loop.ts';
import { LagMeter } from './lag-meter.ts';
import { Recorder } from './recorder.ts';
import { createTicker } from './tick.ts';
import type { StopRule } from './stop-rule.ts';

const TICK_MS = 100;

export interface DrivePlan extends Omit<LoopPlan, 'stop' | 'recorder' | 'onBytes'> {
  readonly stop: (recorder: Recorder) => StopRule;
}

export interface DriveResult extends LoadResult {
  /** performance.now() of this thread at the first request and at the last answer, ms. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Runs one closed loop in this thread, with ticks, and measures the thread itself meanwhile. */
export async function drive(
  plan: DrivePlan,
  options: { readonly signal: AbortSignal; readonly onTick?: (tick: LoadTick) => void },
): Promise<DriveResult> {
  const recorder = new Recorder();
  const lag = new LagMeter();
  const stop = plan.stop(recorder);
  const loop = new ClosedLoop({ ...plan, stop, recorder, onBytes: (nowMs) => lag.seen(nowMs) });
  const tick = createTicker({
    recorder,
    concurrency: plan.concurrency,
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
  onTick?.(tick());
  const trips: RoundTrips = recorder.toRoundTrips();
  const durationS = (loop.lastMs - loop.firstMs) / 1000;
  return { trips, durationS, lagMsP99: lag.p99Ms(), cpuShare, sure: stop.sure(), firstMs: loop.firstMs, lastMs: loop.lastMs };
}
