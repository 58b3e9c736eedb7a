import { closeSync, copyFileSync, mkdtempSync, openSync, readSync, rmSync, statSync, type Stats } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { damaged, foreign, guarded, missing, newer, readOnlyRefusal } from './project-errors.ts';
import { tryLock, type FileLock } from './file-lock.ts';
import { APPLICATION_ID, FORMAT_VERSION, MIGRATIONS } from './project-format.ts';

/** An open database, its lock, and why it cannot be written (null when it can). */
export interface ProjectDatabase {
  readonly path: string;
  readonly database: DatabaseSync;
  readonly readOnly: string | null;
  /**
   * Commits one change. `flushed`: on the disk when this returns, with everything before it, so that power loss cannot
   * take it; otherwise in the system's hands, where a killed process cannot take it, and flushed by the next that is.
   */
  commit<T>(change: () => T, when: 'flushed' | 'with-next'): T;
  /** False when another file took this one's place, or it is gone: what is written now would be lost. */
  isInPlace(): boolean;
  /** Leaves one file behind: no -wal, no -shm, no lock. Idempotent. */
  close(): void;
}

export interface OpenOptions {
  readonly readOnly?: boolean;
  /** Refuse to let the file grow beyond this; `disk-full` then. Default: no limit but the disk. */
  readonly sizeLimitMb?: number;
}

const PAGE_BYTES = 4096;
const BUSY_TIMEOUT_MS = 2000;
/** Checked page by page on opening up to this size; above it, damage is found when it is read. */
const CHECKED_MB_MAX = 256;

/** Opens for writing where possible, read-only with a reason where not. Throws when it is not a whole project of ours. */
export function openProjectDatabase(path: string, options: OpenOptions = {}): ProjectDatabase {
  inspectHeader(path);
  if (options.readOnly) return openToRead(path, 'It was opened to look at only.');
  const refused = whyNotWritable(path);
  if (refused !== null) return openToRead(path, refused);
  const attempt = tryLock(path);
  if (attempt.kind === 'taken') {
    return openToRead(path, `Another Servescape has it open (${attempt.by}). Close it there, then open it here again.`);
  }
  if (attempt.kind === 'impossible') return openToRead(path, `Its folder cannot be written (${attempt.why}).`);
  try {
    return openToWrite(path, attempt.lock, options);
  } catch (error) {
    attempt.lock.release();
    throw error;
  }
}

/** A new, empty database of the current format; the caller names the place, nothing may be there yet. */
export function buildDatabase(path: string, meta: Readonly<Record<string, string>>): void {
  const database = new DatabaseSync(path);
  try {
    database.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    migrate(database, 0);
    const insert = database.prepare('INSERT INTO meta VALUES (?, ?)');
    for (const [key, value] of Object.entries(meta)) insert.run(key, value);
  } finally {
    database.close();
  }
}

function openToWrite(path: string, lock: FileLock, options: OpenOptions): ProjectDatabase {
  const unclean = fileSize(`${path}-wal`) > 0;
  const database = guarded(path, () => new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS }));
  try {
    guarded(path, () => {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF');
      if (options.sizeLimitMb !== undefined) {
        database.exec(`PRAGMA max_page_count = ${Math.ceil((options.sizeLimitMb * 1024 * 1024) / PAGE_BYTES)}`);
      }
      verify(path, database, unclean);
      migrate(database, formatOf(database));
    });
  } catch (error) {
    database.close();
    throw error;
  }
  const identity = identityOf(path);
  let flushing = true;
  return {
    path, database, readOnly: null,
    commit: (change, when) => {
      if (flushing !== (when === 'flushed')) database.exec(`PRAGMA synchronous = ${flushing ? 'NORMAL' : 'FULL'}`);
      flushing = when === 'flushed';
      return guarded(path, change);
    },
    isInPlace: () => identityOf(path) === identity,
    close: () => {
      if (!database.isOpen) return;
      database.close(); // The last connection checkpoints and removes -wal and -shm.
      lock.release();
    },
  };
}

/** Without a -wal the file is complete and nobody has it open: read it as it lies, leaving nothing beside it. */
function openToRead(path: string, reason: string): ProjectDatabase {
  const hasLog = statIfThere(`${path}-wal`) !== null;
  const scratch = hasLog && !canJoinReaders(path) ? copyToScratch(path) : null;
  const location = scratch === null ? pathToFileURL(path) : pathToFileURL(join(scratch, basename(path)));
  if (!hasLog) location.searchParams.set('immutable', '1');
  const removeScratch = (): void => {
    if (scratch !== null) rmSync(scratch, { recursive: true, force: true });
  };
  let database: DatabaseSync | null = null;
  try {
    database = guarded(path, () => new DatabaseSync(location, { readOnly: true, timeout: BUSY_TIMEOUT_MS }));
    const opened = database;
    guarded(path, () => {
      opened.exec('PRAGMA trusted_schema = OFF');
      verify(path, opened, hasLog);
    });
    const close = (): void => {
      if (opened.isOpen) opened.close();
      removeScratch();
    };
    return { path, database, readOnly: reason, commit: () => { throw readOnlyRefusal(path, reason); }, isInPlace: () => true, close };
  } catch (error) {
    database?.close();
    removeScratch();
    throw error;
  }
}

