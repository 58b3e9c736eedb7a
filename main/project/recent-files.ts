import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { RecentFile } from '../contract/values.ts';
import { projectNameOf, type ProjectFile } from './project-file.ts';
import { projectSummarySchema, summariseFile, summariseProject, type ProjectSummary } from './project-summary.ts';

/** The list on the Welcome screen: `recent.json` in the app's data folder, newest first. */
export interface RecentFiles {
  /** The newest `most`, with state, progress and best as they are now. Files that are gone stay, marked as not found. */
  list(most?: number): readonly RecentFile[];
  /** Moves the file to the top. `at`: ISO 8601. */
  add(path: string, at: string): void;
  remove(path: string): void;
}

const KEPT_MAX = 20;
/** `summary` was read when the file's size and time of change were `stamp`: reading a large project takes a second. */
const summarySchema = projectSummarySchema.extend({ stamp: z.string() });
const listSchema = z.array(z.strictObject({ path: z.string().min(1), at: z.iso.datetime(), summary: summarySchema.optional() })).max(1000);
type Entry = z.infer<typeof listSchema>[number];

/** `openFile`: the project of this path that is open here, if any; it knows its studies already. */
export function createRecentFiles(dataFolder: string, openFile: (path: string) => ProjectFile | null = () => null): RecentFiles {
  const file = join(dataFolder, 'recent.json');
  const without = (path: string): Entry[] => readList(file).filter((entry) => entry.path !== path);
  const lookedUp = (entry: Entry): Entry => {
    if (!existsSync(entry.path)) return entry;
    const stamp = stampOf(entry.path);
    if (entry.summary?.stamp === stamp) return entry;
    const { path, at } = entry;
    const open = openFile(path);
    const summary = open === null ? summariseFile(path) : summariseProject(open);
    return { path, at, ...(summary !== null && { summary: { ...summary, stamp } }) };
  };
  return {
    list: (most = KEPT_MAX) => {
      const before = readList(file);
      const now = before.map((entry, i) => (i < most ? lookedUp(entry) : entry));
      if (now.some((entry, i) => entry !== before[i])) keep(() => writeList(file, now));
      return now.slice(0, most).map(described);
    },
    add: (path, at) => writeList(file, [{ path, at }, ...without(path)].slice(0, KEPT_MAX)),
    remove: (path) => writeList(file, without(path)),
  };
}

function described({ path, at, summary }: Entry): RecentFile {
  const found = existsSync(path);
  const { state, progress, best }: ProjectSummary = (found ? summary : { state: null, progress: '', best: '' }) ?? { state: null, progress: 'cannot be read', best: '' };
  return { path, name: projectNameOf(path), at, found, state, progress, best };
}

/** What is committed lies in the file or in the log beside it. */
function stampOf(path: string): string {
  return [path, `${path}-wal`].map((part) => statSync(part, { throwIfNoEntry: false })).map((stat) => (stat === undefined ? '-' : `${stat.size} ${stat.mtimeMs}`)).join(' ');
}

/** What was looked up is only kept to save time. */
function keep(write: () => void): void {
  try {
    write();
  } catch {
    // Looked up again next time.
  }
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
