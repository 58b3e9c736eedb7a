import { statSync, unlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import { sqliteCode } from './project-errors.ts';

/**
 * One writer per project. The lock is a lock of the operating system, held through a tiny SQLite database beside the
 * project (`…-lock`): the system drops it when the process ends, however it ends, so a stale lock cannot exist and no
 * process id has to be believed. The row in it only tells others who is writing.
 */
export interface FileLock {
  release(): void;
}

export type LockAttempt =
  | { readonly kind: 'held'; readonly lock: FileLock }
  | { readonly kind: 'taken'; readonly by: string }
  | { readonly kind: 'impossible'; readonly why: string; readonly diskFull: boolean };

const BUSY = 5;
const FULL = 13;
const ATTEMPTS = 5;

export function lockPathOf(path: string): string {
  return `${path}-lock`;
}

export function tryLock(path: string): LockAttempt {
  const lockPath = lockPathOf(path);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const tried = tryOnce(lockPath);
    if (tried !== 'moved') return tried;
  }
  return { kind: 'taken', by: 'another program' };
}

/** `moved`: the former holder removed the file between our opening and locking it. */
function tryOnce(lockPath: string): LockAttempt | 'moved' {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(lockPath, { timeout: 500 });
  } catch (error) {
    return impossible(error);
  }
  try {
    const inode = inodeOf(lockPath);
    database.exec('PRAGMA synchronous = OFF; BEGIN IMMEDIATE');
    database.exec('CREATE TABLE IF NOT EXISTS holder (name TEXT)');
    database.exec('DELETE FROM holder');
    database.prepare('INSERT INTO holder VALUES (?)').run(`process ${process.pid} on ${hostname()}`);
    // The commit lets others read the row; the second transaction is the lock. Whoever begins first has it.
    database.exec('COMMIT; BEGIN IMMEDIATE');
    if (inode === null || inodeOf(lockPath) !== inode) {
      database.close();
      return 'moved';
    }
    return { kind: 'held', lock: { release: () => release(database, lockPath) } };
  } catch (error) {
    const by = sqliteCode(error) === BUSY ? holderOf(database) : null;
    database.close();
    if (by !== null) return { kind: 'taken', by };
    // On a full disk an empty file was made, and nothing could be written into it.
    if (sizeOf(lockPath) === 0) removeQuietly(lockPath);
    return impossible(error);
  }
}

function impossible(error: unknown): LockAttempt {
  return { kind: 'impossible', why: error instanceof Error ? error.message : String(error), diskFull: sqliteCode(error) === FULL };
}

function release(database: DatabaseSync, lockPath: string): void {
  if (!database.isOpen) return;
  // Where an open file can be unlinked, unlink before letting go: nobody can hold a file that is then removed.
  if (process.platform !== 'win32') removeQuietly(lockPath);
  database.close();
  if (process.platform === 'win32') removeQuietly(lockPath);
}

function holderOf(database: DatabaseSync): string {
  try {
    const row = database.prepare('SELECT name FROM holder').get() as { name: string } | undefined;
    return row?.name ?? 'another program';
  } catch {
    return 'another program';
  }
}

function inodeOf(path: string): bigint | null {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? null;
}

function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Another process opened it meanwhile (Windows): it stays, unlocked, and the next holder reuses it.
  }
}
