import { writeSync } from 'node:fs';

const CHECK_MS = 25;
const BYTES_PER_MB = 1024 * 1024;
const KILLED_EXIT_CODE = 137;
const STDERR = 2;

/**
 * Ends the process as the kernel's out-of-memory killer would, where no cgroup can: exit code 137 and one line on
 * standard error. MB are 1,024 × 1,024 bytes, as for Docker.
 */
export function guardMemory(limitMb: number): void {
  const check = (): void => {
    const rssMb = process.memoryUsage.rss() / BYTES_PER_MB;
    if (rssMb <= limitMb) return;
    writeSync(STDERR, `Out of memory: RSS ${Math.ceil(rssMb)} MB exceeds the limit of ${limitMb} MB\n`);
    process.exit(KILLED_EXIT_CODE);
  };
  check();
  setInterval(check, CHECK_MS).unref();
}
