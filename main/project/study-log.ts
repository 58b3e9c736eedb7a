import type { DatabaseSync } from 'node:sqlite';
import { ServescapeError } from '../domain/errors.ts';
import { studyEventSchema, type NumberedEvent, type StudyEvent } from '../domain/study-event.ts';
import { studyFold, type Study } from '../domain/study.ts';
import { damaged } from './project-errors.ts';

/** The fold of a study's events, and the number of the last of them. */
export interface StudyLog {
  readonly lastSeq: number;
  readonly study: Study;
}

/** Far more than a trial with its histogram and its log takes; what is longer is not ours. */
const EVENT_CHARACTERS_MAX = 16 * 2 ** 20;

/** Reads and folds; `project-damaged` names the first event that is missing, unreadable or out of order. Null without a study. */
export function readStudyLog(path: string, database: DatabaseSync, studyId: string): StudyLog | null {
  const fold = studyFold();
  let study: Study | null = null;
  let lastSeq = 0;
  for (const { seq, event } of readEvents(path, database, studyId)) {
    study = folded(path, studyId, seq, () => fold(event));
    lastSeq = seq;
  }
  return study === null ? null : { lastSeq, study };
}

/** The events of a study in order, from the first; throws as above. */
export function* readEvents(path: string, database: DatabaseSync, studyId: string): Generator<NumberedEvent> {
  const huge = database.prepare('SELECT seq FROM event WHERE study_id = ? AND length(json) > ? LIMIT 1').get(studyId, EVENT_CHARACTERS_MAX) as { seq: number } | undefined;
  if (huge !== undefined) throw damaged(path, `event ${huge.seq} of study “${studyId}” is too long to be one`);
  const rows = database.prepare('SELECT seq, json FROM event WHERE study_id = ? ORDER BY seq').iterate(studyId);
  let expected = 1;
  for (const { seq, json } of rows as Iterable<{ seq: number; json: string }>) {
    if (seq !== expected) throw damaged(path, `event ${expected} of study “${studyId}” is missing`);
    expected++;
    yield { seq, event: parseEvent(path, studyId, seq, json) };
  }
}

/** What is written must read back: refuses an event that its own schema would not take from the file. */
export function writeEvent(database: DatabaseSync, studyId: string, { seq, event }: NumberedEvent): void {
  const json = JSON.stringify(event);
  const check = studyEventSchema.safeParse(JSON.parse(json));
  if (!check.success) {
    const issue = check.error.issues[0]!;
    throw new ServescapeError('internal', `The event “${event.kind}” cannot be stored: ${issue.path.join('.')} ${issue.message}.`);
  }
  database.prepare('INSERT INTO event (study_id, seq, json) VALUES (?, ?, ?)').run(studyId, seq, json);
}

function parseEvent(path: string, studyId: string, seq: number, json: string): StudyEvent {
  try {
    return studyEventSchema.parse(JSON.parse(json));
  } catch (error) {
    throw damaged(path, `event ${seq} of study “${studyId}” cannot be read`, error);
  }
}

function folded(path: string, studyId: string, seq: number, fold: () => Study): Study {
  try {
    return fold();
  } catch (error) {
    throw damaged(path, `event ${seq} of study “${studyId}” does not follow from the ones before it`, error);
  }
}
