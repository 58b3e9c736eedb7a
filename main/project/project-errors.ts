import { ServescapeError } from '../domain/errors.ts';

/** Every refusal of this room: what happened → why → what to do. Sentences name the file by its path. */

export function missing(path: string): ServescapeError {
  return new ServescapeError('project-missing', `There is no file at ${path}.`, {
    hint: 'It may have been moved or renamed. Choose it again with Open.',
  });
}

export function foreign(path: string, why: string): ServescapeError {
  return new ServescapeError('project-foreign', `${path} is not a Servescape project: ${why}.`, {
    hint: 'It was left as it is. Choose a file that was saved by Servescape.',
  });
}

export function damaged(path: string, why: string, cause?: unknown): ServescapeError {
  // What SQLite quotes may come from the file itself: it stays one line, without commands to a terminal.
  const quoted = why.replace(/[\p{Cc}\uFFFD\s]+/gu, ' ');
  return new ServescapeError('project-damaged', `${path} is damaged: ${quoted}.`, {
    hint: 'It was left as it is. Repair saves what is whole of it into a copy.', cause,
  });
}

export function newer(path: string, version: number, known: number): ServescapeError {
  return new ServescapeError(
    'project-newer',
    `${path} was written by a newer Servescape (file format ${version}, this version reads up to ${known}).`,
    { hint: 'Install the newest version of Servescape to open it.' },
  );
}

export function readOnlyRefusal(path: string, reason: string): ServescapeError {
  return new ServescapeError('project-read-only', `${path} cannot be changed: ${reason}`, {
    hint: 'Save it under another name to go on with the copy.',
  });
}

/** SQLite's primary result codes (sqlite.org/rescode.html), as far as the user can do something about them. */
const FULL = 13;
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const CANTOPEN = 14;
const NOTADB = 26;

/** Runs `work` and turns SQLite's errors into ours; others pass unchanged. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fromSqlite(path, error);
  }
}

export function sqliteCode(error: unknown): number | null {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code & 0xff : null;
}

function fromSqlite(path: string, error: unknown): unknown {
  const text = error instanceof Error ? error.message : String(error);
  switch (sqliteCode(error)) {
    case FULL:
      return new ServescapeError('disk-full', `There is no room left to write ${path}.`, {
        hint: 'Free some space on the disk; everything up to the last finished trial is in the file.', cause: error,
      });
    case BUSY:
    case LOCKED:
      return new ServescapeError('project-locked', `${path} is in use by another program.`, {
        hint: 'Close the other program and try again.', cause: error,
      });
    case READONLY:
      return readOnlyRefusal(path, 'the system refuses to write the file.');
    case IOERR:
    case CANTOPEN:
      return new ServescapeError('project-missing', `${path} cannot be read or written any more: ${text}.`, {
        hint: 'Check that the disk is still connected and that you may use the folder.', cause: error,
      });
    case CORRUPT:
    case NOTADB:
      return damaged(path, text, error);
    default:
      return error;
  }
}
