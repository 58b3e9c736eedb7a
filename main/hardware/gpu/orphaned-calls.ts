import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;

/**
 * A killed app may leave a call of nvidia-smi behind that changes the clock a moment later. Waits until none that names one
 * of these cards is left; ends what is still there after `waitMs`. Where processes cannot be listed, waits that long after
 * the marker was written.
 */
export async function awaitOrphanedCalls(busIds: readonly string[], writtenAt: string, waitMs: number): Promise<void> {
  const until = Date.now() + waitMs;
  if (process.platform !== 'linux') {
    const age = Date.now() - Date.parse(writtenAt);
    if (age >= 0 && age < waitMs) await pause(waitMs - age);
    return;
  }
  let left = settingCalls(busIds);
  while (left.length > 0 && Date.now() < until) {
    await pause(LOOK_EVERY_MS);
    left = settingCalls(busIds);
  }
  for (const pid of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Gone meanwhile, or the administrator's: the reset that follows is all we can do.
    }
  }
  while (left.length > 0 && Date.now() < until + waitMs && settingCalls(busIds).length > 0) await pause(LOOK_EVERY_MS);
}

/** Processes that set the clock of one of the cards, whoever started them. */
function settingCalls(busIds: readonly string[]): readonly number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return args.some((arg) => arg.endsWith('nvidia-smi')) && args.some((arg) => arg === '-ac' || arg === '-lgc') && args.some((arg) => busIds.includes(arg));
    } catch {
      return false;
    }
  });
}
