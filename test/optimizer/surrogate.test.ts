import { describe, expect, it } from 'vitest';
import { createRandom } from '../../main/domain/random.ts';
import type { SearchSpace } from '../../main/domain/search-space.ts';
import { DEFAULT_BAYES } from '../../main/optimizer/bayes-sampler.ts';
import type { Observation } from '../../main/optimizer/sampler.ts';
import { fitSurrogate, type SurrogateOptions } from '../../main/optimizer/surrogate.ts';

const space: SearchSpace = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ kind: 'real', name, low: 0, high: 1, scale: 'linear' }));

/** 24 configurations drawn at random and what each costs. */
function observe(cost: (i: number) => number): readonly Observation[] {
  const random = createRandom('surrogate');
  return Array.from({ length: 24 }, (_, i) => ({
    configuration: Object.fromEntries(space.map(({ name }) => [name, random.next()])), cost: cost(i), standardError: null,
  }));
}

const advised = (observations: readonly Observation[], options: SurrogateOptions = DEFAULT_BAYES): number => {
  const { configuration } = fitSurrogate({ space, observations }, options, createRandom('fit'))!.ranked[0]!;
  return observations.findIndex((one) => one.configuration === configuration);
};

describe('what is advised', () => {
  // A system the model cannot follow: every configuration for itself, from 10 to 80 ms.
  const rough = observe((i) => 10 * 8 ** (((i * 7) % 24) / 23));

  it('is what was measured where no noise explains the differences', () => {
    expect(advised(rough)).toBe(0);
  });

  it('is the model alone where all it cannot explain counts as noise', () => {
    const { ranked, posterior } = fitSurrogate({ space, observations: rough }, { ...DEFAULT_BAYES, measurementError: null }, createRandom('fit'))!;
    for (const { mean, point } of ranked) expect(mean).toBe(posterior(point).mean);
  });

  it('does not follow luck: differences a measurement may have by chance stay noise', () => {
    const random = createRandom('luck');
    const { ranked, posterior } = fitSurrogate({ space, observations: observe(() => 50 * Math.exp(0.06 * random.normal())) }, DEFAULT_BAYES, createRandom('fit'))!;
    for (const { mean, point } of ranked) expect(mean).toBeCloseTo(posterior(point).mean, 10);
  });

  it('takes the mean of a configuration measured again', () => {
    const again: readonly Observation[] = [...rough, { ...rough[0]!, cost: 70 }, { ...rough[0]!, cost: 75 }];
    expect(advised(again)).not.toBe(0);
    const [tried] = fitSurrogate({ space, observations: again }, DEFAULT_BAYES, createRandom('fit'))!.ranked.filter(({ timesMeasured }) => timesMeasured === 3);
    expect(tried!.observedCost).toBe(10);
  });
});
