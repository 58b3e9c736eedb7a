import { describe, expect, it } from 'vitest';
import { studySpecSchema } from '../../main/domain/study-spec.ts';
import { formatTuple, formatTupleHead, servingConfiguration } from '../../main/domain/serving-configuration.ts';
import { brokenRule, feasibilityRules } from '../../main/domain/feasibility.ts';
import { judge, toCost } from '../../main/domain/objective.ts';
import { measure } from '../../main/domain/measure.ts';
import { specOf, steadyLoad } from '../study/doubles.ts';

const spec = specOf();
const refusals = (change: (draft: ReturnType<typeof specOf>) => unknown): string[] => {
  const result = studySpecSchema.safeParse(change(structuredClone(spec)));
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
};

describe('a study spec', () => {
  it('accepts the templates', () => expect(refusals((draft) => draft)).toEqual([]));

  it.each([
    ['a highest value below the lowest', { kind: 'integer', name: 'replicas', low: 4, high: 2, scale: 'linear' }, 'space.0.high: a highest value of at least 4'],
    ['replicas as a real number', { kind: 'real', name: 'replicas', low: 1, high: 2, scale: 'linear' }, 'space.0.kind: integer or ordinal'],
    ['a log scale from zero', { kind: 'real', name: 'batchTimeoutMicros', low: 0, high: 10, scale: 'log' }, 'space.0.low: a lowest value above 0 on a log scale'],
    ['unordered values', { kind: 'ordinal', name: 'maxBatchSize', values: [8, 4], scale: 'log' }, 'space.0.values: ascending values, each once'],
    ['an unknown knob', { kind: 'integer', name: 'turbo', low: 1, high: 2, scale: 'linear' }, 'space.0.name: one of replicas, cpuCores, memoryMb, maxBatchSize, batchTimeoutMicros, batchThreads, gpuClockMhz, balancing'],
    ['no memory at all', { kind: 'integer', name: 'memoryMb', low: 0, high: 64, scale: 'linear' }, 'space.0.low: at least 6 MB'],
  ])('refuses %s', (_what, parameter, sentence) => {
    expect(refusals((draft) => ({ ...draft, space: [parameter] }))).toContain(sentence);
  });

  it('refuses a knob that is both searched and fixed, and more random trials than trials', () => {
    expect(refusals((draft) => ({ ...draft, fixed: { replicas: 2 } }))).toEqual(['fixed.replicas: a knob either searched or fixed, not both']);
    expect(refusals((draft) => ({ ...draft, budget: { ...draft.budget, trials: 10 } }))).toEqual(['sampler.startupTrials: at most the 10 trials of the budget']);
  });

  it('refuses the wrong direction for a metric', () => {
    expect(refusals((draft) => ({ ...draft, objective: { ...draft.objective, direction: 'maximise' } }))).toEqual(['objective.direction: minimise']);
  });
});

describe('a configuration', () => {
  const configuration = { replicas: 5, cpuCores: 1.2, memoryMb: 230, maxBatchSize: 4, batchTimeoutMicros: 270.04 };

  it('prints as a tuple with the report’s letters', () => {
    expect(formatTupleHead(spec)).toBe('(N, C, M, B, T)');
    expect(formatTuple(spec, configuration)).toBe('(5, 1.20, 230, 4, 270)');
  });

  it('fills knobs that are not searched: fixed value, else the usual one', () => {
    expect(servingConfiguration({ fixed: { batchThreads: 3 } }, configuration)).toMatchObject({ replicas: 5, batchThreads: 3, gpuClockMhz: 1000 });
  });

  it('is ruled out by the machine, each rule named', () => {
    const rules = feasibilityRules({ ...spec, environment: { ...spec.environment, requestBatchSize: 8 } }, { capacity: { cores: 6, memoryMb: 1000 } });
    const serving = servingConfiguration(spec, configuration);
    expect(brokenRule(rules, { ...serving, maxBatchSize: 8, cpuCores: 1.21 })?.text).toBe('Replicas × CPU ≤ 6 cores');
    expect(brokenRule(rules, { ...serving, maxBatchSize: 8 })?.name).toBe('memory');
    expect(brokenRule(rules, { ...serving, memoryMb: 200 })?.text).toBe('Items per request (8) ≤ max batch size');
    expect(brokenRule(rules, { ...serving, memoryMb: 200, maxBatchSize: 8 })).toBeNull();
  });
});

describe('an objective', () => {
  const { trips, durationS, lagMsP99, cpuShare, sure } = steadyLoad();
  const measurement = measure({ trips, durationS, lagMsP99, cpuShare, sure, spec, replicas: [{ cpuCores: 0.5, memoryMb: 120, throttledShare: 0 }], server: null, enforcement: 'none' });

  it('leaves the first requests out of the mean', () => {
    expect(measurement.meanRoundTripMs).toBeCloseTo(10, 0);
    expect(measurement).toMatchObject({ sent: 400, counted: 398, excluded: 2 });
  });

  it('judges constraints; what was not observed is not met', () => {
    const constraints = [
      { metric: 'p99Ms', relation: 'at-most', bound: 1 }, { metric: 'memoryMb', relation: 'at-most', bound: 100 }, { metric: 'throughputRps', relation: 'at-least', bound: 10 },
    ] as const;
    expect(judge({ metric: 'meanRoundTripMs', direction: 'minimise', constraints: [...constraints] }, { ...measurement, memoryMb: null })).toMatchObject({
      feasible: false, violations: ['Slowest 1 % (p99) ≤ 1 ms', 'Peak memory ≤ 100 MB (not observed)'],
    });
  });

  it('flips the sign once, for what is maximised', () => {
    expect(toCost({ metric: 'throughputRps', direction: 'maximise', constraints: [] }, 5)).toBe(-5);
    expect(toCost({ metric: 'p50Ms', direction: 'minimise', constraints: [] }, 5)).toBe(5);
  });
});
