import { describe, expect, it } from 'vitest';
import { createSampler } from '../../main/optimizer/registry.ts';
import { medianOf, recommendedCosts, regret, SURFACES, yardstick } from './serving-surfaces.ts';

const SEEDS = [1, 2, 3, 4, 5];

/** Fixed seeds, so the figures are the same on every machine; a worse model or a broken maximiser shows here. */
describe.each(SURFACES)('search on the surface “$name”', (surface) => {
  it('comes much closer to the optimum in 30 trials than random search', () => {
    const scale = yardstick(surface);
    const median = (name: string): number =>
      medianOf(
        SEEDS.map((seed) => {
          const sampler = createSampler(name, {}, { startupTrials: null });
          return regret(scale, recommendedCosts(surface, sampler, seed, [30])[0]!);
        }),
      );
    expect(median('bayes')).toBeLessThan(0.5 * median('random'));
  });
});
