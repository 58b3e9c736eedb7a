import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openProjectFile } from '../../main/project/project-file.ts';
import { FORMAT_VERSION } from '../../main/project/project-format.ts';
import { recoverInterrupted } from '../../main/project/recovery.ts';
import { at, sampleRoundTrips } from './sample-study.ts';
import { temporaryFolder } from './temporary-folder.ts';

const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url));
const FORMAT_WITH_NOTES = 4;
const files = readdirSync(fixtures).filter((name) => name.endsWith('.servescape'));

it('has a fixture of every format there ever was', () => {
  expect(files.sort()).toEqual(Array.from({ length: FORMAT_VERSION }, (_, i) => `format-${i + 1}.servescape`).sort());
});

it.each(files)('opens %s, reads all of it, recovers and goes on', (name) => {
  const path = join(temporaryFolder(), name);
  copyFileSync(join(fixtures, name), path);
  const project = openProjectFile(path);
  expect(project.readOnly).toBeNull();
  expect(project.studies()).toEqual([
    { id: 'study-1', name: 'Finished', state: 'ended', trials: 5 },
    { id: 'study-2', name: 'Cut off', state: 'running', trials: 2 },
  ]);
  const study = project.study('study-1');
  expect(study.trials.map(({ state }) => state)).toEqual(['complete', 'complete', 'complete', 'complete', 'failed']);
  expect(study.incumbent).toBe(2);
  expect(study.trials[1]!.value).toBeCloseTo(2.4977, 3);
  const notes = Number(/\d+/.exec(name)![0]) >= FORMAT_WITH_NOTES;
  expect(study.note).toBe(notes ? 'Second try,\nother room.' : undefined);
  expect(study.trials.map(({ note }) => note)).toEqual([undefined, notes ? 'The window was open.' : undefined, undefined, undefined, undefined]);
  expect(project.roundTrips('study-1', 4)).toEqual(sampleRoundTrips(20, 4));
  expect(recoverInterrupted(project, at(200))).toHaveLength(1);
  expect(project.study('study-2').trials.map(({ state }) => state)).toEqual(['complete', 'aborted']);
  project.close();
});

it.each(files)('reads %s in place without leaving anything beside it', (name) => {
  const project = openProjectFile(join(fixtures, name), { readOnly: true });
  expect(project.studies()).toHaveLength(2);
  project.close();
  expect(readdirSync(fixtures).filter((entry) => entry.startsWith(name))).toEqual([name]);
});
