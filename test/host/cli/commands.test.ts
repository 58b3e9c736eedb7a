import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** The command line as users run it: a process, its two streams and its exit code. Studies run in virtual time. */
const root = resolve(import.meta.dirname, '../../..');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'servescape-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

function start(...args: string[]) {
  const child = spawn(process.execPath, [join(root, 'main/host/cli.ts'), ...args], {
    cwd: folder, env: { ...process.env, SERVESCAPE_DATA: join(folder, 'data') }, stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, stdout, stderr }));
  return { child, ended };
}
async function cli(...args: string[]) {
  const { child, ended } = start(...args);
  child.stdin.end();
  return ended;
}

interface RunReport {
  readonly file: string;
  readonly state: string;
  readonly trials: readonly { readonly number: number; readonly state: string; readonly value: number }[];
  readonly best: { readonly value: number; readonly trial: number };
}

describe('a study from template to result', () => {
  it('is written by new, and never over a file that exists', async () => {
    expect(await cli('new', 'simulated', '--out', 'sim.json')).toMatchObject({ code: 0 });
    expect(JSON.parse(await readFile(join(folder, 'sim.json'), 'utf8'))).toMatchObject({ backend: { kind: 'simulated' } });
    const again = await cli('new', 'simulated', '--out', 'sim.json');
    expect(again.code).toBe(2);
    expect(again.stderr).toMatch(/^--out: “.*sim\.json” cannot be used\. Accepted: a file that does not exist yet\./);
  });

  it('runs to its end; --json is one document with every trial and the best', async () => {
    const { code, stdout, stderr } = await cli('run', 'sim.json', '--out', 'sim.servescape', '--trials', '6', '--json');
    expect({ code, lines: stdout.trim().split('\n').length }, stderr).toEqual({ code: 0, lines: 1 });
    const report = JSON.parse(stdout) as RunReport;
    expect(report.trials.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
    const complete = report.trials.filter(({ state }) => state === 'complete');
    expect(report.trials.filter(({ state }) => state === 'failed')).toHaveLength(6 - complete.length);
    expect(report.best.value).toBe(Math.min(...complete.map(({ value }) => value)));
    expect(stderr).toMatch(/^Trial 6 (finished|failed): /m);
    expect((await stat(join(folder, 'sim.servescape'))).size).toBeGreaterThan(0);
    expect(await readdir(join(folder, 'data', 'drafts'))).toEqual([]);
  });

  it('goes on in its file when it is given more trials', async () => {
    const { code, stdout } = await cli('run', 'sim.servescape', '--trials', '8', '--json');
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as RunReport).trials).toHaveLength(8);
  });

  it('is shown as a table and as data', async () => {
    const text = await cli('show', 'sim.servescape');
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/8 of 8 trials, simulated\n/);
    expect(text.stdout).toMatch(/Best: \(.+\) in trial \d+, Mean round trip [\d.]+( ± [\d.]+)? .?s/);
    const { stdout } = await cli('show', 'sim.servescape', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ readOnly: null, studies: [{ state: 'ended', spec: { backend: { kind: 'simulated' } } }] });
  });

  it('is simulated past the lab: what is full at each step, and the word with every number', async () => {
    const options = ['scale', 'sim.servescape', '--replicas', '10,60', '--set', 'requestCostMs=0.4', '--set', 'generatorLinkMbps=10000'];
    const { code, stdout, stderr } = await cli(...options, '--json');
    expect(code, stderr).toBe(0);
    const report = JSON.parse(stdout) as { simulated: boolean; calibration: null; levels: { replicas: number; throughputRps: number; bottleneck: { station: string } }[] };
    expect(report).toMatchObject({ simulated: true, calibration: null, levels: [{ replicas: 10 }, { replicas: 60, bottleneck: { station: 'generator' } }] });
    // Eight threads at 0.4 ms a request.
    expect(report.levels[1]!.throughputRps / 20_000).toBeCloseTo(1, 1);
    const text = await cli(...options);
    expect(text.stdout).toMatch(/^Simulated past the lab: /);
    expect(text.stdout).toMatch(/The load generator’s processor is \d+ % busy \(400 µs a request\).*A second load generator would\./);
    expect(await cli('scale', 'sim.servescape', '--set', 'cost=1')).toMatchObject({ code: 2, stderr: expect.stringContaining('NAME=NUMBER with one of machineCores') });
    expect(await cli('scale', 'sim.servescape', '--replicas', '0')).toMatchObject({ code: 2, stderr: expect.stringMatching(/levels\.0: 0 cannot be used\. Accepted: at least 1/) });
  });

  it('is the same again for the same seed, and another for another', async () => {
    const best = async (seed: string, out: string): Promise<unknown> => {
      const { stdout } = await cli('run', 'sim.json', '--out', out, '--trials', '4', '--seed', seed, '--json');
      return (JSON.parse(stdout) as RunReport).trials.map(({ value }) => value);
    };
    const [first, second, other] = await Promise.all([best('7', 'a.servescape'), best('7', 'b.servescape'), best('8', 'c.servescape')]);
    expect(second).toEqual(first);
    expect(other).not.toEqual(first);
  });
});

