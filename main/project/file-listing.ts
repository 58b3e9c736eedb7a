import { readdirSync, realpathSync, statSync, type Dirent } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { ServescapeError } from '../domain/errors.ts';
import type { FileListing } from '../contract/values.ts';
import { PROJECT_EXTENSION } from './project-format.ts';

const ENTRIES_MAX = 2000;

/** Which files a picker shows, by name. */
export function isProjectName(name: string): boolean {
  return name.endsWith(PROJECT_EXTENSION);
}

/**
 * Folders and the files of one kind for the in-page picker. Nothing outside `root` (the user's home) is shown or confirmed to
 * exist: `..` and links that lead out are refused alike. Hidden files and links out are left out. Null: the root itself.
 */
export function listFiles(folder: string | null, isShown: (name: string) => boolean = isProjectName, root: string = homedir()): FileListing {
  const top = realpathSync(root);
  const here = insideOrRefuse(top, folder ?? top);
  let found: Dirent[];
  try {
    found = readdirSync(here, { withFileTypes: true });
  } catch (error) {
    throw refused(folder ?? top, error);
  }
  const known = found
    .filter((entry) => !entry.name.startsWith('.'))
    .map((entry) => describe(top, join(here, entry.name), entry.name))
    .filter((entry) => entry !== null);
  const shown = known.filter(({ kind, name }) => kind === 'folder' || isShown(name));
  const entries = shown
    .sort((a, b) => (a.kind === b.kind ? a.name.localeCompare(b.name, 'en', { numeric: true }) : a.kind === 'folder' ? -1 : 1))
    .slice(0, ENTRIES_MAX);
  return { folder: here, parent: here === top ? null : dirname(here), entries, others: known.length - shown.length };
}

/** A path a browser page named, checked to lie below `root`; the file itself need not exist, its folder must. */
export function pathInsideHome(path: string, root: string = homedir()): string {
  const top = realpathSync(root);
  const whole = resolve(top, path);
  const folder = insideOrRefuse(top, dirname(whole));
  const file = join(folder, basename(whole));
  return statSync(file, { throwIfNoEntry: false }) === undefined ? file : insideOrRefuse(top, file);
}

type Entry = FileListing['entries'][number];

function describe(top: string, path: string, name: string): Entry | null {
  try {
    if (!isInside(top, realpathSync(path))) return null;
    const stat = statSync(path);
    const kind = stat.isDirectory() ? 'folder' : stat.isFile() ? 'file' : null;
    return kind === null ? null : { name, path, kind, at: stat.mtime.toISOString(), bytes: stat.size };
  } catch {
    return null; // A broken link, or gone since the folder was read.
  }
}

function insideOrRefuse(top: string, folder: string): string {
  let real: string;
  try {
    real = realpathSync(resolve(top, folder));
  } catch (error) {
    throw refused(folder, error);
  }
  if (!isInside(top, real)) throw refused(folder);
  return real;
}

function isInside(top: string, path: string): boolean {
  const way = relative(top, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && resolve(top, way) === path);
}

function refused(folder: string, cause?: unknown): ServescapeError {
  return new ServescapeError('not-allowed', `${folder} is not a folder below your home folder that can be shown.`, {
    hint: 'Choose a folder below your home folder.', cause,
  });
}
