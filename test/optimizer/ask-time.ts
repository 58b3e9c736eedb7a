import { createRandom } from '../../main/domain/random.ts';
import { sampleUniform, type SearchSpace } from '../../main/domain/search-space.ts';
import { createSampler } from '../../main/optimizer/registry.ts';
import type { Observation } from '../../main/optimizer/sampler.ts';
import { BATCHING, noisy } from './serving-surfaces.ts';

/**
 * Milliseconds of processor time one ask takes, median of several, with six parameters and one trial in ten crashed:
 *   node test/optimizer/ask-time.ts
 * "resumed": nothing is remembered, as after a start; "running": the study asked before, as in every later trial.
 */
const space: SearchSpace = [...BATCHING.space, { kind: 'integer', name: 'batchThreads', low: 1, high: 16, scale: 'linear' }];

function observe(count: number, seed: string): readonly Observation[] {
  const random = createRandom(seed);
  const observations: Observation[] = [];
  while (observations.length < count) {
    const configuration = sampleUniform(space, random);
    if (!BATCHING.isAllowed(configuration)) continue;
    const cost = BATCHING.cost(configuration);
    observations.push({ configuration, cost: cost === null ? null : noisy(cost, random), standardError: null });
  }
  return observations;
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const median = (values: readonly number[]): string => [...values].sort((a, b) => a - b)[values.length >> 1]!.toFixed(0);
const ask = (observations: readonly Observation[], seed: string): void => {
  const request = { space, observations, isAllowed: BATCHING.isAllowed, random: createRandom(seed), trialNumber: observations.length + 1 };
  createSampler('bayes', {}, { startupTrials: null }).suggest(request);
};
// The compiler has warmed up by then.
for (let i = 0; i < 5; i++) ask(observe(40, `warm-${i}`), `warm-${i}`);
for (const count of [10, 50, 100, 200, 500, 1000, 10_000]) {
  const resumed: number[] = [];
  const running: number[] = [];
  for (let round = 0; round < (count > 200 ? 2 : 5); round++) {
    const observations = observe(count + 2, `time-${round}`);
    resumed.push(cpuMs(() => ask(observations.slice(0, count), `time-${round}`)));
    running.push(cpuMs(() => ask(observations.slice(0, count + 1), `time-${round}`)));
  }
  console.log(`${count} trials: resumed ${median(resumed)} ms, running ${median(running)} ms`);
}
