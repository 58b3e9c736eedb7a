import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Keeps the calling thread on the last processor core (Linux, with util-linux' taskset); replicas that are pinned keep off that
 * one. Returns the core, or null where it cannot be done: the measurement is then as good as without.
 */
export function pinThisThread(): number | null {
  if (process.platform !== 'linux') return null;
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    const core = lastCore(status);
    // All of this process may use one core only, as beside pinned replicas.
    if (/^Cpus_allowed_list:\s*\d+$/m.test(status)) return core;
    const thread = readlinkSync('/proc/thread-self').split('/').at(-1)!;
    execFileSync('taskset', ['-c', '-p', String(core), thread], { stdio: 'ignore', timeout: 2000 });
    return core;
  } catch {
    return null;
  }
}

/** Of the main thread, which is never pinned: "Cpus_allowed_list: 0-3,8". */
export function lastCore(status: string): number {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '';
  return Number(/(\d+)$/.exec(list)?.[1] ?? NaN);
}
