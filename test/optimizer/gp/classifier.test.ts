import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../main/domain/random.ts';
import { dimensionsOf } from '../../../main/optimizer/dimension.ts';
import { fitClassifier } from '../../../main/optimizer/gp/classifier.ts';

const dimensions = dimensionsOf([
  { kind: 'real', name: 'memory', low: 0, high: 1, scale: 'linear' },
  { kind: 'real', name: 'other', low: 0, high: 1, scale: 'linear' },
]);

function crashesBelow(limit: number, n: number): { points: number[][]; ran: boolean[] } {
  const random = createRandom(`crashes-${n}`);
  const points = Array.from({ length: n }, () => [random.next(), random.next()]);
  return { points, ran: points.map(([memory]) => memory! >= limit) };
}

describe('chance to run', () => {
  it('is 1 while nothing failed', () => {
    const { points } = crashesBelow(0, 10);
    expect(fitClassifier({ dimensions, points, ran: points.map(() => true) }).chanceToRun([0.5, 0.5])).toBe(1);
  });

  it('learns where the cliff is, and that the other parameter does not matter', () => {
    const { points, ran } = crashesBelow(0.3, 40);
    const { chanceToRun } = fitClassifier({ dimensions, points, ran });
    for (const other of [0.05, 0.5, 0.95]) {
      expect(chanceToRun([0.1, other])).toBeLessThan(0.25);
      expect(chanceToRun([0.6, other])).toBeGreaterThan(0.8);
    }
  });

  it('expects what dies of too little to die of less', () => {
    const points = [[0.5, 0.2], [0.45, 0.7], [0.55, 0.9], [0.8, 0.3], [0.85, 0.8], [0.75, 0.6]];
    const { chanceToRun } = fitClassifier({ dimensions, points, ran: points.map(([memory]) => memory! > 0.6) });
    expect(chanceToRun([0.05, 0.5])).toBeLessThan(chanceToRun([0.45, 0.5]));
    expect(chanceToRun([0.05, 0.5])).toBeLessThan(0.15);
  });

  it('stays between 0 and 1 when everything failed and with a thousand trials', () => {
    for (const { points, ran } of [crashesBelow(2, 6), crashesBelow(0.2, 1000)]) {
      const { chanceToRun } = fitClassifier({ dimensions, points, ran });
      for (const u of [0, 0.25, 0.5, 1]) {
        expect(chanceToRun([u, u])).toBeGreaterThan(0);
        expect(chanceToRun([u, u])).toBeLessThan(1);
      }
    }
  });
});
