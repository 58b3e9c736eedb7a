import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { RecentFile } from '../contract/values.ts';
import { projectNameOf } from './project-file.ts';
import { summariseProject } from './project-summary.ts';

/** The list on the Welcome screen: `recent.json` in the app's data folder, newest first. */
export interface RecentFiles {
  /** State, progress and best are read from each file now. Files that are gone stay, marked as not found. */
  list(): readonly RecentFile[];
  /** Moves the file to the top. `at`: ISO 8601. */
  add(path: string, at: string): void;
  remove(path: string): void;
}

const KEPT_MAX = 20;
const listSchema = z.array(z.strictObject({ path: z.string().min(1), at: z.iso.datetime() })).max(1000);
type Entry = z.infer<typeof listSchema>[number];

export function createRecentFiles(dataFolder: string): RecentFiles {
  const file = join(dataFolder, 'recent.json');
  const without = (path: string): Entry[] => readList(file).filter((entry) => entry.path !== path);
  return {
    list: () => readList(file).map(described),
    add: (path, at) => writeList(file, [{ path, at }, ...without(path)].slice(0, KEPT_MAX)),
    remove: (path) => writeList(file, without(path)),
  };
}

function described({ path, at }: Entry): RecentFile {
  const name = projectNameOf(path);
  if (!existsSync(path)) return { path, name, at, found: false, state: null, progress: '', best: '' };
  const summary = summariseProject(path);
  if (summary === null) return { path, name, at, found: true, state: null, progress: 'cannot be read', best: '' };
  return { path, name, at, found: true, state: summary.state, progress: summary.progress, best: summary.best };
}

/** An unreadable list is set aside as `recent.json.bad`, so that nothing is overwritten that a person could mend. */
function readList(file: string): Entry[] {
  if (!existsSync(file)) return [];
  try {
    return listSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    renameSync(file, `${file}.bad`);
    return [];
  }
}

function writeList(file: string, entries: readonly Entry[]): void {
  const temporary = `${file}.${process.pid}`;
  try {
    writeFileSync(temporary, JSON.stringify(entries, null, 2), { flush: true });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
