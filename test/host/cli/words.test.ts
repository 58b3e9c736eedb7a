import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foldStudy, type Study } from '../../../main/domain/study.ts';
import type { Measurement } from '../../../main/domain/measurement.ts';
import type { StudyEvent } from '../../../main/domain/study-event.ts';
import { studySpecSchema, type StudySpec } from '../../../main/domain/study-spec.ts';
import { oneOf, parseCommandLine, wholeNumber } from '../../../main/host/cli/arguments.ts';
import { progressLine, trialSentence } from '../../../main/host/cli/progress-line.ts';
import { isProjectFile, overrideSpec, readSpec } from '../../../main/host/cli/spec-file.ts';
import { studyAsJson } from '../../../main/domain/study-json.ts';
import { studyAsText } from '../../../main/host/cli/study-report.ts';
import { textTable } from '../../../main/host/cli/text-table.ts';

const at = '2026-01-01T00:00:00Z';
const spec: StudySpec = studySpecSchema.parse({
  name: 'Digits', backend: { kind: 'simulated' }, model: { workload: 'digits' },
  space: [{ kind: 'integer', name: 'replicas', low: 1, high: 4 }, { kind: 'real', name: 'cpuCores', low: 0.2, high: 2 }],
  environment: { concurrency: 8 }, objective: { metric: 'meanRoundTripMs', direction: 'minimise' },
  measurement: { requests: { kind: 'fixed', count: 100 } }, sampler: { kind: 'bayes', startupTrials: 2 }, budget: { trials: 4 }, seed: 1,
});

function measurement(meanRoundTripMs: number, verdict: Measurement['verdict'] = { kind: 'valid', reason: '', remedy: '' }): Measurement {
  return {
    meanRoundTripMs, halfWidthMs: 0.05, standardErrorMs: 0.02, p50Ms: 1, p90Ms: 1, p95Ms: 1, p99Ms: 1, minMs: 1, maxMs: 1,
    inferenceTimeMs: 1, throughputRps: 100, achievedConcurrency: 8, sent: 100, counted: 98, excluded: 2, timeouts: 0, errors: {},
    durationS: 1, cpuCores: 1, memoryMb: 100, replicas: [], server: null, generator: { lagMsP99: 0, cpuShare: 0 },
    enforcement: 'virtual time', verdict,
  };
}
const machine = { hostname: 'h', platform: 'linux', processor: 'p', cores: 2, memoryMb: 4000, gpus: [], nodeVersion: '24', appVersion: '0' };
const started = (trial: number, origin: 'random' | 'bayes', replicas: number): StudyEvent => ({
  kind: 'trial-started', at, trial, configuration: { replicas, cpuCores: 0.5 }, origin, prediction: null,
});
const finished = (trial: number, value: number, verdict?: Measurement['verdict']): StudyEvent => ({
  kind: 'trial-finished', at, trial, seconds: { deploy: 1, measure: 1, other: 0 },
  outcome: { state: 'complete', measurement: measurement(value, verdict), value, feasible: true, violations: [] },
});
const failed: StudyEvent = {
  kind: 'trial-finished', at, trial: 2, seconds: null,
  outcome: { state: 'failed', failure: { code: 'out-of-memory', message: 'Replica 1 ran out of memory.', log: [] }, measurement: null },
};
const study: Study = foldStudy([
  { kind: 'study-created', at, studyId: 's', spec }, { kind: 'run-started', at, machine, backend: 'simulated' },
  started(1, 'random', 2), finished(1, 7.25), started(2, 'random', 1), failed, started(3, 'bayes', 4), finished(3, 5.149),
])!;

