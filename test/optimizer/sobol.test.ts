import { describe, expect, it } from 'vitest';
import { createRandom } from '../../main/domain/random.ts';
import { createSobol } from '../../main/optimizer/sobol.ts';

describe('scrambled Sobol sequence', () => {
  it('puts one of every 2^k points in each of 2^k slices of every dimension', () => {
    const sobol = createSobol(21, createRandom(3));
    for (const count of [8, 64, 256]) {
      for (let j = 0; j < 21; j++) {
        const slices = new Set(Array.from({ length: count }, (_, i) => Math.floor(sobol.point(i)[j]! * count)));
        expect(slices.size).toBe(count);
      }
    }
  });

  it('fills every 4 × 4 cell of two neighbouring dimensions evenly', () => {
    const sobol = createSobol(10, createRandom(4));
    for (let j = 0; j + 1 < 10; j++) {
      const cells = new Map<number, number>();
      for (let i = 0; i < 1024; i++) {
        const point = sobol.point(i);
        const cell = 4 * Math.floor(4 * point[j]!) + Math.floor(4 * point[j + 1]!);
        cells.set(cell, (cells.get(cell) ?? 0) + 1);
      }
      for (const hits of cells.values()) expect(hits).toBe(64);
    }
  });

  it('follows its seed, also beyond the table', () => {
    const point = (seed: number): number[] => [...createSobol(25, createRandom(seed)).point(5)];
    expect(point(1)).toEqual(point(1));
    expect(point(1)).not.toEqual(point(2));
    expect(point(1).every((u) => u >= 0 && u < 1)).toBe(true);
  });
});
