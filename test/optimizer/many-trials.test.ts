import { expect, it } from 'vitest';
import { createRandom } from '../../main/domain/random.ts';
import { sampleUniform } from '../../main/domain/search-space.ts';
import { createSampler } from '../../main/optimizer/registry.ts';
import type { Observation } from '../../main/optimizer/sampler.ts';
import { BATCHING, noisy } from './serving-surfaces.ts';

it('of thousands of trials a thousand teach, the best among them, and the same ones each time', () => {
  const random = createRandom('many');
  const observations = Array.from({ length: 3000 }, (): Observation => {
    const configuration = sampleUniform(BATCHING.space, random);
    const cost = BATCHING.cost(configuration);
    return { configuration, cost: cost === null ? null : noisy(cost, random), standardError: null };
  });
  const best = observations.reduce((a, b) => ((b.cost ?? Infinity) < (a.cost ?? Infinity) ? b : a));
  const ask = (): unknown => createSampler('bayes', {}, { startupTrials: null }).suggest({
    space: BATCHING.space, observations, isAllowed: BATCHING.isAllowed, random: createRandom('ask'), trialNumber: 3001,
  });
  const first = ask() as { readonly configuration: Observation['configuration'] };
  expect(ask()).toEqual(first);
  const cost = BATCHING.cost(first.configuration);
  expect(cost).toBeLessThan(best.cost! * 1.1);
});
