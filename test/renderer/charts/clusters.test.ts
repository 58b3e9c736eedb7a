import { expect, test } from 'vitest';
import { createRandom } from '../../../main/domain/random.ts';
import { findClusters } from '../../../renderer/charts/clusters.ts';

function draw(count: number, seed: number, of: (random: ReturnType<typeof createRandom>) => number): number[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => of(random));
}

test('three groups are counted with their shares, fastest first', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const clusters = findClusters(draw(3400, seed, (random) => {
      const which = random.next();
      return (which < 0.34 ? 3.9 : which < 0.8 ? 5.5 : 8.1) + random.normal() * 0.25;
    }));
    expect(clusters.map(({ share }) => Math.round(share * 10))).toEqual([3, 5, 2]);
    expect(clusters[0]!.toMs).toBeLessThan(clusters[1]!.fromMs);
    expect(clusters.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 1);
  }
});

test('one group stays one: normal, log-normal, uniform', () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) {
    expect(findClusters(draw(3400, seed, (random) => 10 + random.normal()))).toHaveLength(1);
    expect(findClusters(draw(3400, seed, (random) => Math.exp(random.normal() * 0.8)))).toHaveLength(1);
    expect(findClusters(draw(3400, seed, (random) => 5 + 5 * random.next()))).toHaveLength(1);
  }
});

test('too few values or no spread say nothing', () => {
  expect(findClusters([1, 2, 3])).toEqual([]);
  expect(findClusters(new Array<number>(500).fill(5))).toEqual([]);
});
