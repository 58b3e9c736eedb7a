import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appFolders, dataFolder, draftPath, isDraft } from '../../main/project/app-folders.ts';
import { isProjectName, listFiles, pathInsideHome } from '../../main/project/file-listing.ts';
import { createProjectFile, openProjectFile } from '../../main/project/project-file.ts';
import { createRecentFiles } from '../../main/project/recent-files.ts';
import { at, runStarted, sampleSpec, trialEvents } from './sample-study.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('recent files', () => {
  it('lists newest first with state, progress and best, and leaves the files alone', () => {
    const folder = temporaryFolder();
    const project = createProjectFile(join(folder, 'digits'), { name: 'digits' });
    const store = project.store(project.createStudy(sampleSpec('Digits', 5), at(0)));
    store.append(runStarted);
    for (const trial of [1, 2, 3]) for (const event of trialEvents(trial)) store.append(event);
    const recent = createRecentFiles(folder);
    recent.add(join(folder, 'gone.servescape'), at(1));
    recent.add(project.path, at(2));
    // Also while it is open and being written.
    expect(recent.list()[0]).toMatchObject({ state: 'running', progress: '3 of 5 trials' });
    project.close();
    expect(recent.list()).toEqual([
      { path: project.path, name: 'digits', at: at(2), found: true, state: 'running', progress: '3 of 5 trials', best: 'best 2.498 ± 0.025 ms' },
      { path: join(folder, 'gone.servescape'), name: 'gone', at: at(1), found: false, state: null, progress: '', best: '' },
    ]);
    expect(readdirSync(folder).sort()).toEqual(['digits.servescape', 'recent.json']);
    recent.add(join(folder, 'gone.servescape'), at(3));
    expect(recent.list().map(({ name }) => name)).toEqual(['gone', 'digits']);
    recent.remove(project.path);
    expect(createRecentFiles(folder).list().map(({ name }) => name)).toEqual(['gone']);
  });

  it('reads a file that did not change only once, and one that is open not at all', () => {
    const folder = temporaryFolder();
    const project = createProjectFile(join(folder, 'digits'), { name: 'digits' });
    const store = project.store(project.createStudy(sampleSpec('Digits', 5), at(0)));
    store.append(runStarted);
    const recent = createRecentFiles(folder, () => project);
    recent.add(project.path, at(2));
    for (const event of trialEvents(1)) store.append(event);
    expect(recent.list()[0]).toMatchObject({ progress: '1 of 5 trials' });
    project.close();

    const asked: string[] = [];
    const later = createRecentFiles(folder, (path) => (asked.push(path), null));
    expect(later.list()[0]).toMatchObject({ progress: '1 of 5 trials' });
    expect(later.list()[0]).toMatchObject({ progress: '1 of 5 trials' });
    expect(asked).toEqual([project.path]); // Closing had changed it.
    const again = openProjectFile(project.path);
    for (const event of trialEvents(2)) again.store('study-1').append(event);
    expect(later.list()[0]).toMatchObject({ progress: '2 of 5 trials' });
    again.createStudy(sampleSpec('Second', 7), at(9));
    expect(later.list()[0]).toMatchObject({ state: 'draft', progress: '2 studies, the last 0 of 7 trials' });
    again.close();
  });

  it('says that a file cannot be read', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'bad.servescape');
    writeFileSync(path, 'nothing of ours');
    const recent = createRecentFiles(folder);
    recent.add(path, at(1));
    expect(recent.list()).toMatchObject([{ found: true, state: null, progress: 'cannot be read' }]);
    expect(readFileSync(path, 'utf8')).toBe('nothing of ours');
  });

  it.each(['{', '[{"path":7}]', ''])('sets an unreadable list (%s) aside instead of emptying it', (content) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'recent.json'), content);
    const recent = createRecentFiles(folder);
    expect(recent.list()).toEqual([]);
    recent.add('/somewhere/a.servescape', at(1));
    expect(readFileSync(join(folder, 'recent.json.bad'), 'utf8')).toBe(content);
    expect(recent.list()).toHaveLength(1);
  });
});

describe('app folders', () => {
  it.each([
    ['linux', {}, '/home/ann/.local/share/servescape'],
    ['linux', { XDG_DATA_HOME: '/data' }, '/data/servescape'],
    ['darwin', {}, '/home/ann/Library/Application Support/Servescape'],
    ['win32', { APPDATA: '/roaming' }, '/roaming/Servescape'],
    ['win32', { SERVESCAPE_DATA: '/test' }, '/test'],
  ] as const)('%s %j', (platform, env, expected) => {
    expect(dataFolder({ platform, env, home: '/home/ann' })).toBe(expected);
  });

  it('gives a draft a path that any file system takes', () => {
    const folder = temporaryFolder();
    const folders = appFolders({ platform: 'linux', env: { SERVESCAPE_DATA: join(folder, 'data') }, home: folder });
    const path = draftPath(folders, '../Übung: 3/4?', new Date(at(0)));
    expect(path).toBe(join(folders.drafts, 'Übung- 3-4 2026-01-01 000000.servescape'));
    writeFileSync(path, '');
    expect(draftPath(folders, '../Übung: 3/4?', new Date(at(0)))).toBe(path.replace('000000', '000000 2'));
    expect(isDraft(folders, path)).toBe(true);
    expect(isDraft(folders, join(folder, 'mine.servescape'))).toBe(false);
    expect(draftPath(folders, '///', new Date(at(0)))).toContain('Untitled');
  });
});

describe('the in-page picker', () => {
  it('lists folders and projects, leaves out hidden files, others and links that lead out', () => {
    const folder = temporaryFolder();
    const home = join(folder, 'home');
    for (const name of ['home/course', 'home/.secret', 'outside']) mkdirSync(join(folder, name), { recursive: true });
    for (const name of ['home/b.servescape', 'home/a.servescape', 'home/.h.servescape', 'home/notes.txt', 'outside/x.servescape']) {
      writeFileSync(join(folder, name), '');
    }
    symlinkSync(join(folder, 'outside'), join(home, 'way-out'));
    symlinkSync(join(home, 'course'), join(home, 'way-in'));
    symlinkSync(join(home, 'nowhere'), join(home, 'broken'));
    const listing = listFiles(null, isProjectName, home);
    expect(listing).toMatchObject({ folder: home, parent: null });
    expect(listing.entries.map(({ name, kind }) => [name, kind])).toEqual([
      ['course', 'folder'], ['way-in', 'folder'], ['a.servescape', 'file'], ['b.servescape', 'file'],
    ]);
    expect(listFiles(join(home, 'course'), isProjectName, home)).toMatchObject({ parent: home, entries: [] });
    for (const way of ['..', '../outside', join(home, '..'), join(home, 'way-out'), '/', '/etc', join(home, 'nowhere')]) {
      expect(() => listFiles(way, isProjectName, home), way).toThrowError(/not a folder below your home/);
    }
    expect(pathInsideHome(join(home, 'new.servescape'), home)).toBe(join(home, 'new.servescape'));
    expect(() => pathInsideHome(join(home, 'way-out', 'x.servescape'), home)).toThrowError(/below your home/);
    symlinkSync(join(folder, 'outside', 'x.servescape'), join(home, 'link.servescape'));
    expect(() => pathInsideHome(join(home, 'link.servescape'), home)).toThrowError(/below your home/);
    rmSync(join(home, 'broken'));
  });
});
