import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PROJECT_EXTENSION } from './project-format.ts';
import type { ProjectFile } from './project-file.ts';

/** So many projects have a backup; the one that was opened longest ago goes first. */
const KEPT_MAX = 20;
const SIZE_MB_MAX = 128;

/**
 * Keeps a copy of a project as it is now, one per project, in `folder`. Call on opening, before anything is changed: whatever
 * becomes of the file, what it was when it was last opened is there. Best effort: returns the copy's path, or null.
 */
export function keepBackup(file: ProjectFile, folder: string): string | null {
  try {
    if (file.readOnly !== null || statSync(file.path).size > SIZE_MB_MAX * 2 ** 20) return null;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const copy = join(folder, `${basename(file.path, PROJECT_EXTENSION).slice(0, 100)} ${file.id.slice(0, 8)}${PROJECT_EXTENSION}`);
    file.copyTo(copy);
    removeOldest(folder);
    return copy;
  } catch {
    return null; // A full disk, say: opening the project matters more.
  }
}

function removeOldest(folder: string): void {
  const copies = readdirSync(folder).filter((name) => name.endsWith(PROJECT_EXTENSION)).map((name) => join(folder, name));
  const byAge = copies.toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const path of byAge.slice(KEPT_MAX)) rmSync(path, { force: true });
}
