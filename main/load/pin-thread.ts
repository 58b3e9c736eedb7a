import { execFileSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Before anything is pinned: afterwards a pinned thread sees one core only. */
const LAST_CORE = availableParallelism() - 1;

/**
 * Keeps the calling thread on the last processor core (Linux, with util-linux' taskset); replicas that are pinned keep off that
 * one. Returns the core, or null where it cannot be done: the measurement is then as good as without.
 */
export function pinThisThread(): number | null {
  if (process.platform !== 'linux') return null;
  try {
    const thread = readlinkSync('/proc/thread-self').split('/').at(-1)!;
    execFileSync('taskset', ['-c', '-p', String(LAST_CORE), thread], { stdio: 'ignore', timeout: 2000 });
    return LAST_CORE;
  } catch {
    return null;
  }
}
