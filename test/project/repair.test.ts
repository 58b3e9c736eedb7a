import { copyFileSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { createRandom } from '../../main/domain/random.ts';
import { foldStudy } from '../../main/domain/study.ts';
import { keepBackup } from '../../main/project/backups.ts';
import { createProjectFile, openProjectFile, type ProjectFile } from '../../main/project/project-file.ts';
import { repairProjectFile } from '../../main/project/repair.ts';
import { at, runStarted, sampleRoundTrips, sampleSpec, trialEvents } from './sample-study.ts';
import { temporaryFolder } from './temporary-folder.ts';

const TRIALS = 30;

/** Two studies, the second begun when the first had ended: what is lost first is the end of the second. */
function sampleFile(folder: string): string {
  const project = createProjectFile(join(folder, 'p.servescape'), { name: 'p' });
  for (const name of ['First', 'Second']) {
    const store = project.store(project.createStudy(sampleSpec(name), at(0)));
    store.append(runStarted);
    for (let trial = 1; trial <= TRIALS; trial++) {
      const [started, finished] = trialEvents(trial);
      store.append(started!);
      store.appendRoundTrips(trial, sampleRoundTrips(150, trial));
      store.append(finished!);
    }
  }
  project.close();
  return project.path;
}

/** Every study is the fold of a beginning of the original's events. */
function beginningsOf(repaired: ProjectFile, original: ProjectFile): number[] {
  return repaired.studies().map(({ id }) => {
    const events = repaired.events(id);
    expect(events).toEqual(original.events(id).slice(0, events.length));
    expect(foldStudy(events.map(({ event }) => event))).toEqual(repaired.study(id));
    for (const { number } of repaired.study(id).trials) {
      const trips = repaired.roundTrips(id, number);
      if (trips !== null) expect(trips).toEqual(original.roundTrips(id, number));
    }
    return events.length;
  });
}

it('saves what is whole of a file that was cut off anywhere, and leaves the file as it is', () => {
  const folder = temporaryFolder();
  const whole = sampleFile(folder);
  const original = openProjectFile(whole, { readOnly: true });
  const bytes = readFileSync(whole).length;
  const random = createRandom('cuts');
  const saved: [share: number, events: number][] = [];
  for (let i = 0; i < 12; i++) {
    const path = join(folder, `cut${i}.servescape`);
    const left = random.integer(Math.floor(bytes / 4), bytes - 1);
    copyFileSync(whole, path);
    truncateSync(path, left);
    expect(() => openProjectFile(path)).toThrowError(/damaged/);
    const { path: to, found } = repairProjectFile(path);
    expect(readFileSync(path).length).toBe(left);
    const repaired = openProjectFile(to);
    expect(repaired.readOnly).toBeNull();
    saved.push([left / bytes, beginningsOf(repaired, original).reduce((sum, count) => sum + count, 0)]);
    expect(found[0]).toMatch(/^“First”: \d+ finished trials? (is|are) whole/);
    repaired.close();
  }
  const inOrder = saved.toSorted(([a], [b]) => a - b).map(([, events]) => events);
  expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
  expect(inOrder.at(-1)).toBeGreaterThan(2 * TRIALS);
  original.close();
});

it('saves everything before an event that cannot be read, and everything beside pages that were overwritten', () => {
  const folder = temporaryFolder();
  const whole = sampleFile(folder);
  const original = openProjectFile(whole, { readOnly: true });
  const odd = join(folder, 'odd.servescape');
  copyFileSync(whole, odd);
  const raw = new DatabaseSync(odd);
  raw.exec("DROP TRIGGER event_is_never_changed; UPDATE event SET json = '{' WHERE study_id = 'study-1' AND seq = 21");
  raw.close();
  const first = repairProjectFile(odd, join(folder, 'odd-out.servescape'));
  const mended = openProjectFile(first.path);
  expect(beginningsOf(mended, original)).toEqual([20, 2 + 2 * TRIALS]);
  expect(first.found[0]).toMatch(/later ones did not follow/);
  mended.close();

  const overwritten = join(folder, 'overwritten.servescape');
  const content = readFileSync(whole);
  content.fill(0xa5, 4096 * 20, 4096 * 26);
  writeFileSync(overwritten, content);
  const second = openProjectFile(repairProjectFile(overwritten).path);
  beginningsOf(second, original);
  second.close();
  original.close();
});

it('refuses what has no beginning and what is not ours, and leaves nothing behind', () => {
  const folder = temporaryFolder();
  const path = join(folder, 'stub.servescape');
  copyFileSync(sampleFile(temporaryFolder()), path);
  truncateSync(path, 4096);
  expect(() => repairProjectFile(path)).toThrowError(expect.objectContaining({ code: 'project-damaged' }) as Error);
  writeFileSync(join(folder, 'text.servescape'), 'Dear diary');
  expect(() => repairProjectFile(join(folder, 'text.servescape'))).toThrowError(expect.objectContaining({ code: 'project-foreign' }) as Error);
  expect(readdirSync(folder).sort()).toEqual(['stub.servescape', 'text.servescape']);
});

it('keeps a copy of each project as it was when it was opened last, twenty at most', () => {
  const folder = temporaryFolder();
  const backups = join(folder, 'backups');
  const path = sampleFile(folder);
  const project = openProjectFile(path);
  const copy = keepBackup(project, backups)!;
  project.createStudy(sampleSpec('Later'), at(0));
  const kept = openProjectFile(copy, { readOnly: true });
  expect(kept.studies()).toHaveLength(2);
  kept.close();
  expect(keepBackup(project, backups)).toBe(copy);
  project.close();
  for (let i = 0; i < 22; i++) {
    const other = createProjectFile(join(folder, `other${i}.servescape`), { name: 'other' });
    keepBackup(other, backups);
    other.close();
  }
  expect(readdirSync(backups)).toHaveLength(20);
});
