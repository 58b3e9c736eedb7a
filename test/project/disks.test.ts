import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createProjectFile, openProjectFile } from '../../main/project/project-file.ts';
import { recoverInterrupted } from '../../main/project/recovery.ts';
import { at, runStarted, sampleRoundTrips, sampleSpec, trialEvents } from './sample-study.ts';
import { temporaryFolder } from './temporary-folder.ts';

const mountable = process.platform === 'linux' && process.getuid?.() === 0 && canMount();

function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A disk of its own, a few megabytes; needs root. */
function smallDisk(megabytes: number): string {
  const disk = join(temporaryFolder(), 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', disk]);
  onTestFinished(() => {
    try {
      execFileSync('umount', ['-l', disk], { stdio: 'ignore' });
    } catch {
      // It was taken out by the test.
    }
  });
  return disk;
}

function codeOf(act: () => unknown): string {
  try {
    act();
    return 'done';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe.runIf(mountable)('a real disk (needs root to mount one)', () => {
  it('that fills up refuses in words, keeps everything that was told, and goes on when there is room', () => {
    const disk = smallDisk(3);
    const project = createProjectFile(join(disk, 'p.servescape'), { name: 'p' });
    const store = project.store(project.createStudy(sampleSpec('Full', 10_000), at(0)));
    store.append(runStarted);
    let trial = 0;
    let refused = '';
    while (refused === '' && trial < 2000) {
      const [started, finished] = trialEvents(trial + 1);
      const code = codeOf(() => {
        store.append(started!);
        store.appendRoundTrips(trial + 1, sampleRoundTrips(4000, trial));
        store.append(finished!);
      });
      if (code === 'done') trial++;
      else refused = code;
    }
    expect(refused).toBe('disk-full');
    expect(codeOf(() => project.saveAs(join(disk, 'copy.servescape')))).toBe('disk-full');
    expect(readdirSync(disk).filter((name) => name.includes('copy'))).toEqual([]);
    project.close();

    execFileSync('mount', ['-o', 'remount,size=16m', disk]);
    const again = openProjectFile(project.path);
    recoverInterrupted(again, at(100_000));
    const { trials } = again.study('study-1');
    expect(trials.filter(({ state }) => state === 'complete' || state === 'failed')).toHaveLength(trial);
    for (let number = 1; number <= trial; number++) expect(again.roundTrips('study-1', number)).not.toBeNull();
    again.close();
    expect(readdirSync(disk)).toEqual(['p.servescape']);
  });

  it('that is taken out while the project is open refuses in words and lets go', () => {
    const disk = smallDisk(4);
    const project = createProjectFile(join(disk, 'p.servescape'), { name: 'p' });
    const store = project.store(project.createStudy(sampleSpec(), at(0)));
    store.append(runStarted);
    execFileSync('umount', ['-l', disk]);
    expect(codeOf(() => store.append(trialEvents(1)[0]!))).toBe('project-missing');
    const kept = join(temporaryFolder(), 'rescued.servescape');
    project.saveAs(kept);
    expect(project.study('study-1').runs).toHaveLength(1);
    store.append(trialEvents(1)[0]!);
    project.close();
    expect(openAndClose(kept)).toBeNull();
  });

  it('that may only be read opens read-only, says why and leaves nothing there', () => {
    const disk = smallDisk(4);
    const project = createProjectFile(join(disk, 'p.servescape'), { name: 'p' });
    project.createStudy(sampleSpec(), at(0));
    project.close();
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    expect(openAndClose(project.path)).toBe('It lies on a disk that cannot be written.');
    expect(readdirSync(disk)).toEqual(['p.servescape']);
  });
});

function openAndClose(path: string): string | null {
  const project = openProjectFile(path);
  project.close();
  return project.readOnly;
}