describe('the report', () => {
  it('shows every trial with tuple, value and verdict, the best one marked', () => {
    expect(studyAsText(study).split('\n').slice(0, 5)).toEqual([
      'trial  sampler   (N, C)     Mean round trip (ms)  verdict',
      '─────  ────────  ─────────  ────────────────────  ────────────────────────────────────',
      '    1  random    (2, 0.50)           7.25 ± 0.05  valid',
      '    2  random    (1, 0.50)                     –  failed: Replica 1 ran out of memory.',
      '  ★ 3  Bayesian  (4, 0.50)           5.15 ± 0.05  valid',
    ]);
  });

  it('says the best configuration with interval and verdict, and how the samplers compare', () => {
    expect(studyAsText(study).split('\n').slice(6)).toEqual([
      'Best: (4, 0.50) in trial 3, Mean round trip 5.15 ± 0.05 ms (95 %).',
      '4 replicas, 0.50 cores and 512 MB each, batch up to 32, wait up to 1000 µs.',
      'Verdict: valid.',
      'Best of random: 7.25 ms (trial 1). Best of Bayesian: 5.15 ms (trial 3).',
      'Outside measurement: 1.00 s per trial, 1.00 s of it bringing replicas up (medians).',
    ]);
  });

  it('carries the remedy of a doubtful best', () => {
    const verdict = { kind: 'unstable', reason: 'The mean drifted.', remedy: 'Send more requests.' } as const;
    const doubtful = foldStudy([{ kind: 'study-created', at, studyId: 's', spec }, started(1, 'random', 2), finished(1, 7, verdict)])!;
    expect(studyAsText(doubtful)).toContain('Verdict: unstable. The mean drifted. Send more requests.');
  });

  it('shows the front of two objectives, and says that the best is only one of it', () => {
    const both: StudySpec = { ...spec, objective: { ...spec.objective, second: { metric: 'cpuCores', direction: 'minimise' } } };
    const done = (trial: number, value: number, cpuCores: number): StudyEvent => ({
      kind: 'trial-finished', at, trial, seconds: null,
      outcome: { state: 'complete', measurement: { ...measurement(value), cpuCores }, value, feasible: true, violations: [] },
    });
    const two = foldStudy([
      { kind: 'study-created', at, studyId: 's', spec: both },
      started(1, 'random', 2), done(1, 7.25, 0.8), started(2, 'random', 1), done(2, 9, 0.9), started(3, 'bayes', 4), done(3, 5.149, 1.6),
    ])!;
    expect(studyAsText(two).split('\n').slice(6, 12)).toEqual([
      'Pareto front of mean round trip and CPU in use: 2 trials that no other beats in both.',
      'trial  (N, C)     Mean round trip (ms)  CPU in use (cores)',
      '─────  ─────────  ────────────────────  ──────────────────',
      '    3  (4, 0.50)                  5.15                1.60',
      '    1  (2, 0.50)                  7.25               0.800',
      '',
    ]);
    expect(studyAsText(two)).toContain('Best by mean round trip alone: (4, 0.50) in trial 3');
    expect(studyAsText(study)).not.toContain('Pareto');
  });

  it('says so when there is nothing yet', () => {
    expect(studyAsText(foldStudy([{ kind: 'study-created', at, studyId: 's', spec }])!)).toBe('No trial has succeeded yet.');
  });

  it('gives programs raw numbers', () => {
    const json = JSON.parse(JSON.stringify(studyAsJson(study))) as { best: unknown; bestRandom: unknown; trials: unknown[] };
    expect(json.trials).toHaveLength(3);
    expect(json.best).toMatchObject({ trial: 3, value: 5.149, meanRoundTripMs: 5.149, halfWidthMs: 0.05, tuple: '(4, 0.50)', verdict: { kind: 'valid' } });
    expect(json.bestRandom).toMatchObject({ trial: 1 });
  });
});

describe('progress', () => {
  const run = { secondsLeft: 290, secondsGone: 38, activity: 'trial', largestExpectedGain: null } as const;

  it('says trial, share, time left and best in one line that fits', () => {
    expect(progressLine(study, run, 120)).toBe('Trial 4 of 4  ██████████████████░░░░░░  75 %  about 5 min left, 38 s gone  best 5.15 ms');
    expect([...progressLine(study, run, 40)].length).toBeLessThan(40);
  });

  it('speaks a finished trial', () => {
    expect(trialSentence(study, study.trials[2]!)).toBe('Trial 3 finished: 5.15 ms, best so far.');
    expect(trialSentence(study, study.trials[0]!)).toBe('Trial 1 finished: 7.25 ms.');
    expect(trialSentence(study, study.trials[1]!)).toBe('Trial 2 failed: Replica 1 ran out of memory.');
  });
});

