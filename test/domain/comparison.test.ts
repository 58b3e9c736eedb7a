import { describe, expect, it } from 'vitest';
import { judgeClaims } from '../../main/domain/claims.ts';
import { compareSweep } from '../../main/domain/comparison.ts';
import { verdictSentence } from '../../main/domain/comparison-words.ts';
import { tableOne } from '../../main/domain/table-one.ts';
import { toLatex, toMarkdown } from '../../main/domain/table-text.ts';
import { fitTrend } from '../../main/domain/trend.ts';
import { stepOf } from '../../main/domain/sweep.ts';
import { finishedStudies, sampleSweep } from './sweep-samples.ts';

/** Bayesian ahead by `gain(value)` percent; best of random in a line with concurrency. */
const duel = (gain: (value: number) => number, standardErrorMs = 0.001) => {
  const sweep = sampleSweep();
  const studies = finishedStudies(sweep, (value, side) => (1 + 0.2 * value) * (side === 'bayes' ? 1 - gain(value) / 100 : 1), standardErrorMs);
  const comparison = compareSweep(sweep, studies);
  return { sweep, studies, comparison, claims: Object.fromEntries(judgeClaims(sweep, comparison).map(({ id, verdict }) => [id, verdict])) };
};

describe('a duel', () => {
  it('gives the gain of each level with a bootstrap interval around it', () => {
    const { comparison } = duel((value) => value);
    expect(comparison.levels.map(({ gain }) => Math.round(gain!.value))).toEqual([1, 5, 10, 20]);
    for (const { gain } of comparison.levels) {
      expect(gain!.low).toBeLessThan(gain!.value);
      expect(gain!.high).toBeGreaterThan(gain!.value);
    }
    expect(comparison.medianGain!.value).toBeCloseTo(7.5, 5);
    expect(comparison.gainTrend!.slope).toBeCloseTo(1, 5);
  });

  it('is the same each time: the draws are seeded', () => {
    expect(duel(() => 5).comparison.levels.map(({ gain }) => gain)).toEqual(duel(() => 5).comparison.levels.map(({ gain }) => gain));
  });

  it('has wider intervals where the measurement is less sure', () => {
    const width = (standardErrorMs: number): number => {
      const { gain } = duel(() => 5, standardErrorMs).comparison.levels[0]!;
      return gain!.high - gain!.low;
    };
    expect(width(0.1)).toBeGreaterThan(10 * width(0.001));
  });

  it('says nothing below five measured trials', () => {
    const sweep = sampleSweep();
    const cut = finishedStudies(sweep, () => 1).map((study) => ({ ...study, trials: study.trials.map((trial, i) => (i < 2 ? { ...trial, state: 'failed' as const, value: null } : trial)) }));
    const comparison = compareSweep(sweep, cut);
    expect(comparison.levels.every(({ gain }) => gain === null)).toBe(true);
    expect(verdictSentence(sweep, comparison)[0]).toEqual({ strong: 'Not enough data' });
    expect(judgeClaims(sweep, compareSweep(sweep, [])).map(({ verdict }) => verdict)).toEqual(Array(3).fill('not-enough-data'));
  });

  it('compares at equal budget only: a side that is still running has no gain and counts in no claim', () => {
    const { sweep, studies } = duel((value) => value);
    const running = studies.map((study, i) => (i === 1 ? { ...study, state: 'running' as const, trials: study.trials.slice(0, 5) } : study));
    const comparison = compareSweep(sweep, running);
    expect(comparison.levels.map(({ gain }) => gain === null)).toEqual([true, false, false, false]);
    expect(comparison.valueTrend).toBeNull();
    expect(judgeClaims(sweep, comparison)[1]).toMatchObject({ verdict: 'not-enough-data', numbers: 'ahead in 3 of 3 judged so far; 4 in all' });
  });

  it('counts how soon the best of random was passed', () => {
    expect(duel(() => 10).comparison.passedAfter).toEqual({ trials: 6, of: 6, duels: 4 });
  });
});

it('says how many best runs were not measured in order', () => {
  const { sweep, studies } = duel(() => 10);
  const weak = studies.map((study, i) => (i > 0 ? study : { ...study, trials: study.trials.map((trial) => ({ ...trial, measurement: { ...trial.measurement!, verdict: { kind: 'saturated' as const, reason: '', remedy: '' } } })) }));
  expect(verdictSentence(sweep, compareSweep(sweep, weak)).at(-1)).toBe(' 1 of 8 best runs have a verdict other than valid; see their trials.');
  expect(verdictSentence(sweep, compareSweep(sweep, studies)).at(-1)).toBe('');
});

