import { expect, test } from 'vitest';
import { gainWorking } from '../../../renderer/run/expected-gain.ts';
import { formulaOfTrial } from '../../../renderer/text/formula.ts';
import { buildStudy, PREDICTION } from '../fixtures/build-study.ts';
import type { Trial } from '../../../main/domain/trial.ts';

const study = buildStudy({ trials: 50, end: true });
const trial: Trial = { ...study.trials[29]!, prediction: { ...PREDICTION, working: { exponent: 0, mean: -1.2, deviation: 0.4, best: -1 } } };
const textOf = (what: string, of = gainWorking(study, trial)!): string => of.lines.find((line) => line.what === what)!.text;

test('every step of the expected improvement stands there with its numbers', () => {
  // u = (−1 − 0.0001 + 1.2) ÷ 0.4 = 0.49975; Φ and φ from a table of the normal law.
  expect(textOf('Predicted')).toBe('μ = −1.200, σ = 0.400');
  expect(textOf('Distance')).toBe('z = (b − ξ − μ) ÷ σ = (−1.000 − 0.0001 − (−1.200)) ÷ 0.400 = 0.500');
  expect(textOf('Normal law')).toBe('Φ(z) = 0.691, φ(z) = 0.352');
  expect(textOf('Improvement')).toBe('EI = σ · (z · Φ(z) + φ(z)) = 0.400 · (0.500 · 0.691 + 0.352) = 0.279');
  expect(textOf('If it runs')).toBe('EI · chance = 0.279 · 0.970 = 0.271');
  expect(textOf('In ms')).toMatch(/^0\.140: /);
  expect(gainWorking(study, trial)!.scale).toContain('the logarithm of the mean round trip');
});

test('what chose the point is said', () => {
  expect(gainWorking(study, trial)!.rule).toBe('The sampler takes the configuration where this is largest.');
  expect(gainWorking(study, { ...trial, reason: 'Measured again.' })!.rule).toContain('The rule above');
  const bound = { ...study, spec: { ...study.spec, sampler: { kind: 'bayes' as const, startupTrials: 25, acquisition: 'confidence-bound' as const, xi: 0.1 } } };
  expect(gainWorking(bound, trial)!.rule).toContain('μ − β · σ = −1.200 − 2 · 0.400 = −2.000');
  expect(textOf('Distance', gainWorking(bound, trial)!)).not.toContain('ξ');
});

test('a trial of an older program has no working', () => {
  expect(gainWorking(study, { ...trial, prediction: PREDICTION })).toBeNull();
});

test('the objective and its conditions, with the numbers of a trial', () => {
  const limited = { ...study, spec: { ...study.spec, objective: { ...study.spec.objective, constraints: [{ metric: 'p99Ms' as const, relation: 'at-most' as const, bound: 1 }] } } };
  const [goal, cores, memory, limit] = formulaOfTrial(limited, trial);
  const { replicas } = trial.configuration;
  expect(goal).toMatch(new RegExp(`^−ART\\(${replicas}, [\\d.]+, .*\\) = −[\\d.]+ ms$`));
  expect(cores).toMatch(new RegExp(`^N · C = ${replicas} · [\\d.]+ = [\\d.]+ ≤ 6 cores$`));
  expect(memory).toMatch(/ ≤ 27,852 MB$/);
  expect(limit).toMatch(/^Slowest 1 % \(p99\) ≤ 1 ms: [\d.]+, not met$/);
  expect(formulaOfTrial(study, { ...trial, value: null, measurement: null })).toEqual([]);
});
