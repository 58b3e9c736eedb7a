import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openProjectFile } from '../../main/project/project-file.ts';
import { temporaryFolder } from './temporary-folder.ts';

const fixture = fileURLToPath(new URL('./fixtures/format-3.servescape', import.meta.url));

function edited(sql: string): string {
  const path = join(temporaryFolder(), 'p.servescape');
  copyFileSync(fixture, path);
  const raw = new DatabaseSync(path);
  raw.exec(sql);
  raw.close();
  return path;
}

it.each([
  ['a view that never ends', 'DROP TABLE event; CREATE VIEW event AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT \'study-1\' AS study_id, i AS seq, \'{}\' AS json FROM n'],
  ['a trigger of its own', "CREATE TRIGGER more AFTER INSERT ON event BEGIN INSERT INTO meta VALUES (NEW.seq || NEW.study_id, 'x'); END"],
  ['another table', 'CREATE TABLE more (x)'],
  ['a table of another shape', 'DROP TABLE meta; CREATE TABLE meta (key TEXT, value TEXT AS (key || key))'],
  ['an index that computes', 'CREATE INDEX heavy ON event (hex(json))'],
  ['no table of events', 'DROP TABLE event'],
])('a file with %s is refused before anything of it is read', (_, sql) => {
  const path = edited(sql);
  const before = readFileSync(path);
  for (const readOnly of [false, true]) {
    expect(() => openProjectFile(path, { readOnly })).toThrowError(expect.objectContaining({ code: 'project-damaged' }) as Error);
  }
  expect(readFileSync(path).equals(before)).toBe(true);
});

it('an event far too long to be one is refused by its number', () => {
  const path = edited("INSERT INTO event VALUES ('study-3', 1, '\"' || hex(zeroblob(9000000)) || '\"')");
  const project = openProjectFile(path);
  expect(() => project.study('study-3')).toThrowError(/event 1 of study “study-3” is too long/);
  project.close();
});