describe('arguments', () => {
  const options = { out: { type: 'string' }, json: { type: 'boolean' } } as const;
  it.each([
    [['--nothing'], 'option: “--nothing” cannot be used. Accepted: --out, --json.'],
    [['file', '--out'], 'the value of --out is missing. Accepted: something after it; --out=VALUE when it begins with -.'],
    [['file', '--json=1'], 'the value of --json is missing. Accepted: --json alone, without a value.'],
    [[], 'FILE is missing. Accepted: one after the options; --help explains.'],
    [['a', 'b'], 'argument: “b” cannot be used. Accepted: only FILE.'],
  ])('%j is refused by name', (args, sentence) => {
    expect(() => parseCommandLine(args, options, { least: ['FILE'] })).toThrowError(expect.objectContaining({ code: 'bad-input', message: sentence }));
  });

  it.each(['0', '-1', '1.5', '1e3', 'ten', ''])('a number of trials is not “%s”', (text) => {
    expect(() => wholeNumber('--trials', text, 1, 100)).toThrowError('--trials: “');
  });

  it('takes what is there and leaves the rest undefined', () => {
    expect(parseCommandLine(['--json', 'f'], options, { least: ['FILE'] })).toMatchObject({ values: { json: true }, positionals: ['f'] });
    expect(wholeNumber('--trials', '12', 1, 100)).toBe(12);
    expect(wholeNumber('--trials', undefined, 1, 100)).toBeUndefined();
    expect(() => oneOf('--backend', 'kube', ['local', 'docker'])).toThrowError('--backend: “kube” cannot be used. Accepted: local, docker.');
  });
});

describe('the study file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'servescape-spec-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const none = { trials: undefined, seed: undefined, backend: undefined };

  it('is read with the changes of the command line', async () => {
    const path = join(folder, 'a.json');
    await writeFile(path, JSON.stringify(spec));
    expect(await isProjectFile('SPEC', path)).toBe(false);
    expect((await readSpec('SPEC', path, { trials: 9, seed: 5, backend: 'local' })).spec).toMatchObject({
      budget: { trials: 9 }, seed: 5, backend: { kind: 'local' }, sampler: { startupTrials: 2 },
    });
  });

  it('keeps a turn for the model when there are fewer trials than starting points, and says so', () => {
    const { spec: small, notes } = overrideSpec({ ...spec, sampler: { ...spec.sampler, startupTrials: 25 } as never }, { ...none, trials: 7 });
    expect(small.sampler).toMatchObject({ startupTrials: 4 });
    expect(notes).toEqual(['With 7 trials, 4 instead of 25 are drawn at random first.']);
  });

  it('is refused with its reason when it is missing, no JSON or not a study', async () => {
    await writeFile(join(folder, 'b.json'), '{"name": ');
    await writeFile(join(folder, 'c.json'), JSON.stringify({ ...spec, seed: 'x' }));
    await expect(isProjectFile('SPEC', join(folder, 'none'))).rejects.toThrowError(/^SPEC: “.*none” does not exist\. Accepted: a study/);
    await expect(isProjectFile('SPEC', folder)).rejects.toThrowError('is a folder');
    await expect(readSpec('SPEC', join(folder, 'b.json'), none)).rejects.toThrowError('is not JSON');
    await expect(readSpec('SPEC', join(folder, 'c.json'), none)).rejects.toThrowError('seed: “x” cannot be used. Accepted: a number.');
  });

  it('is told from a project by what is in it', async () => {
    await writeFile(join(folder, 'p.db'), 'SQLite format 3\u0000rest');
    expect(await isProjectFile('FILE', join(folder, 'p.db'))).toBe(true);
  });
});

it('lines columns up and leaves no trailing spaces', () => {
  const table = textTable([{ head: 'a', align: 'right' }, { head: 'long', align: 'left' }], [['100', 'x'], ['2', '']]);
  expect(table).toBe('  a  long\n───  ────\n100  x\n  2');
});