it('says of a sweep what one step moves, and when nothing moves', () => {
  const sweep = sampleSweep({ duel: false });
  const said = (best: (value: number) => number): string => verdictSentence(sweep, compareSweep(sweep, finishedStudies(sweep, best))).map((part) => (typeof part === 'string' ? part : part.strong)).join('');
  expect(said((value) => 1 + 2 * value)).toMatch(/^Each further request moves the best by 2\.00 ms/);
  expect(said(() => 5)).toBe('No difference: the best is the same at every level.');
});

describe('the three claims', () => {
  it('are supported by data that shows them', () => {
    expect(duel((value) => value).claims).toEqual({ linear: 'supported', 'beats-random': 'supported', 'gain-grows': 'supported' });
  });
  it('are not supported by data that shows the opposite', () => {
    const { claims } = duel((value) => (value === 1 ? -4 : 30 - value));
    expect(claims['beats-random']).toBe('not-supported');
    expect(duel((value) => 30 - value).claims['gain-grows']).toBe('not-supported');
  });
  it('stay open where intervals include zero', () => {
    const { claims } = duel((value) => (value % 2 === 0 ? 5 : 6), 0.5);
    expect(claims['beats-random']).toBe('not-enough-data');
    expect(claims['gain-grows']).toBe('not-enough-data');
    // Behind at every level, but by less than the intervals tell apart.
    expect(duel(() => -1, 0.5).claims['beats-random']).toBe('not-enough-data');
  });
  it('do not call a curve a line', () => {
    const sweep = sampleSweep();
    const curve: Record<number, number> = { 1: 1, 5: 2, 10: 2.1, 20: 2.2 };
    const bent = compareSweep(sweep, finishedStudies(sweep, (value) => curve[value]!, 0.001));
    expect(judgeClaims(sweep, bent)[0]!.verdict).not.toBe('supported');
  });
  it('are one without a duel, and of a knob it says only that it is a line, whichever way it goes', () => {
    const { spec, ...rest } = sampleSweep({ duel: false });
    const sweep = { ...rest, spec: { ...spec, vary: { kind: 'knob' as const, knob: 'cpuCores' as const, values: spec.vary.values } } };
    const claimsOf = (ms: (value: number) => number) => judgeClaims(sweep, compareSweep(sweep, finishedStudies(sweep, ms, 0.001)));
    expect(claimsOf((value) => 30 - value)).toMatchObject([{ id: 'linear', statement: 'Mean round trip changes in a line with CPU per replica', verdict: 'supported' }]);
    expect(claimsOf((value) => 60 - 10 * value ** 0.4)[0]).toMatchObject({ verdict: 'not-supported', numbers: expect.stringContaining('it falls, but not in a line') as string });
  });
});

it('says per what a slope is in the singular', () => {
  expect((['replicas', 'maxBatchSize', 'cpuCores', 'memoryMb'] as const).map((knob) => stepOf({ kind: 'knob', knob, values: [1] }))).toEqual(['replica', 'item', 'core', 'MB']);
});

describe('table 1', () => {
  it('has units in its head, one row a level, and the gain', () => {
    const { sweep, comparison } = duel(() => 10);
    const table = tableOne(sweep, comparison);
    expect(table.head[0]).toBe('Concurrent');
    expect(table.head).toContain('CPU (cores)');
    expect(table.head).toContain('Mean round trip (ms)');
    expect(table.head.at(-1)).toBe('Gain (%)');
    expect(table.rows.map((row) => row[0])).toEqual([1, 5, 10, 20]);
    expect(table.shown[0]!.at(-1)).toBe('10');
    const cell = (_: unknown, column: number, row: number): string => table.shown[row]![column]!;
    expect(toMarkdown(table, cell).split('\n')).toHaveLength(7);
    const latex = toLatex(table, cell);
    expect(latex).toContain('\\toprule');
    expect(latex).toContain('Gain (\\%)');
    expect(latex.match(/\\\\$/gm)).toHaveLength(5);
  });
});

it('a trend knows its slope and interval', () => {
  const trend = fitTrend([1, 2, 3, 4, 5], [2.1, 3.9, 6.1, 7.9, 10.1])!;
  // By hand: residuals 0.08, −0.12, 0.08, −0.12, 0.08; SSE 0.048; √(0.048/3/10) = 0.04; t(3; 0.975) = 3.1824.
  expect(trend.slope).toBeCloseTo(2, 10);
  expect(trend.slopeHigh - trend.slope).toBeCloseTo(0.04 * 3.1824, 4);
  expect(trend.bandAt(3).low).toBeLessThan(trend.bandAt(3).high);
  expect(fitTrend([1, 2, 3], [1, 2, 3])).toBeNull();
});
