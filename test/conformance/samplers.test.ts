import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../main/domain/parameter.ts';
import { createRandom } from '../../main/domain/random.ts';
import { configurationKey, contains, sampleUniform, type SearchSpace } from '../../main/domain/search-space.ts';
import { createSampler } from '../../main/optimizer/registry.ts';
import type { Observation, Sampler, SamplerRequest } from '../../main/optimizer/sampler.ts';

/** Every sampler keeps these promises; a new one is entered here. */
const SAMPLERS: Readonly<Record<string, () => Sampler>> = {
  random: () => createSampler('random', {}, { startupTrials: null }),
  sobol: () => createSampler('sobol', {}, { startupTrials: null }),
  grid: () => createSampler('grid', {}, { startupTrials: null }),
  'epsilon-greedy': () => createSampler('epsilon-greedy', {}, { startupTrials: null }),
  tpe: () => createSampler('tpe', {}, { startupTrials: 4 }),
  paper: () => createSampler('paper', {}, { startupTrials: 5 }),
  bayes: () => createSampler('bayes', {}, { startupTrials: null }),
  'bayes, random start': () => createSampler('bayes', { startup: 'random' }, { startupTrials: 6 }),
  'bayes, confidence bound': () => createSampler('bayes', { acquisition: 'confidence-bound', local: 'no' }, { startupTrials: 3 }),
};

const MIXED: SearchSpace = [
  { kind: 'integer', name: 'replicas', low: 1, high: 8, scale: 'linear' },
  { kind: 'integer', name: 'memoryMb', low: 64, high: 4096, step: 64, scale: 'log' },
  { kind: 'real', name: 'cpuCores', low: 0.1, high: 4, scale: 'log' },
  { kind: 'real', name: 'share', low: 0, high: 1, step: 0.05, scale: 'linear' },
  { kind: 'ordinal', name: 'batch', values: [1, 4, 16, 64], scale: 'log' },
  { kind: 'categorical', name: 'balancing', values: ['round-robin', 'random', 'first'] },
];
const SMALL: SearchSpace = [
  { kind: 'integer', name: 'a', low: 1, high: 4, scale: 'linear' },
  { kind: 'categorical', name: 'b', values: ['x', 'y', 'z'] },
];

type Cost = (configuration: Configuration) => number | null;
const costOf: Cost = (c) => 5 + Number(c.replicas) + 20 / Number(c.cpuCores) + 3 * Math.abs(Number(c.share) - 0.4);

function request(space: SearchSpace, observations: readonly Observation[], more: Partial<SamplerRequest> = {}): SamplerRequest {
  return {
    space, observations, isAllowed: () => true, random: createRandom(11), trialNumber: observations.length + 1, ...more,
  };
}

function observe(configuration: Configuration, cost: number | null): Observation {
  return { configuration, cost, standardError: null };
}

/** `count` trials, as a run would make them. */
function play(
  sampler: Sampler, space: SearchSpace, cost: Cost, count: number, more: Partial<SamplerRequest> = {},
): readonly Observation[] {
  let observations: readonly Observation[] = [];
  while (observations.length < count) {
    const suggestion = sampler.suggest(request(space, observations, more));
    if (suggestion === null) break;
    observations = [...observations, observe(suggestion.configuration, cost(suggestion.configuration))];
  }
  return observations;
}

function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(numbersIn) : [];
}

const keys = (space: SearchSpace, observations: readonly Observation[]): string[] =>
  observations.map(({ configuration }) => configurationKey(space, configuration));

