import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../main/domain/random.ts';
import { countFinished } from '../../main/domain/study.ts';
import { createProjectFile, openProjectFile } from '../../main/project/project-file.ts';
import { recoverInterrupted } from '../../main/project/recovery.ts';
import { at, runStarted, sampleSpec, sampleRoundTrips, trialEvents } from './sample-study.ts';
import { temporaryFolder } from './temporary-folder.ts';

const KILLS = Number(process.env['KILL_POINTS'] ?? 15);
const writer = fileURLToPath(new URL('./write-for-ever.ts', import.meta.url));

interface Acknowledged {
  /** Number of the last event. */
  readonly events: number;
  /** Trials whose round trips were kept. */
  readonly trips: readonly number[];
}

/** Lets the writer acknowledge `writes` writes, kills it without warning, and returns what it had acknowledged. */
async function killAfter(path: string, writes: number, saveAsEvery = 0): Promise<Acknowledged> {
  const child = spawn(process.execPath, [writer, path, String(saveAsEvery)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  const closed = once(child, 'close');
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.split('\n').length > writes) child.kill('SIGKILL');
  });
  await closed;
  if (child.signalCode !== 'SIGKILL') throw new Error(`the writer ended by itself: ${text}`);
  const lines = text.slice(0, text.lastIndexOf('\n')).split('\n');
  const numbers = (what: string): number[] =>
    lines.filter((line) => line.startsWith(what)).map((line) => Number(line.split(' ')[1]));
  return { events: numbers('event').at(-1) ?? 0, trips: numbers('trips') };
}

function newFile(folder: string): string {
  const project = createProjectFile(join(folder, 'p.servescape'), { name: 'p' });
  project.createStudy(sampleSpec('Drill', 10_000), at(0));
  project.close();
  return project.path;
}

describe('kill -9', () => {
  it(`loses nothing that was acknowledged, at ${KILLS} seeded points of one file's life`, async () => {
    const folder = temporaryFolder();
    const path = newFile(folder);
    const random = createRandom('kill drill');
    let finishedBefore = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const acknowledged = await killAfter(path, random.integer(1, 40));
      const project = openProjectFile(path);
      expect(project.readOnly).toBeNull();
      const seqs = project.events('study-1').map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.map((_, i) => i + 1));
      expect(seqs.length).toBeGreaterThanOrEqual(acknowledged.events);
      for (const trial of acknowledged.trips) expect(project.roundTrips('study-1', trial)).not.toBeNull();
      const study = project.study('study-1');
      expect(countFinished(study)).toBeGreaterThanOrEqual(finishedBefore);
      expect(new Set(study.trials.map(({ number }) => number)).size).toBe(study.trials.length);
      finishedBefore = countFinished(study);
      project.close();
      expect(readdirSync(folder)).toEqual(['p.servescape']);
    }
    expect(finishedBefore).toBeGreaterThan(KILLS);
  });

  it('leaves whole files wherever it strikes while files are copied', async () => {
    const folder = temporaryFolder();
    const path = newFile(folder);
    const random = createRandom('copies');
    for (let kill = 0; kill < Math.ceil(KILLS / 3); kill++) {
      await killAfter(path, random.integer(3, 25), 1);
      for (const name of readdirSync(folder).filter((entry) => entry.endsWith('.servescape') && !entry.startsWith('.'))) {
        const project = openProjectFile(join(folder, name));
        const seqs = project.events('study-1').map(({ seq }) => seq);
        expect(seqs).toEqual(seqs.map((_, i) => i + 1));
        project.close();
      }
    }
    openProjectFile(path.replace('.servescape', '-copy0.servescape')).close();
    openProjectFile(path.replace('.servescape', '-copy1.servescape')).close();
    const left = readdirSync(folder).filter((name) => !/^p(-copy[01])?\.servescape$/.test(name));
    expect(left).toEqual([]);
  });
});

describe('two processes on one file', () => {
  it('lets the second one read, says who writes, and hands over when the first is killed', async () => {
    const path = newFile(temporaryFolder());
    const project = openProjectFile(path);
    project.store('study-1').append(runStarted);
    const child = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(3);
    expect(said).toContain(`process ${process.pid} `);

    const reader = openProjectFile(path);
    expect(reader.readOnly).toMatch(/Another Servescape has it open/);
    expect(() => reader.store('study-1').append(trialEvents(1)[0]!)).toThrowError(/cannot be changed/);
    expect(() => reader.createStudy(sampleSpec(), at(0))).toThrowError(/cannot be changed/);
    project.store('study-1').append(trialEvents(1)[0]!);
    expect(reader.study('study-1').trials).toHaveLength(1);
    project.close();
    reader.close();

    await killAfter(path, 2);
    const next = openProjectFile(path);
    expect(next.readOnly).toBeNull();
    next.close();
    expect(readdirSync(dirname(path))).toEqual(['p.servescape']);
  });
});

describe('recovery', () => {
  it('aborts the trial in flight, ends the run, keeps the rest and says so', () => {
    const path = newFile(temporaryFolder());
    const project = openProjectFile(path);
    const store = project.store('study-1');
    expect(recoverInterrupted(project, at(1))).toEqual([]);
    store.append(runStarted);
    for (const event of trialEvents(1)) store.append(event);
    store.append(trialEvents(2)[0]!);
    store.appendRoundTrips(2, sampleRoundTrips(10));
    const said = recoverInterrupted(project, at(100));
    expect(said).toEqual(['“Drill” was interrupted: 1 of 10000 trials are kept. Trial 2 was cut off and will be tried again.']);
    const study = project.study('study-1');
    expect(study.state).toBe('ended');
    expect(study.trials.map(({ state }) => state)).toEqual(['complete', 'aborted']);
    expect(study.trials[1]!.abortReason).toBe('The app was closed while this trial ran.');
    expect(study.runs.at(-1)!.reason).toMatchObject({ kind: 'interrupted' });
    // With the last that was heard of it, not when it was opened again.
    expect(study.runs.at(-1)!.endedAt).toBe(study.trials[1]!.startedAt);
    expect(recoverInterrupted(project, at(101))).toEqual([]);
    project.close();
  });

  it('ends a run that was paused between trials', () => {
    const path = newFile(temporaryFolder());
    const project = openProjectFile(path);
    const store = project.store('study-1');
    for (const event of [runStarted, ...trialEvents(1), { kind: 'run-paused', at: at(20) } as const]) store.append(event);
    expect(recoverInterrupted(project, at(100))).toHaveLength(1);
    expect(project.study('study-1').trials.map(({ state }) => state)).toEqual(['complete']);
    project.close();
  });
});
