import { counted } from '../../domain/format.ts';
import type { Replica } from './replica.ts';

const GUARD_LINE = /Out of memory: RSS \d+ MB exceeds the limit of \d+ MB/;
const HEAP_LINE = /JavaScript heap out of memory/;
const KILLED_EXIT_CODE = 137;

/**
 * How we know that an ended replica ran out of memory, or null when nothing says so. Exit code 137 alone only means
 * "killed", so it never counts by itself.
 */
export async function memoryEvidence(replica: Replica): Promise<string | null> {
  const { memoryKills } = await replica.read();
  if (memoryKills !== null && memoryKills > 0) {
    return `the kernel counted ${counted(memoryKills, 'memory kill')} in its control group`;
  }
  const log = replica.log();
  const guard = log.findLast((line) => GUARD_LINE.test(line));
  if (guard !== undefined && replica.exit?.code === KILLED_EXIT_CODE) {
    return `its memory guard said “${GUARD_LINE.exec(guard)?.[0] ?? guard}”, exit code ${KILLED_EXIT_CODE}`;
  }
  return log.some((line) => HEAP_LINE.test(line)) ? 'its heap could not grow any more' : null;
}
