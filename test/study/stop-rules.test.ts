import { describe, expect, it } from 'vitest';
import { budgetReached, notWorthIt } from '../../main/study/stop-rules.ts';
import type { Suggestion } from '../../main/domain/suggestion.ts';
import { complete, FAILED, studyOf, studySpec } from '../optimizer/studies.ts';

const configuration = { replicas: 1, cpuCores: 1, memoryMb: 100 };
const budget = (more: object): ReturnType<typeof studySpec> =>
  studySpec({ sampler: { kind: 'bayes', startupTrials: 2 }, budget: { trials: 100, ...more } });
const after = (spec: ReturnType<typeof studySpec>, values: readonly (number | null)[]) =>
  budgetReached(studyOf(spec, values.map((value) => ({ configuration, outcome: value === null ? FAILED : complete(value) }))), 0);
const suggestion: Suggestion = { configuration, origin: 'bayes', prediction: null, largestExpectedGain: 5, regretBound: 0.2 };

describe('stop rules', () => {
  it('stop when nothing better came for k trials of the search', () => {
    const spec = budget({ stopAfterNoGain: 3 });
    expect(after(spec, [5, 9, 9, 9])).toBeNull();
    expect(after(spec, [5, 9, 9, 9, null])).toMatchObject({ kind: 'no-gain', text: 'No gain in 3 trials: trial 1 is still the best.' });
    expect(after(spec, [5, 9, 9, 4, 9])).toBeNull();
  });

  it('stop at the target', () => {
    expect(after(budget({ stopAtTarget: 4 }), [5, 4.5])).toBeNull();
    expect(after(budget({ stopAtTarget: 4 }), [5, 3.5])).toMatchObject({ kind: 'target' });
  });

  it('stop when a round leaves the best as it was', () => {
    const spec = budget({ rounds: { trials: 2, unchanged: 1 } });
    expect(after(spec, [5, 6, 4, 7])).toBeNull();
    expect(after(spec, [5, 6, 4, 7, 8])).toBeNull();
    expect(after(spec, [5, 6, 4, 7, 8, 8])).toMatchObject({ kind: 'converged', text: 'Converged: a round of 2 trials did not change the best, trial 3.' });
    expect(after(budget({ rounds: { trials: 2, unchanged: 2 } }), [5, 6, 4, 7, 8, 8])).toBeNull();
  });

  it('stop when little can be left to gain', () => {
    const study = studyOf(budget({ stopBelowRegret: 0.1 }), []);
    expect(notWorthIt(study, suggestion)).toBeNull();
    expect(notWorthIt(study, { ...suggestion, regretBound: 0.05 })).toMatchObject({ kind: 'regret' });
  });

  it('are left alone by specs that do not name them', () => {
    expect(after(budget({}), [5, 9, 9, 9, 9, 9, 9])).toBeNull();
  });
});
