import { cpus } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';

const WINDOW_MS = 200;

interface CpuTimes {
  readonly busyMs: number;
  readonly totalMs: number;
  /** Processor time of this process, not counted as background. */
  readonly ownMs: number;
}

/**
 * Share of all processors busy with other work over about 200 ms, 0–1; null when the system does not tell.
 * busy ÷ total over the window, without our own time.
 */
export async function measureBackgroundLoad(): Promise<number | null> {
  const before = readCpuTimes();
  await wait(WINDOW_MS);
  return backgroundShare(before, readCpuTimes());
}

export function backgroundShare(before: CpuTimes, after: CpuTimes): number | null {
  const total = after.totalMs - before.totalMs;
  if (total <= 0) return null;
  const busy = after.busyMs - before.busyMs - (after.ownMs - before.ownMs);
  return Math.min(1, Math.max(0, busy / total));
}

function readCpuTimes(): CpuTimes {
  let busyMs = 0;
  let totalMs = 0;
  for (const { times } of cpus()) {
    const busy = times.user + times.nice + times.sys + times.irq;
    busyMs += busy;
    totalMs += busy + times.idle;
  }
  const own = process.cpuUsage();
  return { busyMs, totalMs, ownMs: (own.user + own.system) / 1000 };
}
