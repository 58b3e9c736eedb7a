import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openProjectFile } from '../../main/project/project-file.ts';

/** The command line, killed without warning while replicas answer: the real host, the real model server, the real file. */
const root = resolve(import.meta.dirname, '../..');
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'servescape-kill-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function runCli(...args: string[]): ChildProcess {
  return spawn(process.execPath, [join(root, 'main/host/cli.ts'), ...args], {
    env: { ...process.env, SERVESCAPE_DATA: join(folder, 'data') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Every process whose command line names this test's folder: replicas get their files from there. */
function replicasAlive(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return command.includes(folder) && command.includes('modelserver') ? [`${pid} ${command.replaceAll('\0', ' ')}`] : [];
      } catch {
        return [];
      }
    });
}

async function lineOf(process: ChildProcess, wanted: RegExp): Promise<void> {
  const lines = createInterface({ input: process.stderr! });
  for await (const line of lines) if (wanted.test(line)) return;
  throw new Error(`ended before ${wanted}`);
}

it.runIf(process.platform === 'linux')('loses and repeats no finished trial, and leaves no replica behind', async () => {
  const example = JSON.parse(readFileSync(join(root, 'resources/examples/mnist-digits.json'), 'utf8')) as Record<string, object>;
  const spec = {
    ...example, sampler: { kind: 'random' }, budget: { trials: 5 },
    measurement: { ...example['measurement'], requests: { kind: 'fixed', count: 300 } },
  };
  const specFile = join(folder, 'study.json');
  const projectFile = join(folder, 'study.servescape');
  writeFileSync(specFile, JSON.stringify(spec));

  const first = runCli('run', specFile, '--out', projectFile);
  await lineOf(first, /^Trial 2 finished/);
  first.kill('SIGKILL');
  await once(first, 'exit');
  await expect.poll(replicasAlive, { timeout: 30_000 }).toEqual([]);

  const before = openProjectFile(projectFile, { readOnly: true });
  const kept = before.study(before.studies()[0]!.id).trials.filter(({ state }) => state === 'complete' || state === 'failed');
  before.close();
  expect(kept.length).toBeGreaterThanOrEqual(2);

  const second = runCli('run', projectFile, '--json');
  let json = '';
  second.stdout!.on('data', (chunk: Buffer) => (json += chunk.toString()));
  const [code] = (await once(second, 'close')) as [number];
  expect(code).toBe(0);
  expect(() => JSON.parse(json) as unknown).not.toThrow();

  const after = openProjectFile(projectFile);
  const { trials, runs } = after.study(after.studies()[0]!.id);
  after.close();
  expect(trials.map(({ number }) => number)).toEqual(trials.map((_, i) => i + 1));
  for (const trial of kept) expect(trials[trial.number - 1]).toEqual(trial);
  expect(trials.filter(({ state }) => state === 'complete' || state === 'failed')).toHaveLength(5);
  const tuples = trials.filter(({ state }) => state !== 'aborted').map(({ configuration }) => JSON.stringify(configuration));
  expect(new Set(tuples).size).toBe(5);
  expect(runs.map(({ reason }) => reason?.kind)).toEqual(['interrupted', 'budget']);
  expect(replicasAlive()).toEqual([]);
});
