import { randomUUID } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { ServescapeError } from '../domain/errors.ts';
import type { RoundTrips } from '../domain/round-trips.ts';
import type { NumberedEvent, StudyEvent } from '../domain/study-event.ts';
import { applySweepEvent, planSweep, type Sweep, type SweepEvent, type SweepSpec } from '../domain/sweep.ts';
import type { StudySpec } from '../domain/study-spec.ts';
import { applyStudyEvent, type Study } from '../domain/study.ts';
import type { StudySummary } from '../contract/values.ts';
import type { StudyStore } from '../study/ports.ts';
import { damaged, guarded, missing, readOnlyRefusal } from './project-errors.ts';
import { buildDatabase, openProjectDatabase, type OpenOptions, type ProjectDatabase } from './project-database.ts';
import { copyDatabaseTo, placeNewFile, realPath, sweepUnfinished } from './place-file.ts';
import { PROJECT_EXTENSION } from './project-format.ts';
import { packRoundTrips, unpackRoundTrips, type StoredColumns } from './round-trip-columns.ts';
import { readEvents, readStudyLog, writeEvent, type StudyLog } from './study-log.ts';
import { listSweeps, readSweep, writeSweepEvent } from './sweep-log.ts';

/** One study's part of the file, and its present fold. */
export interface StudyFile extends StudyStore {
  study(): Study;
}

/**
 * An open `.servescape` file. Everything is synchronous: a call that returned has been committed. The study of an
 * append is the same fold the renderer makes, so an event that does not follow is refused before it is written.
 */
export interface ProjectFile {
  /** Stays the same through Save As. Two open copies of one file share it: tell them apart by path. */
  readonly id: string;
  readonly name: string;
  readonly path: string;
  /** Why it cannot be changed, a sentence; null when it can. */
  readonly readOnly: string | null;
  studies(): readonly StudySummary[];
  /** The number of its last event. */
  lastSeq(studyId: string): number;
  /** All of them, read anew; none of a study that is not there. */
  events(studyId: string): readonly NumberedEvent[];
  study(studyId: string): Study;
  store(studyId: string): StudyFile;
  /** Ids count up within the file (`study-1`), so that a study does not depend on chance. `at`: ISO 8601. */
  createStudy(spec: StudySpec, at: string): string;
  sweeps(): readonly Sweep[];
  /** Throws `not-found`. */
  sweep(sweepId: string): Sweep;
  /** Creates the sweep and all its studies, or nothing. */
  createSweep(spec: SweepSpec, at: string): Sweep;
  appendSweepEvent(sweepId: string, event: SweepEvent): Sweep;
  /** Null when the trial has none. */
  roundTrips(studyId: string, trial: number): RoundTrips | null;
  /**
   * Copies to `path` and goes on there. Refuses to replace what is not a whole project. The old file stays as it is, or is
   * removed when `dropOld` (a draft that has found its place) and this process was its writer.
   */
  saveAs(path: string, options?: { readonly dropOld?: boolean }): void;
  /** A copy of the present state at `path`, replacing only a whole project that nobody has open. */
  copyTo(path: string): void;
  /** Leaves a single file. Idempotent. */
  close(): void;
}

export function createProjectFile(path: string, facts: { readonly name: string; readonly at?: string }): ProjectFile {
  const whole = realPath(withExtension(path));
  if (existsSync(whole)) {
    throw new ServescapeError('conflict', `There is already a file at ${whole}.`, {
      hint: 'Open it, or choose another name.',
    });
  }
  const meta = { 'project-id': randomUUID(), name: facts.name, 'created-at': facts.at ?? new Date().toISOString() };
  placeNewFile(whole, (temporary) => buildDatabase(temporary, meta));
  return openProjectFile(whole);
}

