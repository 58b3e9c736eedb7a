import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface LogFile {
  readonly folder: string;
  write(text: string): void;
  /** The last lines, oldest first. */
  tail(lines: number): readonly string[];
}

const LARGEST_BYTES = 512 * 1024;

/** `servescape.log` in its own folder, and the one before it. Best effort: a log that cannot be written stops nothing. */
export function createLogFile(dataFolder: string, nowIso: () => string = () => new Date().toISOString()): LogFile {
  const folder = join(dataFolder, 'logs');
  const path = join(folder, 'servescape.log');
  return {
    folder,
    write: (text) => {
      try {
        mkdirSync(folder, { recursive: true });
        if (existsSync(path) && statSync(path).size > LARGEST_BYTES) renameSync(path, `${path}.1`);
        appendFileSync(path, `${nowIso()} ${text}\n`);
      } catch {
        // Nothing to be done about it, and nothing depends on it.
      }
    },
    tail: (lines) => {
      try {
        return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lines);
      } catch {
        return [];
      }
    },
  };
}
