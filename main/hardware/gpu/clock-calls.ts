import type { ClockPair } from './cards.ts';
import { runNvidiaSmi } from './nvidia-smi.ts';
import { judgeClockCall, type ClockOutcome } from './refusals.ts';

export const SET_TIMEOUT_MS = 10_000;

export type ClockMethod = 'application' | 'locked';

export interface ClockCaller {
  /** One call that sets or resets, as this user or as the administrator. */
  call(args: readonly string[], asRoot: boolean): Promise<ClockOutcome>;
  /** Whether `sudo -n` is worth a try here. */
  readonly mayElevate: boolean;
}

export function createClockCaller(program: string, timeoutMs = SET_TIMEOUT_MS, mayElevate = process.platform === 'linux' && process.geteuid?.() !== 0): ClockCaller {
  return {
    call: async (args, asRoot) => {
      const answer = await runNvidiaSmi(program, args, { timeoutMs, asRoot });
      // Without sudo on the machine there is nobody to ask: the refusal stands.
      return asRoot && answer.kind === 'absent' ? { kind: 'permission' } : judgeClockCall(answer);
    },
    mayElevate,
  };
}

export function setArguments(busId: string, method: ClockMethod, memoryMhz: number | null, clockMhz: number): readonly string[] {
  return method === 'application' ? ['-i', busId, '-ac', `${memoryMhz},${clockMhz}`, '-eow'] : ['-i', busId, '-lgc', `${clockMhz},${clockMhz}`];
}

/** Back to what was: the earlier application clocks where they were not the usual ones, else the driver's own. */
export function resetArguments(busId: string, method: ClockMethod, before: ClockPair | null, usual: ClockPair | null): readonly string[] {
  if (method === 'locked') return ['-i', busId, '-rgc'];
  const own = before !== null && usual !== null && (before.graphicsMhz !== usual.graphicsMhz || before.memoryMhz !== usual.memoryMhz);
  return own ? ['-i', busId, '-ac', `${before.memoryMhz},${before.graphicsMhz}`, '-eow'] : ['-i', busId, '-rac'];
}
