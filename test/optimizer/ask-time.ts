import { createRandom } from '../../main/domain/random.ts';
import { sampleUniform, type SearchSpace } from '../../main/domain/search-space.ts';
import { createSampler } from '../../main/optimizer/registry.ts';
import type { Observation } from '../../main/optimizer/sampler.ts';
import { BATCHING, noisy } from './serving-surfaces.ts';

/** Milliseconds one ask takes, median of several, with six parameters and one trial in ten crashed: node test/optimizer/ask-time.ts */
const space: SearchSpace = [...BATCHING.space, { kind: 'integer', name: 'batchThreads', low: 1, high: 16, scale: 'linear' }];

for (const count of [10, 50, 100, 200, 500, 1000]) {
  const times: number[] = [];
  for (let round = 0; round < (count > 200 ? 3 : 7); round++) {
    const random = createRandom(`time-${round}`);
    const observations: Observation[] = [];
    while (observations.length < count) {
      const configuration = sampleUniform(space, random);
      if (!BATCHING.isAllowed(configuration)) continue;
      const cost = BATCHING.cost(configuration);
      observations.push({ configuration, cost: cost === null ? null : noisy(cost, random), standardError: null });
    }
    const sampler = createSampler('bayes', {}, { startupTrials: null });
    const startedAt = performance.now();
    sampler.suggest({ space, observations, isAllowed: BATCHING.isAllowed, random, trialNumber: count + 1 });
    times.push(performance.now() - startedAt);
  }
  times.sort((a, b) => a - b);
  console.log(`${count} trials: ${times[times.length >> 1]!.toFixed(0)} ms`);
}
