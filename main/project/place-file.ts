import {
  closeSync, existsSync, fsyncSync, linkSync, openSync, readdirSync, realpathSync, renameSync, rmSync, unlinkSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ServescapeError } from '../domain/errors.ts';
import { tryLock } from './file-lock.ts';
import { guarded, readOnlyRefusal } from './project-errors.ts';
import { openProjectDatabase, type ProjectDatabase } from './project-database.ts';

/** One name per file, links resolved: the lock goes by it. The file itself need not exist. */
export function realPath(path: string): string {
  const whole = resolve(path);
  try {
    return realpathSync.native(whole);
  } catch {
    try {
      return join(realpathSync.native(dirname(whole)), basename(whole));
    } catch {
      return whole;
    }
  }
}

/** Files appear under their name whole or not at all: written beside it, brought to the disk, then renamed. */

/** Never replaces: throws `conflict` when something appeared at `path` meanwhile. */
export function placeNewFile(path: string, write: (temporary: string) => void): void {
  writeBeside(path, write, (temporary) => {
    try {
      linkSync(temporary, path); // Fails where a file exists, which rename does not.
      unlinkSync(temporary);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EEXIST') throw new ServescapeError('conflict', `There is already a file at ${path}.`);
      renameSync(temporary, path); // File systems without links (FAT).
    }
  });
}

/** Copies a consistent state of `source` to `target`, replacing only a whole project that nobody has open. */
export function copyDatabaseTo(source: ProjectDatabase, target: string): void {
  if (existsSync(target)) refuseUnlessReplaceable(target);
  const attempt = tryLock(target);
  if (attempt.kind === 'taken') throw new ServescapeError('project-locked', `${target} is open elsewhere (${attempt.by}).`);
  if (attempt.kind === 'impossible') throw attempt.diskFull ? noRoom(target) : cannotWriteFolder(target);
  try {
    const copy = (temporary: string): void => {
      guarded(target, () => source.database.prepare('VACUUM INTO ?').run(temporary));
    };
    writeBeside(target, copy, (temporary) => {
      // A log left by a killed writer would be replayed into the new file.
      for (const rest of ['-wal', '-shm', '-journal']) rmSync(target + rest, { force: true });
      renameSync(temporary, target);
    });
  } finally {
    attempt.lock.release();
  }
}

/** Removes what a killed process left of a Save As to this name. Call with the lock held. */
export function sweepUnfinished(path: string): void {
  const prefix = unfinishedPrefix(path);
  for (const name of readdirSync(dirname(path))) {
    if (name.startsWith(prefix)) rmSync(join(dirname(path), name), { force: true });
  }
}

function writeBeside(path: string, write: (temporary: string) => void, place: (temporary: string) => void): void {
  const temporary = join(dirname(path), `${unfinishedPrefix(path)}${process.pid}`);
  try {
    rmSync(temporary, { force: true });
    write(temporary);
    flush(temporary, 'r+');
    place(temporary);
    flushFolder(dirname(path));
  } catch (error) {
    for (const rest of ['', '-wal', '-shm', '-journal']) rmSync(temporary + rest, { force: true });
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR'].includes(code)) throw cannotWriteFolder(path);
    throw guardedError(path, error);
  }
}

function unfinishedPrefix(path: string): string {
  return `.${basename(path)}.unfinished-`;
}

/** Throws unless a whole project lies there that nobody writes; opening it also folds its log in. */
function refuseUnlessReplaceable(target: string): void {
  const there = openProjectDatabase(target);
  there.close();
  if (there.readOnly !== null) throw readOnlyRefusal(target, there.readOnly);
}

function cannotWriteFolder(path: string): ServescapeError {
  return new ServescapeError('project-read-only', `Nothing can be written to ${dirname(path)}.`, {
    hint: 'Choose a folder that exists and that you may write to.',
  });
}

function noRoom(path: string, cause?: unknown): ServescapeError {
  return new ServescapeError('disk-full', `There is no room left to write ${path}.`, {
    hint: 'Free some space on the disk and save again; the open project is unchanged.', cause,
  });
}

function guardedError(path: string, error: unknown): unknown {
  if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
    return noRoom(path, error);
  }
  try {
    guarded(path, () => {
      throw error;
    });
  } catch (mapped) {
    // CANTOPEN here can only be the folder.
    return mapped instanceof ServescapeError && mapped.code === 'project-missing' ? cannotWriteFolder(path) : mapped;
  }
}

function flush(path: string, flags: string): void {
  const file = openSync(path, flags);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function flushFolder(folder: string): void {
  try {
    flush(folder, 'r');
  } catch {
    // Windows has no such thing; the rename is journaled there.
  }
}