/** SQLite's header (sqlite.org/fileformat2.html §1.3), read without opening the database: nothing can be changed yet. */
export function inspectHeader(path: string, { mayBeCut = false } = {}): void {
  const stat = statIfThere(path);
  if (stat === null) throw missing(path);
  if (!stat.isFile()) throw foreign(path, 'it is a folder or a device');
  if (stat.size === 0) throw damaged(path, 'it is empty');
  const header = readHead(path);
  const magic = 'SQLite format 3\0';
  if (header.subarray(0, 16).toString('latin1') !== magic.slice(0, header.length)) {
    throw foreign(path, 'its content is something else');
  }
  if (header.length < 100) throw damaged(path, 'it ends in the middle of its first lines');
  if (header.readUInt32BE(68) !== APPLICATION_ID) throw foreign(path, 'it is a database of another program');
  const version = header.readUInt32BE(60);
  if (version > FORMAT_VERSION) throw newer(path, version, FORMAT_VERSION);
  if (version === 0) throw damaged(path, 'its format version is missing');
  if (fileSize(`${path}-wal`) > 0) return; // Pages may still lie in the log; SQLite sorts that out.
  const { pageBytes, pages } = pagesOf(path);
  const wholeBytes = pageBytes * pages;
  if (stat.size < wholeBytes && !mayBeCut) {
    throw damaged(path, `it was cut off (${stat.size.toLocaleString('en')} of ${wholeBytes.toLocaleString('en')} bytes)`);
  }
}

/** What the header says of the file's size. */
export function pagesOf(path: string): { readonly pageBytes: number; readonly pages: number } {
  const header = readHead(path);
  const storedPageBytes = header.readUInt16BE(16);
  return { pageBytes: storedPageBytes === 1 ? 65_536 : Math.max(storedPageBytes, 512), pages: header.readUInt32BE(28) };
}

function verify(path: string, database: DatabaseSync, unclean: boolean): void {
  const version = formatOf(database);
  if (version > FORMAT_VERSION) throw newer(path, version, FORMAT_VERSION);
  refuseForeignSchema(path, database, version);
  if (!unclean && fileSize(path) > CHECKED_MB_MAX * 1024 * 1024) return;
  const found = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
  if (found.quick_check !== 'ok') throw damaged(path, `its pages do not fit together (${found.quick_check.trim()})`);
}

/** A table of ours could be a view that never ends, or have triggers: only what our own migrations make is there. */
function refuseForeignSchema(path: string, database: DatabaseSync, version: number): void {
  const ours = schemaOfFormat(version);
  const found = (database.prepare('SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL').all() as unknown as SchemaEntry[])
    .filter(({ name }) => !name.startsWith('sqlite_'));
  const odd = found.find((entry) => !ours.some((one) => one.type === entry.type && one.name === entry.name && withoutSpace(one.sql) === withoutSpace(entry.sql)));
  if (odd !== undefined) throw damaged(path, `it holds a ${odd.type} that is not of this format (${odd.name.slice(0, 40)})`);
  const lost = ours.find((one) => one.type === 'table' && !found.some(({ name }) => name === one.name));
  if (lost !== undefined) throw damaged(path, `its table ${lost.name} is missing`);
}

/** SQLite keeps the words as they were written; how a file came to its format shows in space and comments only. */
function withoutSpace(sql: string): string {
  return sql.replace(/\/\*[^]*?\*\//g, ' ').replace(/\s+/g, ' ').replace(/ ?([(),]) ?/g, '$1').trim();
}

interface SchemaEntry {
  readonly type: string;
  readonly name: string;
  readonly sql: string;
}

const schemas = new Map<number, readonly SchemaEntry[]>();

function schemaOfFormat(version: number): readonly SchemaEntry[] {
  const known = schemas.get(version);
  if (known !== undefined) return known;
  const memory = new DatabaseSync(':memory:');
  memory.exec(MIGRATIONS.slice(0, version).join('\n'));
  const made = memory.prepare("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL").all() as unknown as SchemaEntry[];
  memory.close();
  schemas.set(version, made);
  return made;
}

function formatOf(database: DatabaseSync): number {
  return (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
}

/** One transaction: after a crash the file is of the old format or of the new one. */
function migrate(database: DatabaseSync, from: number): void {
  if (from === FORMAT_VERSION) return;
  const steps = MIGRATIONS.slice(from).join(';\n');
  database.exec(`BEGIN IMMEDIATE; ${steps}; PRAGMA user_version = ${FORMAT_VERSION}; COMMIT`);
}

function whyNotWritable(path: string): string | null {
  try {
    closeSync(openSync(path, 'r+'));
    return null;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') throw missing(path);
    return code === 'EROFS' ? 'It lies on a disk that cannot be written.' : 'You may read this file but not change it.';
  }
}

/** A reader beside a writer needs the writer's -shm, or a folder in which it can make one. */
function canJoinReaders(path: string): boolean {
  try {
    closeSync(openSync(`${path}-shm`, 'r+'));
    return true;
  } catch {
    return false;
  }
}

/** A file whose writer was killed, in a folder we may not write: its log is replayed in a copy. */
function copyToScratch(path: string): string {
  const scratch = mkdtempSync(join(tmpdir(), 'servescape-read-'));
  copyFileSync(path, join(scratch, basename(path)));
  copyFileSync(`${path}-wal`, join(scratch, `${basename(path)}-wal`));
  return scratch;
}

function readHead(path: string): Buffer {
  const buffer = Buffer.alloc(100);
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw foreign(path, `it cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  try {
    return buffer.subarray(0, readSync(file, buffer, 0, 100, 0));
  } finally {
    closeSync(file);
  }
}

function identityOf(path: string): string | null {
  const stat = statIfThere(path);
  return stat === null ? null : `${stat.dev}:${stat.ino}`;
}

function statIfThere(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}

function fileSize(path: string): number {
  return statIfThere(path)?.size ?? 0;
}
