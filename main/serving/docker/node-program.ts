import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The server is written for this version. */
const MAJOR_LEAST = 24;
const ASK_TIMEOUT_MS = 3000;

/** A Node program on the PATH that could run the bundled server in a container; null where there is none. */
export function findNodeProgram(path = process.env['PATH'] ?? ''): string | null {
  if (process.platform !== 'linux') return null;
  return path.split(delimiter).map((folder) => join(folder, 'node')).find(isRecent) ?? null;
}

function isRecent(program: string): boolean {
  try {
    accessSync(program, constants.X_OK);
    const version = execFileSync(program, ['--version'], { encoding: 'utf8', timeout: ASK_TIMEOUT_MS });
    return Number(/^v(\d+)/.exec(version)?.[1]) >= MAJOR_LEAST;
  } catch {
    return false;
  }
}
