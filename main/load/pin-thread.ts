import { execFileSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/**
 * Keeps the calling thread on the last processor core (Linux, with util-linux' taskset); replicas that are pinned keep off that
 * one. Returns the core, or null where it cannot be done: the measurement is then as good as without.
 */
export function pinThisThread(): number | null {
  if (process.platform !== 'linux') return null;
  try {
    const thread = readlinkSync('/proc/thread-self').split('/').at(-1)!;
    const core = availableParallelism() - 1;
    execFileSync('taskset', ['-c', '-p', String(core), thread], { stdio: 'ignore', timeout: 2000 });
    return core;
  } catch {
    return null;
  }
}
