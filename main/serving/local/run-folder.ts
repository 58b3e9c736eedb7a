import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { counted } from '../../domain/format.ts';
import { GROUP_NAME_PREFIX } from './control-group.ts';
import { removeGroupFolder, removeGroupWhenEmpty } from './group-files.ts';
import { identifyProcess } from '../process-identity.ts';

/** Notes of what one running app started, so that the next one can end it should this one be killed. */
export interface Session {
  readonly id: string;
  /** Holds the batching files; its path in a command line marks a process as this session's. */
  readonly folder: string;
  /** Written before the folders exist. */
  noteGroup(folders: readonly string[]): void;
  forgetGroup(folders: readonly string[]): void;
  noteReplica(pid: number): Promise<void>;
  forgetReplica(pid: number): void;
  remove(): void;
}

interface Note {
  readonly pid: number;
  readonly startedAt: string;
}

const OWNER_FILE = 'owner.json';
const GROUP_SUFFIX = '.group.json';
const REPLICA_SUFFIX = '.replica.json';

export async function openSession(runFolder: string): Promise<Session> {
  const id = randomUUID().slice(0, 8);
  const folder = join(runFolder, `session-${id}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const owner: Note = { pid: process.pid, startedAt: (await identifyProcess(process.pid))?.startedAt ?? '' };
  writeFileSync(join(folder, OWNER_FILE), JSON.stringify(owner));
  return {
    id,
    folder,
    noteGroup: (folders) => {
      const [first] = folders;
      if (first !== undefined) writeFileSync(join(folder, `${basename(first)}${GROUP_SUFFIX}`), JSON.stringify(folders));
    },
    forgetGroup: ([first]) => {
      if (first !== undefined) rmSync(join(folder, `${basename(first)}${GROUP_SUFFIX}`), { force: true });
    },
    noteReplica: async (pid) => {
      const identity = await identifyProcess(pid);
      if (identity === null || !existsSync(folder)) return;
      const note: Note = { pid, startedAt: identity.startedAt };
      writeFileSync(join(folder, `${pid}${REPLICA_SUFFIX}`), JSON.stringify(note));
    },
    forgetReplica: (pid) => rmSync(join(folder, `${pid}${REPLICA_SUFFIX}`), { force: true }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const KILL_WAIT_TRIES = 100;
const KILL_WAIT_MS = 20;

/**
 * Ends what sessions of killed apps left in the run folder: replicas (same process number, same start time and the
 * session's folder in the command line — anything else is not ours), control groups, files. Sessions whose app still
 * runs are left alone. Returns what was done, in words.
 */
export async function sweepRunFolder(runFolder: string): Promise<readonly string[]> {
  let ended = 0;
  let groups = 0;
  let sessions = 0;
  for (const folder of sessionFolders(runFolder)) {
    if (await isOwnerAlive(readNote(join(folder, OWNER_FILE)))) continue;
    for (const file of readdirSync(folder).filter((name) => name.endsWith(REPLICA_SUFFIX))) {
      if (await endLeftReplica(readNote(join(folder, file)), folder)) ended += 1;
    }
    let stuck = false;
    for (const file of readdirSync(folder).filter((name) => name.endsWith(GROUP_SUFFIX))) {
      const removal = await removeLeftGroup(join(folder, file));
      if (removal === 'removed') groups += 1;
      if (removal === 'busy') stuck = true;
    }
    // The notes are all that knows of a group: they stay until it is gone.
    if (stuck) continue;
    rmSync(folder, { recursive: true, force: true });
    sessions += 1;
  }
  const words: string[] = [];
  if (ended > 0) words.push(`Ended ${counted(ended, 'replica')} left by an earlier session.`);
  if (groups > 0) words.push(`Removed ${counted(groups, 'control group')} left by an earlier session.`);
  if (sessions > 0 && words.length === 0) words.push('Removed temporary files left by an earlier session.');
  return words;
}

function sessionFolders(runFolder: string): readonly string[] {
  if (!existsSync(runFolder)) return [];
  return readdirSync(runFolder).filter((name) => /^session-[0-9a-f]{8}$/.test(name)).map((name) => join(runFolder, name));
}

function readNote(path: string): Note | null {
  try {
    const { pid, startedAt } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Note>;
    return typeof pid === 'number' && pid > 1 && typeof startedAt === 'string' ? { pid, startedAt } : null;
  } catch {
    return null;
  }
}

/** Where start times cannot be read, a live process of that number counts as the owner: rather leave than end. */
async function isOwnerAlive(note: Note | null): Promise<boolean> {
  if (note === null || note.startedAt !== '') return isAlive(note, '');
  try {
    process.kill(note.pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function isAlive(note: Note | null, marker: string): Promise<boolean> {
  if (note === null) return false;
  const identity = await identifyProcess(note.pid);
  return identity !== null && identity.startedAt === note.startedAt && identity.commandLine.includes(marker);
}

async function endLeftReplica(note: Note | null, marker: string): Promise<boolean> {
  if (note === null || !(await isAlive(note, marker))) return false;
  try {
    process.kill(note.pid, 'SIGKILL');
  } catch {
    return false;
  }
  for (let i = 0; i < KILL_WAIT_TRIES && (await isAlive(note, marker)); i += 1) await wait(KILL_WAIT_MS);
  return true;
}

/** The name is checked again: the note may have been tampered with. */
async function removeLeftGroup(path: string): Promise<'removed' | 'absent' | 'busy'> {
  let folders: readonly unknown[];
  try {
    folders = JSON.parse(readFileSync(path, 'utf8')) as readonly unknown[];
  } catch {
    return 'absent';
  }
  const ours = folders.filter((folder) => typeof folder === 'string' && isAbsolute(folder)
    && basename(folder).startsWith(GROUP_NAME_PREFIX) && existsSync(folder)) as readonly string[];
  if (ours.length === 0) return 'absent';
  return (await removeGroupWhenEmpty(() => ours.map(removeGroupFolder).every(Boolean))) ? 'removed' : 'busy';
}
