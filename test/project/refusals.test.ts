import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createProjectFile, openProjectFile } from '../../main/project/project-file.ts';
import { damaged } from '../../main/project/project-errors.ts';
import { FORMAT_VERSION } from '../../main/project/project-format.ts';
import { at, runStarted, sampleRoundTrips, sampleSpec, trialEvents } from './sample-study.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A closed file with one study of 20 trials. */
function sampleFile(folder: string): string {
  const project = createProjectFile(join(folder, 'p.servescape'), { name: 'p' });
  const store = project.store(project.createStudy(sampleSpec(), at(0)));
  store.append(runStarted);
  for (let trial = 1; trial <= 20; trial++) {
    for (const event of trialEvents(trial)) store.append(event);
    store.appendRoundTrips(trial, sampleRoundTrips(200, trial));
  }
  project.close();
  return project.path;
}

/** Edits the closed file behind the program's back. */
function tamper(path: string, sql: string): void {
  const raw = new DatabaseSync(path);
  raw.exec(`DROP TRIGGER event_is_never_changed; DROP TRIGGER event_is_never_removed; ${sql}`);
  raw.close();
}

function codeOf(open: () => unknown): string {
  try {
    open();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'opened';
}

describe('opening', () => {
  it('says that a file is missing, and makes none', () => {
    const folder = temporaryFolder();
    expect(codeOf(() => openProjectFile(join(folder, 'gone.servescape')))).toBe('project-missing');
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['text', Buffer.from('Dear diary, this is not a database at all. '.repeat(10))],
    ['a short text', Buffer.from('hi')],
    ['a zip', Buffer.from([0x50, 0x4b, 3, 4, ...Array<number>(200).fill(7)])],
  ])('refuses %s as foreign and leaves it as it is', (_, content) => {
    const path = join(temporaryFolder(), 'p.servescape');
    writeFileSync(path, content);
    expect(codeOf(() => openProjectFile(path))).toBe('project-foreign');
    expect(codeOf(() => createProjectFile(path, { name: 'p' }))).toBe('conflict');
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  it('refuses the database of another program, and a folder', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'p.servescape');
    const raw = new DatabaseSync(path);
    raw.exec('CREATE TABLE bookmarks (url TEXT)');
    raw.close();
    const before = readFileSync(path);
    expect(codeOf(() => openProjectFile(path))).toBe('project-foreign');
    expect(readFileSync(path).equals(before)).toBe(true);
    mkdirSync(join(folder, 'folder.servescape'));
    expect(codeOf(() => openProjectFile(join(folder, 'folder.servescape')))).toBe('project-foreign');
  });

  it('refuses a newer format and says which', () => {
    const path = sampleFile(temporaryFolder());
    const raw = new DatabaseSync(path);
    raw.exec(`PRAGMA user_version = ${FORMAT_VERSION + 6}`);
    raw.close();
    expect(codeOf(() => openProjectFile(path))).toBe('project-newer');
    expect(() => openProjectFile(path)).toThrowError(new RegExp(`file format ${FORMAT_VERSION + 6}`));
  });

  it('finds an empty file, and a file cut off anywhere, damaged and leaves it as it is', () => {
    const folder = temporaryFolder();
    const whole = sampleFile(folder);
    const bytes = readFileSync(whole).length;
    const cut = join(folder, 'cut.servescape');
    for (const left of [0, 40, 99, 100, 4096, Math.floor(bytes / 2), bytes - 4096, bytes - 1]) {
      copyFileSync(whole, cut);
      truncateSync(cut, left);
      expect([left, codeOf(() => openProjectFile(cut))]).toEqual([left, 'project-damaged']);
      expect(readFileSync(cut).length).toBe(left);
    }
  });

  it('says what is damaged on one line, whatever the file holds', () => {
    const { message } = damaged('/p.servescape', 'malformed (\u001b[31mE\uFFFDD)\nTree 5 page 5');
    expect(message).toBe('/p.servescape is damaged: malformed ( [31mE D) Tree 5 page 5.');
  });

  it('finds overwritten pages', () => {
    const path = sampleFile(temporaryFolder());
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 4096 * 3, 4096 * 9);
    writeFileSync(path, bytes);
    expect(codeOf(() => openProjectFile(path))).toBe('project-damaged');
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it.each([
    ['bad JSON', "UPDATE event SET json = '{' WHERE seq = 7", /event 7 .*cannot be read/],
    ['an unknown kind', `UPDATE event SET json = '{"kind":"magic"}' WHERE seq = 9`, /event 9 .*cannot be read/],
    ['a gap', 'DELETE FROM event WHERE seq = 11', /event 11 .*missing/],
    ['a wrong order', 'UPDATE event SET json = (SELECT json FROM event WHERE seq = 5) WHERE seq = 3', /event 3 .*does not follow/],
  ])('names the event where the history has %s', (_, sql, message) => {
    const path = sampleFile(temporaryFolder());
    tamper(path, sql);
    const project = openProjectFile(path);
    expect(() => project.study('study-1')).toThrowError(message);
    expect(codeOf(() => project.store('study-1'))).toBe('project-damaged');
    project.close();
  });

  it('finds round trips of the wrong length', () => {
    const path = sampleFile(temporaryFolder());
    tamper(path, "UPDATE round_trips SET replica = x'00' WHERE trial = 4");
    const project = openProjectFile(path);
    expect(() => project.roundTrips('study-1', 4)).toThrowError(/trial 4 are 1 bytes/);
    expect(project.roundTrips('study-1', 5)?.startMs).toHaveLength(200);
    project.close();
  });

  it('survives any flipped byte: a typed refusal or a whole study, never a crash', () => {
    const folder = temporaryFolder();
    const whole = readFileSync(sampleFile(folder));
    const path = join(folder, 'flipped.servescape');
    for (let i = 0; i < 60; i++) {
      const bytes = Buffer.from(whole);
      const place = (i * 7919 * 13) % (i < 30 ? 200 : bytes.length);
      bytes[place] = bytes[place]! ^ (1 << (i % 8));
      writeFileSync(path, bytes);
      const code = codeOf(() => {
        const project = openProjectFile(path);
        try {
          project.studies();
          for (let trial = 1; trial <= 20; trial++) project.roundTrips('study-1', trial);
        } finally {
          project.close();
        }
      });
      expect([place, code]).toEqual([place, expect.stringMatching(/^(opened|project-(damaged|foreign|newer))$/)]);
      for (const rest of ['-wal', '-shm', '-lock']) expect(readdirSync(folder)).not.toContain(`flipped.servescape${rest}`);
    }
  });
});

describe('writing', () => {
  it('reports a full disk, keeps what was committed and goes on when there is room', () => {
    const folder = temporaryFolder();
    const path = sampleFile(folder);
    const sizeMb = readFileSync(path).length / 1024 / 1024;
    const project = openProjectFile(path, { sizeLimitMb: sizeMb + 0.02 });
    const store = project.store('study-1');
    const before = project.events('study-1').length;
    expect(codeOf(() => store.appendRoundTrips(21, sampleRoundTrips(50_000)))).toBe('disk-full');
    expect(project.roundTrips('study-1', 21)).toBeNull();
    store.append(trialEvents(21)[0]!);
    project.close();
    const again = openProjectFile(path);
    expect(again.events('study-1')).toHaveLength(before + 1);
    again.store('study-1').appendRoundTrips(21, sampleRoundTrips(50_000));
    again.close();
  });

  it('says when the file was taken away or replaced underneath', () => {
    const folder = temporaryFolder();
    const path = sampleFile(folder);
    const project = openProjectFile(path);
    const copy = readFileSync(path);
    unlinkSync(path);
    expect(codeOf(() => project.store('study-1').append(trialEvents(21)[0]!))).toBe('project-missing');
    writeFileSync(`${path}.new`, copy);
    cpSync(`${path}.new`, path);
    expect(codeOf(() => project.store('study-1').append(trialEvents(21)[0]!))).toBe('project-missing');
    expect(project.events('study-1')).toHaveLength(42);
    project.close();
  });

  it('opens what may not be written read-only, with the reason', () => {
    const folder = temporaryFolder();
    const path = sampleFile(folder);
    chmodSync(path, 0o444);
    const seen = openAsOrdinaryUser([folder], path, 0o777);
    expect(seen).toMatchObject({ readOnly: expect.stringMatching(/not change it/), trials: 20, append: 'project-read-only' });
  });

  it('opens a file in a folder that may not be written read-only, also after a killed writer', () => {
    const folder = temporaryFolder();
    const path = sampleFile(folder);
    const project = openProjectFile(path);
    project.store('study-1').append(trialEvents(21)[0]!);
    const killed = join(folder, 'killed');
    mkdirSync(killed);
    for (const rest of ['', '-wal']) copyFileSync(path + rest, join(killed, `k.servescape${rest}`));
    project.close();
    chmodSync(join(killed, 'k.servescape'), 0o666);
    const seen = openAsOrdinaryUser([killed, folder], join(killed, 'k.servescape'), 0o555);
    expect(seen).toMatchObject({ readOnly: expect.stringMatching(/folder cannot be written/), trials: 21, append: 'project-read-only' });
  });
});

/** Root may write everything, so a test that runs as root asks another user. The first folder gets `mode`. */
function openAsOrdinaryUser(folders: readonly string[], path: string, mode: number): unknown {
  for (const folder of folders) chmodSync(folder, folder === folders[0] ? mode : 0o755);
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const program = fileURLToPath(new URL('./open-and-tell.ts', import.meta.url));
  const child = spawnSync(process.execPath, [program, path], { encoding: 'utf8', ...user });
  for (const folder of folders) chmodSync(folder, 0o755);
  if (child.status !== 0) throw new Error(`${child.error ?? ''}${child.stderr}`);
  return JSON.parse(child.stdout);
}
