import { describe, expect, it } from 'vitest';
import { bandOf, findBands } from '../../main/domain/clusters.ts';
import { createRandom } from '../../main/domain/random.ts';

const random = createRandom('bands');
const draw = (count: number, value: (i: number) => number): number[] => Array.from({ length: count }, (_, i) => value(i));

describe('bands of round trips', () => {
  it('finds the queue positions of twenty requests over four servers', () => {
    const values = draw(3413, (i) => 5 * (1 + (i % 5)) + 0.6 * random.normal());
    const bands = findBands(values);
    expect(bands.map(({ centre }) => Math.round(centre))).toEqual([5, 10, 15, 20, 25]);
    for (const { share } of bands) expect(share).toBeCloseTo(0.2, 2);
    expect(bands.reduce((sum, { count }) => sum + count, 0)).toBe(3413);
  });

  it('sees a rare, far band', () => {
    const bands = findBands(draw(3000, (i) => (i % 50 === 0 ? 205 : 5) + random.normal() / 2));
    expect(bands.map(({ share }) => share)).toEqual([0.98, 0.02]);
  });

  it.each([
    ['normal', () => 10 + random.normal()],
    ['exponential', () => -Math.log(1 - random.next())],
    ['log-normal', () => Math.exp(random.normal() / 2)],
    ['uniform', () => random.next()],
  ])('does not split a %s law, in 50 of 50 trials', (_, value) => {
    for (let trial = 0; trial < 50; trial++) expect(findBands(draw(1000, value))).toHaveLength(1);
  });

  it('does not mistake few outliers, few values or one value for bands', () => {
    expect(findBands([...draw(1000, () => 5 + random.normal()), 90, 91])).toHaveLength(1);
    expect(findBands([1, 2, 3])).toHaveLength(1);
    expect(findBands(draw(500, () => 7))).toEqual([{ low: 7, high: 7, centre: 7, count: 500, share: 1 }]);
    expect(findBands([])).toEqual([]);
  });

  it('is the same whatever the order, and tells where a value belongs', () => {
    const values = draw(400, (i) => (i % 2 === 0 ? 3 : 8) + random.normal() / 2);
    const bands = findBands(values);
    expect(findBands([...values].reverse())).toEqual(bands);
    expect([0, 3, 8, 100].map((value) => bandOf(bands, value))).toEqual([0, 0, 1, 1]);
  });
});