describe('bad input ends with code 2 and one sentence that names field, value and what would be accepted', () => {
  it.each([
    [['fly'], 'command: “fly” cannot be used. Accepted: run, sweep, duel, reproduce, report, show, export, note, repair, new, try, serve, preflight, nodes, image, probe, scale, compose, deploy, clocks, sampler, load.\n'],
    [['new', 'imagenet', '--out', 'x.json'], 'TEMPLATE: “imagenet” cannot be used. Accepted: mnist, gan-svhn, opennmt, resnet-cifar10, deepspeech, simulated, simulated-gpu.\n'],
    [['run', 'none.json'], /^SPEC\|PROJECT: “.*none\.json” does not exist\. Accepted: a study \(JSON\) or a project file \(\.servescape\)\.\n$/],
    [['run', 'sim.json', '--trials', '0'], '--trials: “0” cannot be used. Accepted: a whole number from 1 to 100000.\n'],
    [['run', 'sim.json', '--backend', 'kube'], '--backend: “kube” cannot be used. Accepted: local, docker, swarm, simulated.\n'],
    [['run', 'sim.json', '--out', 'x.txt'], '--out: “x.txt” cannot be used. Accepted: a file name that ends in .servescape.\n'],
    [['reproduce', '--image', 'tensorflow/serving'], '--image: “tensorflow/serving” cannot be used. Accepted: no image without --backend docker.\n'],
    [['sweep', 'sim.json', '--vary', 'delay=1,2'], '--vary: “delay=1,2” cannot be used. Accepted: NAME=LIST with one of delayMs, lossPercent, replicas, cpuCores, memoryMb, maxBatchSize, batchTimeoutMicros, batchThreads, gpuClockMhz and numbers with commas between them, each once.\n'],
    [['run', 'sim.json', '--load-from', 'beside'], '--load-from: “beside” cannot be used. Accepted: a study on docker or swarm.\n'],
    [['serve', '--port', 'http'], '--port: “http” cannot be used. Accepted: a whole number from 0 to 65535; 0 takes a free port.\n'],
    [['show', 'sim.json'], /^FILE: “.*sim\.json” cannot be used\. Accepted: a project file \(\.servescape\)\.\n$/],
    [['sampler', '--name', 'magic'], /^name: “magic” cannot be used\./],
    [['load', '--url', 'http://127.0.0.1:9/'], /./],
  ])('%j', async (args, sentence) => {
    const { code, stdout, stderr } = await cli(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('as data with --json', async () => {
    const path = join(folder, 'bad.json');
    const spec = JSON.parse(await readFile(join(folder, 'sim.json'), 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...spec, seed: -4 }));
    const { code, stdout } = await cli('run', path, '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'bad-input', field: 'seed', value: -4, accepted: 'at least 0' } });
  });

  it('never over a project that exists', async () => {
    const before = await readFile(join(folder, 'sim.servescape'));
    const { code, stderr } = await cli('run', 'sim.json', '--out', 'sim.servescape');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^--out: /);
    expect(await readFile(join(folder, 'sim.servescape'))).toEqual(before);
  });
});

it('explains every command', async () => {
  const { stdout } = await cli('--help');
  const commands = ['run', 'show', 'new', 'serve', 'preflight', 'sampler', 'load'];
  const helps = await Promise.all(commands.map((command) => cli(command, '--help')));
  commands.forEach((command, i) => {
    expect(stdout).toContain(`\n  ${command} `);
    expect(helps[i]!.stdout).toMatch(new RegExp(`^servescape ${command} `));
  });
});

it('speaks the sampler protocol and nothing else', async () => {
  const { child, ended } = start('sampler');
  child.stdin.end('{"space":[{"name":"x","type":"float","low":0,"high":1}],"seed":1,"budget":2,"n_initial":null}\n{"tell":{"value":1}}\n{"tell":{"value":2},"end":true}\n');
  const { code, stdout } = await ended;
  expect(code).toBe(0);
  expect(stdout.trim().split('\n').map((line) => Object.keys(JSON.parse(line) as object)[0])).toEqual(['ask', 'ask', 'recommend']);
});

it('tells what the machine can do, as data', async () => {
  const { stdout } = await cli('preflight', '--json');
  const report = JSON.parse(stdout) as { items: { id: string; fix: string; state: string }[] };
  expect(report.items.map(({ id }) => id)).toEqual(expect.arrayContaining(['server', 'docker', 'gpu', 'processor', 'memory']));
});

it('serves until it is stopped: a working address, a fresh one on Enter, an orderly end', async () => {
  const { child, ended } = start('serve', '--no-open');
  const lines = createInterface({ input: child.stdout });
  const addresses: string[] = [];
  for await (const line of lines) {
    const address = /^Servescape runs at (http:\S+)$/.exec(line)?.[1];
    if (address && addresses.push(address) === 1) child.stdin.write('\n');
    if (addresses.length === 2) break;
  }
  expect(addresses[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/);
  expect(addresses[1]).not.toBe(addresses[0]);
  expect((await fetch(addresses[1]!, { redirect: 'manual' })).status).toBe(303);
  child.kill('SIGINT');
  expect((await ended).code).toBe(0);
});
