import { closeSync, copyFileSync, existsSync, mkdtempSync, openSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { randomUUID } from 'node:crypto';
import { counted } from '../domain/format.ts';
import { sweepEventSchema, applySweepEvent, type Sweep } from '../domain/sweep.ts';
import { studyEventSchema } from '../domain/study-event.ts';
import { applyStudyEvent, type Study } from '../domain/study.ts';
import { placeNewFile, realPath } from './place-file.ts';
import { buildDatabase, inspectHeader, pagesOf } from './project-database.ts';
import { damaged } from './project-errors.ts';
import { unpackRoundTrips, type StoredColumns } from './round-trip-columns.ts';

export interface Repaired {
  /** The new file; the damaged one stays as it is. */
  readonly path: string;
  /** What is in it and what is lost, one sentence each. */
  readonly found: readonly string[];
}

/**
 * Copies what is whole of a damaged file into a new one beside it: of every study the events from its first to the last
 * that can be read and follows from the ones before, and the round trips of its trials. Throws `project-damaged` when not
 * even the start of one study is left, `project-foreign` and `project-newer` as opening does.
 */
export function repairProjectFile(path: string, to: string = freePath(path)): Repaired {
  const whole = realPath(path);
  inspectHeader(whole, { mayBeCut: true });
  const scratch = mkdtempSync(join(tmpdir(), 'servescape-repair-'));
  let damage: DatabaseSync | null = null;
  try {
    damage = openDamaged(whole, scratch);
    const studies = salvage(damage, 'event', 'study_id', (state: Study | null, json) => applyStudyEvent(state, studyEventSchema.parse(JSON.parse(json))));
    if (studies.length === 0) throw damaged(whole, 'not one study of it can be read');
    const sweeps = salvage(damage, 'sweep_event', 'sweep_id', (state: Sweep | null, json) => applySweepEvent(state, sweepEventSchema.parse(JSON.parse(json))))
      .filter(({ state }) => state.members.every(({ studyId }) => studies.some(({ id }) => id === studyId)));
    const trips = studies.flatMap(({ id, state }) => state.trials.flatMap(({ number }) => readTrips(whole, damage!, id, number)));
    const meta = readMeta(damage, whole);
    placeNewFile(to, (temporary) => {
      buildDatabase(temporary, meta);
      write(temporary, studies, sweeps, trips);
    });
    return { path: to, found: studies.map((study) => describe(study, trips)) };
  } finally {
    damage?.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface Salvaged<State> {
  readonly id: string;
  readonly state: State;
  readonly events: readonly string[];
  /** Events that were there and did not follow, or lay behind a gap. */
  readonly dropped: number;
}

interface Trips extends StoredColumns {
  readonly study_id: string;
  readonly trial: number;
}

/**
 * A copy to read from. Its header is made to say how many whole pages there are: a row that reaches into what was cut off then
 * cannot be read, where pages filled with nothing would be taken for values.
 */
function openDamaged(path: string, scratch: string): DatabaseSync {
  const copy = join(scratch, 'damaged');
  copyFileSync(path, copy);
  const hasLog = existsSync(`${path}-wal`);
  if (hasLog) copyFileSync(`${path}-wal`, `${copy}-wal`);
  const { pageBytes, pages } = pagesOf(copy);
  const there = Math.floor(statSync(copy).size / pageBytes);
  if (there < pages) {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(there);
    const file = openSync(copy, 'r+');
    writeSync(file, count, 0, 4, PAGE_COUNT_AT);
    closeSync(file);
    truncateSync(copy, there * pageBytes);
  }
  const database = new DatabaseSync(copy, { readOnly: !hasLog });
  database.exec('PRAGMA trusted_schema = OFF');
  return database;
}

/** Where SQLite's header says how many pages there are (sqlite.org/fileformat2.html §1.3). */
const PAGE_COUNT_AT = 28;

/** So many places that cannot be read are leaped over, each by at most so many rows. */
const GAPS_MAX = 50;
const GAP_ROWS_MAX = 100_000;

interface Row {
  readonly row: number;
  readonly id: string;
  readonly seq: number;
  readonly json: string;
}

/** Every row of the table that can be read, in the order it was written. */
function readableRows(database: DatabaseSync, table: string, id: string): readonly Row[] {
  const rows: Row[] = [];
  const select = (limit: string): StatementSync =>
    database.prepare(`SELECT rowid AS row, ${id} AS id, seq, json FROM ${table} NOT INDEXED WHERE rowid >= ? ORDER BY rowid ${limit}`);
  try {
    const [all, one] = [select(''), select('LIMIT 1')];
    const isReadable = (row: number): boolean => succeeds(() => one.get(row));
    let from: number | null = 0;
    for (let gap = 0; gap < GAPS_MAX && from !== null; gap++) {
      let next: number = from;
      const ended = succeeds(() => {
        for (const row of all.iterate(next) as Iterable<unknown> as Iterable<Row>) {
          rows.push(row);
          next = row.row + 1;
        }
      });
      from = ended ? null : firstReadable(next, isReadable);
    }
  } catch {
    // Not even the table is there.
  }
  return rows;
}

/** The first row behind a gap that begins at `from`: leaps that double, then halving back. Null when there is none. */
function firstReadable(from: number, isReadable: (row: number) => boolean): number | null {
  let step = 1;
  while (!isReadable(from + step)) {
    step *= 2;
    if (step > GAP_ROWS_MAX) return null;
  }
  let [unreadable, readable] = [from, from + step];
  while (readable - unreadable > 1) {
    const middle = Math.floor((readable + unreadable) / 2);
    if (isReadable(middle)) readable = middle;
    else unreadable = middle;
  }
  return readable;
}

function succeeds(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

function salvage<State>(database: DatabaseSync, table: string, id: string, fold: (state: State | null, json: string) => State): Salvaged<State>[] {
  const byId = Map.groupBy(readableRows(database, table, id), (row) => row.id);
  return [...byId].flatMap(([name, rows]) => {
    let state: State | null = null;
    const events: string[] = [];
    for (const { seq, json } of rows.toSorted((a, b) => a.seq - b.seq)) {
      if (seq !== events.length + 1) break;
      try {
        state = fold(state, json);
      } catch {
        break;
      }
      events.push(json);
    }
    return state === null ? [] : [{ id: name, state, events, dropped: rows.length - events.length }];
  });
}

function readTrips(path: string, database: DatabaseSync, studyId: string, trial: number): Trips[] {
  try {
    const row = database.prepare('SELECT * FROM round_trips WHERE study_id = ? AND trial = ?').get(studyId, trial) as unknown as Trips | undefined;
    if (row === undefined) return [];
    unpackRoundTrips(path, trial, row);
    return [row];
  } catch {
    return [];
  }
}

/** The copy is another project: both may be open. */
function readMeta(database: DatabaseSync, path: string): Record<string, string> {
  let name = basename(path, extname(path));
  try {
    name = (database.prepare("SELECT value FROM meta WHERE key = 'name'").get() as { value: string } | undefined)?.value ?? name;
  } catch {
    // The name of the file has to do.
  }
  return { 'project-id': randomUUID(), name, 'created-at': new Date().toISOString() };
}

function write(path: string, studies: readonly Salvaged<Study>[], sweeps: readonly Salvaged<Sweep>[], trips: readonly Trips[]): void {
  const database = new DatabaseSync(path);
  try {
    database.exec('BEGIN');
    const event = database.prepare('INSERT INTO event (study_id, seq, json) VALUES (?, ?, ?)');
    for (const { id, events } of studies) events.forEach((json, i) => event.run(id, i + 1, json));
    const sweepEvent = database.prepare('INSERT INTO sweep_event (sweep_id, seq, json) VALUES (?, ?, ?)');
    for (const { id, events } of sweeps) events.forEach((json, i) => sweepEvent.run(id, i + 1, json));
    const columns = database.prepare('INSERT INTO round_trips (study_id, trial, count, start_ms, round_trip_ms, replica, fault, excluded, width) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
    for (const row of trips) {
      columns.run(row.study_id, row.trial, row.count, row.start_ms, row.round_trip_ms, row.replica, row.fault, row.excluded, row.width ?? null);
    }
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

function describe({ id, state, events, dropped }: Salvaged<Study>, trips: readonly Trips[]): string {
  const finished = state.trials.filter((trial) => trial.state === 'complete' || trial.state === 'failed');
  const without = state.trials.filter(({ number, state: is }) => is === 'complete' && !trips.some((row) => row.study_id === id && row.trial === number)).length;
  return [
    `“${state.spec.name}”: ${counted(finished.length, 'finished trial is', 'finished trials are')} whole, ${events.length} events`,
    ...(dropped > 0 ? [`${dropped} later ones did not follow and are left out`] : []),
    ...(without > 0 ? [`the round trips of ${counted(without, 'trial')} are lost`] : []),
  ].join('; ') + '.';
}

function freePath(path: string): string {
  const extension = extname(path);
  const stem = join(dirname(realPath(path)), basename(path, extension));
  for (let copy = 1; ; copy++) {
    const free = `${stem} repaired${copy === 1 ? '' : ` ${copy}`}${extension || '.servescape'}`;
    if (!existsSync(free)) return free;
  }
}
