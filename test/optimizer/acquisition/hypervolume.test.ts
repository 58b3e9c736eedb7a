import { expect, it } from 'vitest';
import { expectedHypervolumeGain, frontOf } from '../../../main/optimizer/acquisition/hypervolume.ts';
import { createRandom } from '../../../main/domain/random.ts';

it('keeps what nothing beats in both costs', () => {
  const front = frontOf([[3, 1], [1, 3], [2, 2], [2.5, 2.5], [1, 4]]);
  expect(front.points).toEqual([[1, 3], [2, 2], [3, 1]]);
  expect(front.reference[0]).toBeGreaterThan(3);
  expect(front.reference[1]).toBeGreaterThan(4);
});

it('is the expected gain of dominated area, as by simulation', () => {
  const front = { points: [[1, 3], [2, 2], [3, 1]] as const, reference: [4, 4] as const };
  const [a, b] = [{ mean: 1.6, variance: 0.4 }, { mean: 1.8, variance: 0.7 }];
  const area = (x: number, y: number): number => {
    let sum = 0;
    let height = 4;
    const edges = [...front.points.map(([p]) => p), 4];
    for (let i = 0, left = -Infinity; i < edges.length; i++) {
      const width = Math.max(edges[i]! - Math.max(x, left), 0);
      sum += width * Math.max(height - y, 0);
      left = edges[i]!;
      height = Math.min(height, front.points[i]?.[1] ?? height);
    }
    return sum;
  };
  const random = createRandom('hypervolume');
  let total = 0;
  const draws = 200_000;
  for (let i = 0; i < draws; i++) total += area(a.mean + Math.sqrt(a.variance) * random.normal(), b.mean + Math.sqrt(b.variance) * random.normal());
  expect(expectedHypervolumeGain(front, a, b)).toBeCloseTo(total / draws, 1);
  expect(Math.abs(expectedHypervolumeGain(front, a, b) / (total / draws) - 1)).toBeLessThan(0.01);
  expect(expectedHypervolumeGain(front, { mean: 9, variance: 1e-6 }, { mean: 9, variance: 1e-6 })).toBe(0);
});
