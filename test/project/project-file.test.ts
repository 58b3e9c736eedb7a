import fc from 'fast-check';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { foldStudy } from '../../main/domain/study.ts';
import type { StudyEvent } from '../../main/domain/study-event.ts';
import { createProjectFile, openProjectFile } from '../../main/project/project-file.ts';
import { APPLICATION_ID, FORMAT_VERSION } from '../../main/project/project-format.ts';
import { at, runStarted, sampleRoundTrips, sampleSpec, trialEvents } from './sample-study.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('a project file', () => {
  it('keeps studies, events and round trips exactly, in one file', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'p.servescape');
    const project = createProjectFile(path, { name: 'Lab 3', at: at(0) });
    const studyId = project.createStudy(sampleSpec(), at(0));
    const store = project.store(studyId);
    store.append(runStarted);
    for (let trial = 1; trial <= 7; trial++) {
      const [started, finished] = trialEvents(trial);
      store.append(started!);
      store.appendRoundTrips(trial, sampleRoundTrips(100, trial));
      store.append(finished!);
    }
    const before = project.study(studyId);
    const events = project.events(studyId);
    project.close();
    expect(readdirSync(folder)).toEqual(['p.servescape']);

    const again = openProjectFile(path);
    expect(again.name).toBe('Lab 3');
    expect(again.id).toBe(project.id);
    expect(again.readOnly).toBeNull();
    expect(again.study(studyId)).toEqual(before);
    expect(again.events(studyId)).toEqual(events);
    expect(again.lastSeq(studyId)).toBe(events.length);
    expect(again.events(studyId)[0]).toMatchObject({ seq: 1, event: { kind: 'study-created' } });
    for (let trial = 1; trial <= 7; trial++) {
      expect(again.roundTrips(studyId, trial)).toEqual(sampleRoundTrips(100, trial));
    }
    expect(again.roundTrips(studyId, 8)).toBeNull();
    expect(again.studies()).toEqual([{ id: studyId, name: 'Digits', state: 'running', trials: 7 }]);
    again.close();
  });

  it('carries its application id and format in the header', () => {
    const path = join(temporaryFolder(), 'p.servescape');
    createProjectFile(path, { name: 'p' }).close();
    const header = readFileSync(path);
    expect(header.readUInt32BE(68)).toBe(APPLICATION_ID);
    expect(header.readUInt32BE(60)).toBe(FORMAT_VERSION);
  });

  it('numbers studies within the file and keeps them in order', () => {
    const path = join(temporaryFolder(), 'p.servescape');
    const project = createProjectFile(path, { name: 'p' });
    const ids = Array.from({ length: 11 }, (_, i) => project.createStudy(sampleSpec(`S${i}`), at(i)));
    expect(ids.at(-1)).toBe('study-11');
    project.close();
    const again = openProjectFile(path);
    expect(again.studies().map(({ id }) => id)).toEqual(ids);
    again.close();
  });

  it('refuses an event that does not follow, and one that would not read back, and stays as it was', () => {
    const path = join(temporaryFolder(), 'p.servescape');
    const project = createProjectFile(path, { name: 'p' });
    const studyId = project.createStudy(sampleSpec(), at(0));
    const store = project.store(studyId);
    const before = project.study(studyId);
    expect(() => store.append(trialEvents(2)[0]!)).toThrowError(/out of order/);
    const unreadable = { ...trialEvents(1)[0]!, configuration: { replicas: Number.NaN } } as StudyEvent;
    expect(() => store.append(unreadable)).toThrowError(/cannot be stored/);
    expect(project.study(studyId)).toEqual(before);
    expect(store.append(trialEvents(1)[0]!).seq).toBe(2);
    project.close();
  });

  it('never changes or removes an event, whoever asks', () => {
    const path = join(temporaryFolder(), 'p.servescape');
    const project = createProjectFile(path, { name: 'p' });
    project.createStudy(sampleSpec(), at(0));
    project.close();
    const raw = new DatabaseSync(path);
    expect(() => raw.exec('DELETE FROM event')).toThrowError(/append-only/);
    expect(() => raw.exec("UPDATE event SET json = ''")).toThrowError(/append-only/);
    raw.close();
  });

  it('keeps any sequence of events such that the file folds to the same study', () => {
    const folder = temporaryFolder();
    let run = 0;
    const step = fc.record({ action: fc.constantFrom('trial', 'start-only', 'pause', 'spec', 'end'), seed: fc.nat(1000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const path = join(folder, `${run++}.servescape`);
        const project = createProjectFile(path, { name: 'p' });
        const studyId = project.createStudy(sampleSpec(), at(0));
        const store = project.store(studyId);
        const events = stepsToEvents(steps);
        for (const event of events) store.append(event);
        const expected = foldStudy([{ kind: 'study-created', at: at(0), studyId, spec: sampleSpec() }, ...events]);
        expect(store.study()).toEqual(expected);
        project.close();
        const again = openProjectFile(path);
        expect(again.study(studyId)).toEqual(expected);
        again.close();
      }),
      { numRuns: 30, seed: 20_261 },
    );
  });

  it('keeps any round trips bit for bit', () => {
    const path = join(temporaryFolder(), 'p.servescape');
    const project = createProjectFile(path, { name: 'p' });
    const studyId = project.createStudy(sampleSpec(), at(0));
    const store = project.store(studyId);
    let trial = 0;
    fc.assert(
      fc.property(fc.nat(300), fc.nat(), (count, seed) => {
        const trips = sampleRoundTrips(count, seed);
        store.appendRoundTrips(++trial, trips);
        expect(project.roundTrips(studyId, trial)).toEqual(trips);
      }),
      { numRuns: 30, seed: 20_262 },
    );
    expect(() => store.appendRoundTrips(1, sampleRoundTrips(1))).toThrowError(/UNIQUE/);
    project.close();
  });
});

