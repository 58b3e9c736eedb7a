import { describe, expect, it } from 'vitest';
import { differencesOf, pairSentence } from '../../main/domain/study-pair.ts';
import { finishedStudy, sampleSweep } from './sweep-samples.ts';
import type { StudySpec } from '../../main/domain/study-spec.ts';
import type { Words } from '../../main/domain/comparison-words.ts';

const base = sampleSweep().spec.base;
const study = (bestMs: number, change: Partial<StudySpec> = {}, standardErrorMs = 0.01) => finishedStudy(`s${bestMs}`, { ...base, ...change }, bestMs, standardErrorMs);
const text = (words: Words): string => words.map((part) => (typeof part === 'string' ? part : part.strong)).join('');
const NAMES = ['A', 'B'] as const;

describe('two studies', () => {
  it('of the same set-up differ in nothing', () => expect(differencesOf(study(5), study(6))).toEqual([]));

  it('name what was set up differently, the most serious first', () => {
    const other = study(6, { environment: { ...base.environment, concurrency: base.environment.concurrency + 10 }, seed: base.seed + 1 });
    expect(differencesOf(study(5), other).map(({ what, weight }) => [what, weight])).toEqual([['Concurrent requests', 'other-conditions'], ['Seed', 'plain']]);
  });

  it('say which best is better, by how much and how sure', () => {
    expect(text(pairSentence(study(10), study(5), NAMES))).toMatch(/^The best of B is 50 % faster \(95 % interval [\d.]+ to [\d.]+ %\): 5\.000 ± 0\.020 ms \(B\) against 10\.000 ± 0\.020 ms \(A\)\.$/);
    expect(text(pairSentence(study(5), study(10), NAMES))).toMatch(/^The best of A is/);
  });

  it('claim nothing when the interval includes no difference', () => {
    expect(text(pairSentence(study(10, {}, 0.5), study(9.8, {}, 0.5), NAMES))).toMatch(/^Too close to call: /);
  });

  it('warn of other conditions and refuse other figures', () => {
    const concurrent = study(5, { environment: { ...base.environment, concurrency: 99 } });
    expect(text(pairSentence(study(10), concurrent, NAMES))).toContain('Different concurrent requests: times cannot be compared directly.');
    const energy = study(5, { objective: { ...base.objective, metric: 'cpuCores' } });
    expect(text(pairSentence(study(10), energy, NAMES))).toBe('These studies cannot be compared: they were judged by different figures.');
  });

  it('wait for five measured trials on both sides', () => {
    expect(text(pairSentence(study(10), study(5, { budget: { ...base.budget, trials: 4 } }), NAMES))).toContain('B has fewer than 5 measured trials.');
  });
});
