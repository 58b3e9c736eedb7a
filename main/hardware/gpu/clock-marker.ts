import { closeSync, fsyncSync, linkSync, openSync, readdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ClockPair } from './cards.ts';

/** One way a card's clock may have been changed. `trying` is written before the call, `set` once it has succeeded. */
export interface ClockAttempt {
  readonly busId: string;
  readonly method: 'application' | 'locked';
  readonly asRoot: boolean;
  readonly state: 'trying' | 'set';
}

/** What has to be given back. On the disk before the first change, gone after the last one is undone. */
export interface ClockMarker {
  readonly version: 1;
  readonly pid: number;
  /** Tells the process from a later one with the same number; null where the system does not say. */
  readonly processStartedAt: string | null;
  readonly uid: number | null;
  readonly at: string;
  readonly cards: readonly { readonly busId: string; readonly index: number; readonly name: string; readonly before: ClockPair | null; readonly usual: ClockPair | null }[];
  readonly attempts: readonly ClockAttempt[];
}

const NAME = 'gpu-clocks.json';

export type MarkerFound = { readonly kind: 'none' } | { readonly kind: 'marker'; readonly marker: ClockMarker } | { readonly kind: 'damaged' };

/** False when there is one already. Returns once it is on the disk; throws when it cannot be written. */
export function createMarker(folder: string, marker: ClockMarker): boolean {
  return writeWhole(folder, marker, (temporary, path) => {
    try {
      linkSync(temporary, path); // Fails where a file exists, which rename does not.
      unlinkSync(temporary);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
        unlinkSync(temporary);
        return false;
      }
      renameSync(temporary, path); // File systems without links.
      return true;
    }
  });
}

export function updateMarker(folder: string, marker: ClockMarker): void {
  writeWhole(folder, marker, (temporary, path) => {
    renameSync(temporary, path);
    return true;
  });
}

export function readMarker(folder: string): MarkerFound {
  let text: string;
  try {
    text = readFileSync(join(folder, NAME), 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? { kind: 'none' } : { kind: 'damaged' };
  }
  try {
    const value = JSON.parse(text) as ClockMarker;
    const whole = value.version === 1 && Number.isInteger(value.pid) && Array.isArray(value.cards) && Array.isArray(value.attempts);
    return whole ? { kind: 'marker', marker: value } : { kind: 'damaged' };
  } catch {
    return { kind: 'damaged' };
  }
}

/** Removes the marker and what a killed process left of writing one. */
export function removeMarker(folder: string): void {
  rmSync(join(folder, NAME), { force: true });
  for (const name of readdirSync(folder)) if (name.startsWith(`${NAME}.`)) rmSync(join(folder, name), { force: true });
  flushFolder(folder);
}

function writeWhole(folder: string, marker: ClockMarker, place: (temporary: string, path: string) => boolean): boolean {
  const temporary = join(folder, `${NAME}.${process.pid}`);
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeSync(file, `${JSON.stringify(marker, null, 1)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  const placed = place(temporary, join(folder, NAME));
  flushFolder(folder);
  return placed;
}

/** A new name is on the disk only when its folder is. Windows cannot open folders and does this by itself. */
function flushFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
