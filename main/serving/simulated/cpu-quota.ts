import { QUOTA_PERIOD_MS } from './surface.ts';

/** The CPU limit of one replica: C·100 ms of CPU per period of 100 ms of virtual time, then nothing until the next one. */
export interface CpuQuota {
  /** Takes the time to `nowMs` with `burn` cores in use (0 when idle); call before anything changes. */
  advance(nowMs: number, burn: number): void;
  /** Whether the replica may run now. */
  isRunning(): boolean;
  /** When the present state ends by itself at this burn: used up, or refilled. */
  nextChangeMs(nowMs: number, burn: number): number;
  readonly usedCpuMs: number;
  /** Periods in which anything ran, and those in which the limit was hit; since the last reset. */
  readonly periods: number;
  readonly throttledPeriods: number;
  resetCounts(): void;
}

const ALMOST_NOTHING = 1e-9;

export function createCpuQuota(cpuCores: number, phaseMs: number): CpuQuota {
  const full = cpuCores * QUOTA_PERIOD_MS;
  let timeMs = 0;
  let endMs = 0;
  let left = full;
  let active = false;
  let usedCpuMs = 0;
  let periods = 0;
  let throttledPeriods = 0;

  const refill = (nowMs: number): void => {
    if (nowMs < endMs) return;
    endMs = (Math.floor((nowMs - phaseMs) / QUOTA_PERIOD_MS) + 1) * QUOTA_PERIOD_MS + phaseMs;
    if (endMs <= nowMs) endMs += QUOTA_PERIOD_MS; // Rounding at the boundary itself.
    left = full;
    active = false;
  };

  return {
    advance: (nowMs, burn) => {
      const spent = left > 0 ? Math.min((nowMs - timeMs) * burn, left) : 0;
      timeMs = nowMs;
      if (spent > 0) {
        usedCpuMs += spent;
        left -= spent;
        if (!active) periods++;
        active = true;
        if (left <= ALMOST_NOTHING && nowMs < endMs) {
          left = 0;
          throttledPeriods++;
        }
      }
      refill(nowMs);
    },
    isRunning: () => left > 0,
    nextChangeMs: (nowMs, burn) => (left > 0 ? Math.min(nowMs + left / burn, endMs) : endMs),
    get usedCpuMs() {
      return usedCpuMs;
    },
    get periods() {
      return periods;
    },
    get throttledPeriods() {
      return throttledPeriods;
    },
    resetCounts: () => {
      usedCpuMs = 0;
      periods = 0;
      throttledPeriods = 0;
      active = false;
    },
  };
}