/** Opens for writing where possible, otherwise read-only with the reason. Never creates, never repairs silently. */
export function openProjectFile(path: string, options: OpenOptions = {}): ProjectFile {
  let open = openProjectDatabase(realPath(path), options);
  const { id, name } = readOrClose(open, readMeta);
  if (open.readOnly === null) sweepUnfinished(open.path);
  const logs = new Map<string, StudyLog>();
  let version = dataVersion(open);

  const log = (studyId: string): StudyLog => {
    // What is read-only here may be written by another process.
    if (open.readOnly !== null && version !== (version = dataVersion(open))) logs.clear();
    const known = logs.get(studyId);
    if (known !== undefined) return known;
    const read = guarded(open.path, () => readStudyLog(open.path, open.database, studyId));
    if (read === null) throw new ServescapeError('not-found', `There is no study “${studyId}” in ${open.path}.`);
    logs.set(studyId, read);
    return read;
  };

  const write = <T>(change: () => T, when: 'flushed' | 'with-next'): T => {
    if (!open.isInPlace()) throw missing(open.path);
    return open.commit(change, when);
  };

  const append = (studyId: string, event: StudyEvent): NumberedEvent => {
    const known = log(studyId);
    const study = applyStudyEvent(known.study, event);
    const numbered = { seq: known.lastSeq + 1, event };
    // A trial that started and then lost its power never was: it reaches the disk with the event that finishes it.
    write(() => writeEvent(open.database, studyId, numbered), event.kind === 'trial-started' ? 'with-next' : 'flushed');
    logs.set(studyId, { lastSeq: numbered.seq, study });
    return numbered;
  };

  const studyIds = (): readonly string[] =>
    guarded(open.path, () =>
      (open.database.prepare('SELECT study_id FROM event GROUP BY study_id ORDER BY min(rowid)').all() as { study_id: string }[])
        .map((row) => row.study_id),
    );

  const newStudy = (spec: StudySpec, at: string): string => {
    const taken = new Set(studyIds());
    let number = taken.size + 1;
    while (taken.has(`study-${number}`)) number++;
    const studyId = `study-${number}`;
    const event: StudyEvent = { kind: 'study-created', at, studyId, spec };
    writeEvent(open.database, studyId, { seq: 1, event });
    logs.set(studyId, { lastSeq: 1, study: applyStudyEvent(null, event) });
    return studyId;
  };

  return {
    id,
    name,
    get path() {
      return open.path;
    },
    get readOnly() {
      return open.readOnly;
    },
    studies: () =>
      studyIds().map((studyId) => {
        const { spec, state, trials } = log(studyId).study;
        return { id: studyId, name: spec.name, state, trials: trials.length };
      }),
    lastSeq: (studyId) => log(studyId).lastSeq,
    events: (studyId) => guarded(open.path, () => [...readEvents(open.path, open.database, studyId)]),
    study: (studyId) => log(studyId).study,
    store: (studyId) => {
      log(studyId);
      return {
        append: (event) => append(studyId, event),
        appendRoundTrips: (trial, trips) => write(() => writeRoundTrips(open, studyId, trial, trips), 'with-next'),
        study: () => log(studyId).study,
      };
    },
    createStudy: (spec, at) => write(() => newStudy(spec, at), 'flushed'),
    sweeps: () => guarded(open.path, () => listSweeps(open)),
    sweep: (sweepId) => guarded(open.path, () => readSweep(open, sweepId)).sweep,
    createSweep: (spec, at) => {
      const planned = planSweep(spec);
      return write(() => {
        open.database.exec('BEGIN');
        try {
          const members = planned.map(({ spec: member, value, side, repeat }) => ({ studyId: newStudy(member, at), value, side, repeat }));
          const sweepId = `sweep-${listSweeps(open).length + 1}`;
          writeSweepEvent(open, sweepId, 1, { kind: 'sweep-created', at, sweepId, spec, members });
          open.database.exec('COMMIT');
          return readSweep(open, sweepId).sweep;
        } catch (error) {
          open.database.exec('ROLLBACK');
          logs.clear();
          throw error;
        }
      }, 'flushed');
    },
    appendSweepEvent: (sweepId, event) => {
      const { sweep, seq } = guarded(open.path, () => readSweep(open, sweepId));
      const next = applySweepEvent(sweep, event);
      write(() => writeSweepEvent(open, sweepId, seq + 1, event), 'flushed');
      return next;
    },
    roundTrips: (studyId, trial) => guarded(open.path, () => readRoundTrips(open, studyId, trial)),
    saveAs: (to, { dropOld = false } = {}) => {
      const target = realPath(withExtension(to));
      if (target === open.path) {
        if (open.readOnly !== null) throw readOnlyRefusal(open.path, open.readOnly);
        return;
      }
      copyDatabaseTo(open, target);
      const moved = openProjectDatabase(target, options.sizeLimitMb === undefined ? {} : { sizeLimitMb: options.sizeLimitMb });
      const old = open;
      old.close();
      open = moved;
      version = dataVersion(open);
      if (dropOld && old.readOnly === null) rmSync(old.path, { force: true });
    },
    copyTo: (to) => copyDatabaseTo(open, realPath(withExtension(to))),
    close: () => open.close(),
  };
}

export function projectNameOf(path: string): string {
  return basename(path, PROJECT_EXTENSION);
}

function withExtension(path: string): string {
  return path.endsWith(PROJECT_EXTENSION) ? path : path + PROJECT_EXTENSION;
}

function readOrClose<T>(open: ProjectDatabase, read: (open: ProjectDatabase) => T): T {
  try {
    return guarded(open.path, () => read(open));
  } catch (error) {
    open.close();
    throw error;
  }
}

/** Changes when another connection has committed. */
function dataVersion({ path, database }: ProjectDatabase): number {
  return guarded(path, () => (database.prepare('PRAGMA data_version').get() as { data_version: number }).data_version);
}

function readMeta(open: ProjectDatabase): { readonly id: string; readonly name: string } {
  const value = (key: string): string => {
    const row = open.database.prepare('SELECT value FROM meta WHERE key = ?').get(key) as { value: string } | undefined;
    if (row === undefined) throw damaged(open.path, `its ${key} is missing`);
    return row.value;
  };
  return { id: value('project-id'), name: value('name') };
}

function writeRoundTrips(open: ProjectDatabase, studyId: string, trial: number, trips: RoundTrips): void {
  const { count, start_ms, round_trip_ms, replica, fault, excluded, width = null } = packRoundTrips(trips);
  open.database
    .prepare('INSERT INTO round_trips (study_id, trial, count, start_ms, round_trip_ms, replica, fault, excluded, width) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
    .run(studyId, trial, count, start_ms, round_trip_ms, replica, fault, excluded, width);
}

function readRoundTrips(open: ProjectDatabase, studyId: string, trial: number): RoundTrips | null {
  const row = open.database
    // Every column there is: a file of an older format that is only looked at has fewer.
    .prepare('SELECT * FROM round_trips WHERE study_id = ? AND trial = ?')
    .get(studyId, trial);
  return row === undefined ? null : unpackRoundTrips(open.path, trial, row as unknown as StoredColumns);
}
