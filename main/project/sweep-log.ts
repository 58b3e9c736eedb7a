import { ServescapeError } from '../domain/errors.ts';
import { applySweepEvent, sweepEventSchema, type Sweep, type SweepEvent } from '../domain/sweep.ts';
import { damaged } from './project-errors.ts';
import type { ProjectDatabase } from './project-database.ts';

/** Every sweep of the file, in the order they were created. A file of format 1, opened to read only, has none. */
export function listSweeps(open: ProjectDatabase): readonly Sweep[] {
  if (!hasSweeps(open)) return [];
  const rows = open.database.prepare('SELECT sweep_id FROM sweep_event GROUP BY sweep_id ORDER BY min(rowid)').all() as { sweep_id: string }[];
  return rows.map(({ sweep_id }) => readSweep(open, sweep_id).sweep);
}

/** The sweep and the number of its last event. Throws `not-found`, `project-damaged`. */
export function readSweep(open: ProjectDatabase, sweepId: string): { readonly sweep: Sweep; readonly seq: number } {
  let sweep: Sweep | null = null;
  let seq = 0;
  const rows = hasSweeps(open) ? open.database.prepare('SELECT seq, json FROM sweep_event WHERE sweep_id = ? ORDER BY seq').iterate(sweepId) : [];
  for (const row of rows as Iterable<{ seq: number; json: string }>) {
    if (row.seq !== seq + 1) throw damaged(open.path, `event ${seq + 1} of sweep “${sweepId}” is missing`);
    ({ seq } = row);
    try {
      sweep = applySweepEvent(sweep, sweepEventSchema.parse(JSON.parse(row.json)));
    } catch (error) {
      throw damaged(open.path, `event ${seq} of sweep “${sweepId}” cannot be read`, error);
    }
  }
  if (sweep === null) throw new ServescapeError('not-found', `There is no sweep “${sweepId}” in ${open.path}.`);
  return { sweep, seq };
}

/** What is written must read back. */
export function writeSweepEvent(open: ProjectDatabase, sweepId: string, seq: number, event: SweepEvent): void {
  const json = JSON.stringify(event);
  sweepEventSchema.parse(JSON.parse(json));
  open.database.prepare('INSERT INTO sweep_event (sweep_id, seq, json) VALUES (?, ?, ?)').run(sweepId, seq, json);
}

function hasSweeps(open: ProjectDatabase): boolean {
  return open.database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'sweep_event'").get() !== undefined;
}
