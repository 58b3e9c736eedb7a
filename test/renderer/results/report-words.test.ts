import { fireEvent, render, screen } from '@testing-library/svelte';
import { describe, expect, test, vi } from 'vitest';
import { contains } from '../../../main/domain/search-space.ts';
import { usualConfiguration } from '../../../main/domain/usual-configuration.ts';
import { plain } from '../../../renderer/charts/rich.ts';
import { explainBest, usualTrial } from '../../../renderer/results/explain-best.ts';
import { howMeasured } from '../../../renderer/results/how-measured.ts';
import { nextSteps } from '../../../renderer/results/next-steps.ts';
import ReportView from '../../../renderer/results/ReportView.svelte';
import { weakMeasurements } from '../../../renderer/results/weak-measurements.ts';
import { buildStudy } from '../fixtures/build-study.ts';
import type { StudyExplanation } from '../../../main/domain/suggestion.ts';
import type { Study } from '../../../main/domain/study.ts';

const study = buildStudy({ trials: 50, failEvery: 9, end: true });
const texts = (of: Study, explanation: StudyExplanation | null = null): string => nextSteps(of, explanation).map(({ text }) => plain(text)).join('\n');

/** The study with the usual configuration as its third trial. */
function withUsual(meanMs: number): Study {
  const trials = study.trials.map((trial) => (trial.number === 3 ? { ...trial, configuration: usualConfiguration(study.spec.space), value: meanMs, measurement: { ...trial.measurement!, meanRoundTripMs: meanMs, standardErrorMs: 0.02 } } : trial));
  return { ...study, trials };
}

describe('the baseline', () => {
  test('is a legal configuration', () => {
    expect(contains(study.spec.space, usualConfiguration(study.spec.space))).toBe(true);
  });
  test('where it was measured the best is held against it, with the interval', () => {
    expect(usualTrial(study)).toBeNull();
    const words = explainBest(withUsual(12.1)).map(plain).join('\n');
    expect(words).toMatch(/56 % faster than the usual configuration \(12\.1 ms at \(.*\), trial 3\)\. The difference is sure as far as one start of each can tell: 6\.\d+ to 6\.\d+ ms\./);
    expect(texts(withUsual(12.1))).not.toContain('Measure the baseline');
  });
  test('where it was not, measuring it is offered', () => {
    const step = nextSteps(study, null).find(({ text }) => plain(text).startsWith('Measure the baseline.'))!;
    expect(step.measure!.configuration).toEqual(usualConfiguration(study.spec.space));
  });
});

describe('what to try next', () => {
  test('drops parameters whose whole interval is small, goes on while the model expects a gain', () => {
    const share = (parameter: string, totalHigh: number) => ({ parameter, main: 0, total: totalHigh / 2, totalLow: 0, totalHigh });
    const explanation = { importance: [share('replicas', 0.6), share('memoryMb', 0.03), share('maxBatchSize', 0.2)] } as unknown as StudyExplanation;
    expect(texts(study, explanation)).toContain('Search less. Memory per replica explains at most 3 % of the variation: fix it and spend the trials on the rest.');
    expect(texts(study)).toMatch(/Go on\. Before trial 50 the model still expected a gain of 0\.140 ms/);
    expect(texts(study)).not.toContain('Search less');
  });
  test('a doubtful best is to be measured again first', () => {
    const trials = study.trials.map((trial) => (trial.number === study.incumbent ? { ...trial, measurement: { ...trial.measurement!, verdict: { kind: 'unstable' as const, reason: 'Windows differ by 24 %.', remedy: 'Send 1,200 more requests (about 3 s).' } } } : trial));
    expect(texts({ ...study, trials }).split('\n')[0]).toBe('Make sure of the best. Send 1,200 more requests (about 3 s).');
  });
  test('nothing without a best', () => {
    expect(nextSteps(buildStudy({ trials: 6, failEvery: 1 }), null)).toEqual([]);
  });
});

test('weak measurements: every one with its verdict, what was seen and what helps', () => {
  const groups = weakMeasurements(study.trials);
  const weak = study.trials.filter(({ measurement }) => measurement !== null && measurement.verdict.kind !== 'valid');
  expect(groups.flatMap(({ trials }) => trials)).toEqual(weak);
  expect(groups).toMatchObject([{ word: 'unstable', reason: 'Windows differ by 24 %.', remedy: 'Send 1,200 more requests (about 3 s).' }]);
});

test('the report says it all, opens trials and measures again', async () => {
  const [onopen, onmeasure] = [vi.fn(), vi.fn()];
  render(ReportView, { study, trials: study.trials, explanation: null, blocked: null, onopen, onmeasure });
  for (const name of ['What was found', 'What to try next', 'Weak measurements', 'What failed', 'How it was measured']) expect(screen.getByRole('heading', { name })).toBeTruthy();
  await fireEvent.click(screen.getByRole('button', { name: 'Measure it' }));
  expect(onmeasure).toHaveBeenCalledWith(usualConfiguration(study.spec.space));
  await fireEvent.click(screen.getByRole('button', { name: 'Open trial 4' }));
  expect(onopen).toHaveBeenCalledWith(4);
  expect(Object.fromEntries(howMeasured(study))).toMatchObject({ Load: '20 concurrent, 1 item per request, no added delay or loss', Requests: '3,413 a trial', Machine: 'Test CPU, 7 cores, 32.0 GB, linux' });
});