describe('save as', () => {
  it('goes on in the new file and leaves the old one as it was', () => {
    const folder = temporaryFolder();
    const project = createProjectFile(join(folder, 'old'), { name: 'p' });
    const studyId = project.createStudy(sampleSpec(), at(0));
    const store = project.store(studyId);
    store.append(trialEvents(1)[0]!);
    project.saveAs(join(folder, 'new.servescape'));
    expect(project.path).toBe(join(folder, 'new.servescape'));
    store.append(trialEvents(1)[1]!);
    const whole = project.study(studyId);
    project.close();
    expect(readdirSync(folder).sort()).toEqual(['new.servescape', 'old.servescape']);
    const reopened = openProjectFile(join(folder, 'new.servescape'));
    expect(reopened.study(studyId)).toEqual(whole);
    reopened.close();
    const old = openProjectFile(join(folder, 'old.servescape'));
    expect(old.events(studyId)).toHaveLength(2);
    old.close();
  });

  it('drops the old file of a draft, and refuses to save a read-only file over itself', () => {
    const folder = temporaryFolder();
    const project = createProjectFile(join(folder, 'draft'), { name: 'p' });
    const reader = openProjectFile(project.path);
    expect(() => reader.saveAs(reader.path)).toThrowError(/cannot be changed/);
    project.saveAs(project.path);
    reader.saveAs(join(folder, 'copy'), { dropOld: true });
    reader.close();
    project.saveAs(join(folder, 'kept'), { dropOld: true });
    project.close();
    expect(readdirSync(folder).sort()).toEqual(['copy.servescape', 'kept.servescape']);
  });

  it('has one writer by whatever name the file is opened', () => {
    const folder = temporaryFolder();
    const project = createProjectFile(join(folder, 'p'), { name: 'p' });
    symlinkSync(folder, join(folder, 'link'));
    const second = openProjectFile(join(folder, 'link', 'p.servescape'));
    expect(second.readOnly).toMatch(/Another Servescape/);
    expect(second.path).toBe(project.path);
    second.close();
    project.close();
  });

  it('replaces a whole project, and not one whose log would be mixed in', () => {
    const folder = temporaryFolder();
    createProjectFile(join(folder, 'there'), { name: 'other' }).close();
    const project = createProjectFile(join(folder, 'mine'), { name: 'mine' });
    project.saveAs(join(folder, 'there.servescape'));
    project.close();
    const reopened = openProjectFile(join(folder, 'there.servescape'));
    expect(reopened.name).toBe('mine');
    reopened.close();
  });

  it('refuses to replace a file that is not a project, or one that is open', () => {
    const folder = temporaryFolder();
    const foreign = join(folder, 'thesis.servescape');
    writeFileSync(foreign, 'my only copy');
    const project = createProjectFile(join(folder, 'mine'), { name: 'mine' });
    expect(() => project.saveAs(foreign)).toThrowError(/not a Servescape project/);
    expect(readFileSync(foreign, 'utf8')).toBe('my only copy');
    const other = createProjectFile(join(folder, 'other'), { name: 'other' });
    expect(() => project.saveAs(other.path)).toThrowError(/open/);
    expect(() => project.saveAs(join(folder, 'no', 'such', 'folder'))).toThrowError(/Nothing can be written/);
    expect(project.path).toBe(join(folder, 'mine.servescape'));
    project.createStudy(sampleSpec(), at(0));
    other.close();
    project.close();
    expect(readdirSync(folder).sort()).toEqual(['mine.servescape', 'other.servescape', 'thesis.servescape']);
  });
});

function stepsToEvents(steps: readonly { readonly action: string; readonly seed: number }[]): StudyEvent[] {
  const events: StudyEvent[] = [runStarted];
  let trial = 0;
  for (const { action, seed } of steps) {
    if (action === 'trial') events.push(...trialEvents(++trial, seed));
    else if (action === 'start-only') events.push(trialEvents(++trial, seed)[0]!);
    else if (action === 'pause') events.push({ kind: 'run-paused', at: at(seed) }, { kind: 'run-continued', at: at(seed) });
    else if (action === 'spec') events.push({ kind: 'spec-changed', at: at(seed), spec: sampleSpec(`n${seed}`, 50 + seed) });
    else events.push({ kind: 'run-ended', at: at(seed), reason: { kind: 'user', text: 'Stopped.' } }, runStarted);
  }
  return events;
}
