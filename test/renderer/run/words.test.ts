import { describe, expect, test } from 'vitest';
import { formatInterval } from '../../../main/domain/format.ts';
import { plain } from '../../../renderer/charts/rich.ts';
import { verdictOf } from '../../../main/domain/trial-verdict.ts';
import { phasesOf, phaseText, progressTitle, segmentsOf } from '../../../renderer/run/progress.ts';
import { densityOf, measuredWords, replicaWords } from '../../../renderer/run/replica-words.ts';
import { figuresOf } from '../../../renderer/run/trial-figures.ts';
import { orderTrials, reasonRows, rowWindow, shortTuple } from '../../../renderer/run/trial-rows.ts';
import { intervalText, whyThisPoint } from '../../../renderer/run/why-this-point.ts';
import { stopQuestion } from '../../../renderer/run/run-commands.ts';
import { spokenEvent } from '../../../main/domain/spoken-event.ts';
import { buildStudy, measured } from '../fixtures/build-study.ts';
import type { LiveTrial } from '../../../main/contract/values.ts';
import type { StudyView } from '../../../renderer/state/study.svelte.ts';

const running = buildStudy({ trials: 33, failEvery: 9, running: true });
const live: LiveTrial = {
  trial: 34, stage: 'loading', seconds: { deploy: 1.24 }, replicas: [], finished: 1912, planned: 3413, failed: 0, meanMs: 5.5, halfWidthMs: 0.06,
  throughputRps: 3610, lagMs: 0.03, trips: [],
};

describe('progress', () => {
  test('a segment per trial of the budget, by sampler, failed ones grey', () => {
    const segments = segmentsOf(running);
    expect(segments).toHaveLength(50);
    expect(segments[8]).toBe('failed');
    expect(segments[24]).toBe('random');
    expect(segments[25]).toBe('bayes');
    expect(segments[33]).toBe('now');
    expect(segments[34]).toBe('todo');
  });

  test('says where the search is', () => {
    expect(progressTitle(running)).toBe('Trial 34 of 50');
    expect(phaseText(running)).toBe('Bayesian search, 9 of 25');
    expect(phaseText(buildStudy({ trials: 11, running: true }))).toBe('Random search, 12 of 25');
    const byHand = { ...running, trials: running.trials.map((trial) => (trial.state === 'running' ? { ...trial, origin: 'user' as const } : trial)) };
    expect(phaseText(byHand)).toBe('Chosen by hand');
    expect(progressTitle(buildStudy({ trials: 50, end: true }))).toBe('50 of 50 trials done');
    expect(phaseText(buildStudy({ trials: 50, end: true }))).toBe('All 50 trials used.');
    expect(progressTitle(buildStudy({ trials: 0 }))).toBe('Not started');
  });

  test('phases: done, now, to come', () => {
    expect(phasesOf(live)).toEqual([
      { state: 'done', text: 'Deployed 1.2 s' }, { state: 'done', text: 'Warm' }, { state: 'now', text: 'Loading 56 %' }, { state: 'next', text: 'Measure' },
    ]);
    expect(phasesOf(null)[0]).toEqual({ state: 'now', text: 'Deploying' });
  });
});

describe('replicas', () => {
  const limits = { cpuCores: 1.2, memoryMb: 512 };
  test('state by mark and word', () => {
    const ready = { state: 'ready' as const, waiting: 4, cpuCores: 1.16, memoryMb: 141 };
    expect(replicaWords(ready, 0, limits, 4)).toMatchObject({ mark: 'answering', word: '4 waiting', cpuText: '1.16', memoryText: '141 MB' });
    expect(replicaWords({ ...ready, waiting: 12 }, 4, limits, 4)).toMatchObject({ mark: 'behind', word: 'catching up' });
    expect(replicaWords({ ...ready, waiting: 0 }, 4, limits, 0).word).toBe('answering');
    expect(replicaWords({ state: 'starting', waiting: 0, cpuCores: null, memoryMb: null }, 0, limits, 0)).toMatchObject({ mark: 'starting', cpuText: '–', cpuShare: null });
  });
  test('a finished trial says what each replica did', () => {
    const past = { cpuCores: 1.16, memoryMb: 141, throttledShare: 0.02, requests: 1706 };
    expect(measuredWords(past, 0, limits)).toMatchObject({ mark: 'answering', word: '1,706 requests' });
    expect(measuredWords({ ...past, throttledShare: 0.31 }, 0, limits)).toMatchObject({ mark: 'behind', word: 'throttled 31 %' });
  });
  test('three densities and a narrow one', () => expect([1, 5, 6, 8, 9, 32, 33].map(densityOf)).toEqual(['tiles', 'tiles', 'narrow', 'narrow', 'bars', 'bars', 'cells']));
});

