import { describe, expect, it } from 'vitest';
import { createRandom } from '../../main/domain/random.ts';
import { encode, sampleUniform } from '../../main/domain/search-space.ts';
import { bayesSampler, DEFAULT_BAYES } from '../../main/optimizer/bayes-sampler.ts';
import type { Observation, SamplerRequest } from '../../main/optimizer/sampler.ts';
import { requestFor } from '../../main/optimizer/study-request.ts';
import { fitSurrogate } from '../../main/optimizer/surrogate.ts';
import { BATCHING } from './serving-surfaces.ts';
import { CAPACITY, complete, studyOf, studySpec } from './studies.ts';

const { space } = BATCHING;
const random = createRandom('pending');
const observations: readonly Observation[] = Array.from({ length: 12 }, () => {
  const configuration = sampleUniform(space, random);
  return { configuration, cost: BATCHING.cost(configuration), standardError: null };
});
const pending = [sampleUniform(space, random), sampleUniform(space, random)];

describe('the model, while trials are pending', () => {
  const alone = fitSurrogate({ space, observations }, DEFAULT_BAYES, createRandom(1))!;
  const waiting = fitSurrogate({ space, observations, pending }, DEFAULT_BAYES, createRandom(1))!;

  it('keeps its mean and is surer where an answer is awaited, for the search only', () => {
    for (let i = 0; i < 40; i++) {
      const point = Float64Array.from(encode(space, sampleUniform(space, random)));
      const [without, with_] = [alone.posteriorAtCell(point), waiting.posteriorAtCell(point)];
      expect(with_.mean).toBeCloseTo(without.mean, 6);
      expect(with_.variance).toBeLessThanOrEqual(without.variance + 1e-9);
      expect(waiting.posterior(point)).toEqual(alone.posterior(point));
    }
    for (const one of pending) {
      const point = Float64Array.from(encode(space, one));
      expect(waiting.posteriorAtCell(point).variance).toBeLessThan(0.5 * alone.posteriorAtCell(point).variance);
    }
  });

  it('advises and explains from finished trials alone', () => {
    expect(waiting.ranked).toEqual(alone.ranked);
    expect(waiting.trainedOn).toEqual(alone.trainedOn);
  });
});

it('sends a second trial somewhere else than beside the first', () => {
  const request: SamplerRequest = { space, observations, isAllowed: BATCHING.isAllowed, random: createRandom(3), trialNumber: 13 };
  const first = bayesSampler().suggest(request)!.configuration;
  const second = bayesSampler().suggest({ ...request, pending: [first], trialNumber: 14 })!.configuration;
  // Merely forbidding the first one would give its neighbour.
  const [a, b] = [encode(space, first), encode(space, second)];
  expect(Math.hypot(...a.map((u, j) => u - b[j]!))).toBeGreaterThan(0.15);
});

it('takes running trials of a study for pending ones and numbers the next after them', () => {
  const configuration = (replicas: number) => ({ replicas, cpuCores: 1, memoryMb: 128 });
  const study = studyOf(studySpec(), [
    { configuration: configuration(1), outcome: complete(9) }, { configuration: configuration(2), outcome: null },
    { configuration: configuration(3), outcome: null },
  ]);
  const request = requestFor(study, CAPACITY);
  expect(request.pending).toEqual([configuration(2), configuration(3)]);
  expect(request.trialNumber).toBe(4);
});