describe.each(Object.entries(SAMPLERS))('sampler: %s', (_, create) => {
  it('repeats itself for the same seed, from a fresh instance as well, and differs for another', () => {
    const once = play(create(), MIXED, costOf, 12);
    expect(play(create(), MIXED, costOf, 12)).toEqual(once);
    expect(play(create(), MIXED, costOf, 12, { random: createRandom(12) })).not.toEqual(once);
  });

  it('answers from the request alone: a resumed run goes on as the uninterrupted one', () => {
    const whole = play(create(), MIXED, costOf, 14);
    const resumed = create().suggest(request(MIXED, whole.slice(0, 13)));
    expect(resumed?.configuration).toEqual(whole[13]!.configuration);
  });

  it('names every parameter with a legal value of its type', () => {
    for (const { configuration } of play(create(), MIXED, costOf, 15)) {
      expect(Object.keys(configuration)).toEqual(MIXED.map(({ name }) => name));
      expect(contains(MIXED, configuration)).toBe(true);
    }
  });

  it('stays in the allowed region', () => {
    const isAllowed = (c: Configuration): boolean => Number(c.replicas) * Number(c.cpuCores) <= 4;
    const tried = play(create(), MIXED, (c) => 100 / (Number(c.replicas) * Number(c.cpuCores)), 15, { isAllowed });
    expect(tried).toHaveLength(15);
    for (const { configuration } of tried) expect(isAllowed(configuration)).toBe(true);
  });

  it('refuses in words when nothing is allowed', () => {
    const none = { isAllowed: () => false };
    expect(() => create().suggest(request(SMALL, [], none))).toThrowError(/ruled out/);
    const crowded = [observe({ a: 1, b: 'x' }, 1), observe({ a: 2, b: 'y' }, 2), observe({ a: 3, b: 'z' }, 2)];
    expect(() => create().suggest(request(SMALL, crowded, { ...none, trialNumber: 9 }))).toThrowError(/ruled out/);
  });

  it('tries every configuration of a finite space once, then says null', () => {
    const tried = play(create(), SMALL, (c) => Number(c.a) + (c.b === 'y' ? 0 : 1), 50);
    expect(tried).toHaveLength(12);
    expect(new Set(keys(SMALL, tried)).size).toBe(12);
  });

  it('never repeats a configuration, not even one under way', () => {
    const tried = play(create(), MIXED, costOf, 25);
    expect(new Set(keys(MIXED, tried)).size).toBe(25);
    const next = create().suggest(request(MIXED, tried))!.configuration;
    const other = create().suggest(request(MIXED, tried, { pending: [next] }))!.configuration;
    expect(other).not.toEqual(next);
  });

  it('keeps asking new configurations while trials are pending, however they end', () => {
    const observations = play(create(), MIXED, costOf, 9);
    const pending: Configuration[] = [];
    while (pending.length < 6) {
      pending.push(create().suggest(request(MIXED, observations, { pending: [...pending], trialNumber: 10 + pending.length }))!.configuration);
    }
    expect(new Set(pending.map((one) => configurationKey(MIXED, one))).size).toBe(6);
    for (const one of pending) expect(contains(MIXED, one)).toBe(true);
    const alone = request(MIXED, [], { pending, trialNumber: 7 });
    expect(contains(MIXED, create().suggest(alone)!.configuration)).toBe(true);
    expect(create().recommend(alone)).toBeNull();
  });

  it('lives with failures, however many, and never advises one', () => {
    const fragile = play(create(), MIXED, (c) => (Number(c.memoryMb) < 512 ? null : costOf(c)), 20);
    expect(fragile).toHaveLength(20);
    const advised = create().recommend(request(MIXED, fragile))!;
    expect(Number(advised.memoryMb)).toBeGreaterThanOrEqual(512);
    const hopeless = play(create(), MIXED, () => null, 12);
    expect(hopeless).toHaveLength(12);
    expect(create().recommend(request(MIXED, hopeless))).toBeNull();
  });

  it('takes a cost that is no number for a failure', () => {
    const tried = play(create(), MIXED, costOf, 8).map((observation, i) => (i === 3 ? { ...observation, cost: NaN } : observation));
    const suggestion = create().suggest(request(MIXED, tried));
    expect(numbersIn(suggestion).every(Number.isFinite)).toBe(true);
  });

  it.each([
    ['no trial', 0], ['one trial', 1], ['two trials', 2], ['a thousand trials', 1000],
  ])('survives %s', (_name, count) => {
    const random = createRandom('many');
    const observations = Array.from({ length: count }, () => {
      const configuration = sampleUniform(MIXED, random);
      return observe(configuration, random.next() < 0.1 ? null : costOf(configuration));
    });
    const suggestion = create().suggest(request(MIXED, observations, { trialNumber: count + 20 }))!;
    expect(contains(MIXED, suggestion.configuration)).toBe(true);
    expect(numbersIn(suggestion).every(Number.isFinite)).toBe(true);
  });

  it.each<[string, Cost]>([
    ['constant', () => 7],
    ['constant zero', () => 0],
    ['tiny and huge', (c) => 10 ** (3 * Number(c.replicas) - 12)],
    ['negative', (c) => -100 * Number(c.cpuCores)],
    ['of both signs', (c) => Number(c.replicas) - 4.5],
    ['with one absurd outlier', (c) => (Number(c.replicas) === 3 ? 1e12 : costOf(c))],
  ])('answers without NaN when the objective is %s', (_name, cost) => {
    const observations = play(create(), MIXED, cost, 14);
    const suggestion = create().suggest(request(MIXED, observations))!;
    expect(numbersIn(suggestion).every(Number.isFinite)).toBe(true);
    expect(observations.map(({ configuration }) => configuration)).toContainEqual(
      create().recommend(request(MIXED, observations)),
    );
  });
});

describe('measuring again', () => {
  it('happens at most three times per configuration, never twice in a row, and only while it decides something', () => {
    const sampler = createSampler('bayes', { repeats: 'yes' }, { startupTrials: 4 });
    const random = createRandom('noise');
    const noisyCost: Cost = (c) => costOf(c)! * Math.exp(0.25 * random.normal());
    const tried = keys(MIXED, play(sampler, MIXED, noisyCost, 30));
    const counts = new Map<string, number>();
    for (const key of tried) counts.set(key, (counts.get(key) ?? 0) + 1);
    expect(Math.max(...counts.values())).toBeGreaterThan(1);
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(3);
    const isRepeat = tried.map((key, i) => tried.indexOf(key) < i);
    expect(isRepeat.some((again, i) => again && isRepeat[i + 1] === true)).toBe(false);
    const exact = keys(MIXED, play(createSampler('bayes', { repeats: 'yes' }, { startupTrials: 4 }), MIXED, costOf, 15));
    expect(new Set(exact).size).toBeGreaterThanOrEqual(13);
  });
});