describe('why this point', () => {
  test('random trials say how far they are', () => {
    expect(plain(whyThisPoint(running, running.trials[11]!))).toBe('Drawn at random, 12 of 25; the model starts to choose at trial 26.');
  });
  test('chosen ones say prediction, chance and gain', () => {
    const text = plain(whyThisPoint(running, running.trials[33]!));
    expect(text).toMatch(/^The model predicts 5\.55 ± 0\.34 ms, a 52 % chance to beat what it believes of the best so far \(which measured [\d.]+ ms\)\. The expected gain is 0\.14 ms\. /);
  });
  test('a finished one says whether the model was right', () => {
    expect(plain(whyThisPoint(running, running.trials[30]!))).toMatch(/It measured [\d.]+ ms, (below|above|inside) the predicted interval\.$/);
  });
  test('a lopsided interval is written out', () => {
    expect(intervalText(5.5, 5.2, 5.8)).toBe(formatInterval(5.5, 0.3));
    expect(intervalText(5.5, 5.2, 7)).toBe('5.50 (5.20 to 7.00)');
  });
});

describe('verdicts', () => {
  test('one word each; failed ones name the cause', () => {
    expect(verdictOf(running.trials[8]!)).toMatchObject({ word: 'not ready', tone: 'bad' });
    expect(verdictOf(running.trials[17]!)).toMatchObject({ word: 'no memory', remedy: 'Raise the lowest memory to 360 MB.' });
    expect(verdictOf(running.trials[3]!)).toMatchObject({ word: 'unstable', tone: 'warn' });
    expect(verdictOf(running.trials[0]!)).toMatchObject({ word: 'valid', tone: 'quiet' });
    expect(verdictOf(running.trials[33]!).word).toBe('measuring');
  });
});

describe('rows', () => {
  test('orders', () => {
    expect(orderTrials(running, 'newest')[0]!.number).toBe(34);
    expect(orderTrials(running, 'oldest')[0]!.number).toBe(1);
    const best = orderTrials(running, 'best');
    expect(best[0]!.number).toBe(running.incumbent);
    expect(best.slice(-4).every(({ value }) => value === null)).toBe(true);
  });
  test('the reason is shown for the newest failed row and the selected one', () => {
    const rows = orderTrials(running, 'newest');
    expect(reasonRows(rows, null).map((i) => rows[i]!.number)).toEqual([27]);
    expect(reasonRows(rows, 9).map((i) => rows[i]!.number)).toEqual([27, 9]);
  });
  test('the window holds what is on screen and keeps the full height', () => {
    const { first, end, above, below } = rowWindow(10_000, [10], 26_000, 520, 26, 40, 4);
    expect(first).toBeLessThanOrEqual(998);
    expect(end).toBeGreaterThanOrEqual(1019);
    expect(end - first).toBeLessThan(40);
    expect(above).toBe(first * 26 + 40);
    expect(above + (end - first) * 26 + below).toBe(10_000 * 26 + 40);
    expect(rowWindow(0, [], 0, 500, 26, 40)).toEqual({ first: 0, end: 0, above: 0, below: 0 });
  });
  test('narrow tuples leave out parts of a unit from 100 on', () => {
    expect(shortTuple(running.spec, { replicas: 5, cpuCores: 1.2, memoryMb: 512, maxBatchSize: 8, batchTimeoutMicros: 282.4 })).toBe('(5, 1.20, 512, 8, 282)');
  });
});

test('every figure has a unit or says that it was not observed', () => {
  const figures = figuresOf({ ...measured(5.1, 5.5, 2), cpuCores: null });
  expect(figures[0]).toMatchObject({ label: 'Mean round trip', value: `${formatInterval(5.1, 0.051)} ms` });
  expect(figures.find(({ label }) => label === 'CPU in use')!.value).toBe('not observed');
  expect(figures.every(({ formula }) => formula.length > 0)).toBe(true);
});

test('what keeps the bytes of an impaired network back is named, with its own cost', () => {
  const network = { by: 'proxy', ownMs: { median: 0.124, low: 0.11, high: 0.14, pairs: 200 }, messages: 400, lateMsMean: 0.52, lateMsP99: 1.3 } as const;
  const figures = figuresOf({ ...measured(5.1, 5.5, 2), network });
  expect(figures.find(({ label }) => label === 'Cost of the proxy')!.value).toBe('124 µs per round trip (110 µs to 140 µs)');
  expect(figures.find(({ label }) => label === 'Proxy behind time')!.value).toBe('520 µs, 99th percentile 1.30 ms');
  expect(figuresOf({ ...measured(5.1, 5.5, 2), network: { by: 'netem' } }).some(({ value }) => value.includes('tc netem'))).toBe(true);
  expect(figuresOf(measured(5.1, 5.5, 2)).some(({ label }) => label.startsWith('Network'))).toBe(false);
});

test('the stop question says what is kept and lost, and the safe answer keeps running', () => {
  const question = stopQuestion({ study: running, live } as StudyView);
  expect(question.text).toBe('33 finished trials are kept. Trial 34, 56 % measured, is thrown away if you stop now. You can continue later.');
  expect(question.actions.map(({ label }) => label)).toEqual(['Stop now', 'Stop after trial 34', 'Keep running']);
  expect(question.safe).toBe('keep');
});

test('a finished trial is announced in one sentence', () => {
  const study = buildStudy({ trials: 7 });
  const best = study.trials[study.incumbent! - 1]!;
  const outcome = { state: 'complete' as const, measurement: best.measurement!, value: 41.2, feasible: true, violations: [] };
  expect(spokenEvent({ kind: 'trial-finished', at: study.createdAt, trial: best.number, outcome, seconds: null }, study)).toBe(`Trial ${best.number} finished: 41.2 ms, best so far.`);
});
