import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Whether the kernel could delay and drop packets itself. `unknown`: this user may not ask, or not on Linux. */
export type NetemState = 'there' | 'absent' | 'unknown';

const TIMEOUT_MS = 2000;

/** Tries it on the loopback of a network namespace of its own, which is gone right after; touches nothing else. */
export async function probeNetem(): Promise<NetemState> {
  if (process.platform !== 'linux') return 'unknown';
  try {
    await promisify(execFile)('unshare', ['--net', 'tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '1ms'], { timeout: TIMEOUT_MS });
    return 'there';
  } catch (error) {
    return /qdisc kind is unknown/.test((error as { stderr?: string }).stderr ?? '') ? 'absent' : 'unknown';
  }
}
