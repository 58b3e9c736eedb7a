import type { Clock } from '../../study/ports.ts';

/** Time that passes only when something is simulated. */
export interface VirtualClock extends Clock {
  advanceTo(ms: number): void;
}

/** The same for every study, so that the same seed gives the same times. */
const EPOCH_MS = Date.UTC(2026, 0, 1);

export function createVirtualClock(): VirtualClock {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    nowIso: () => new Date(EPOCH_MS + Math.round(nowMs)).toISOString(),
    advanceTo: (ms) => {
      nowMs = Math.max(nowMs, ms);
    },
  };
}
