import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../main/domain/random.ts';
import type { SearchSpace } from '../../../main/domain/search-space.ts';
import { maximise, type Landscape } from '../../../main/optimizer/acquisition/maximise.ts';
import { boxAround, dimensionsOf, isWithin, snapPoint, type Point } from '../../../main/optimizer/dimension.ts';

const SPACE: SearchSpace = [
  { kind: 'real', name: 'a', low: 0, high: 1, scale: 'linear' },
  { kind: 'integer', name: 'b', low: 1, high: 40, scale: 'linear' },
  { kind: 'ordinal', name: 'c', values: [1, 2, 4], scale: 'log' },
  { kind: 'categorical', name: 'd', values: ['x', 'y'] },
];
const dimensions = dimensionsOf(SPACE);
const PEAK = snapPoint(dimensions, [0.31, 0.62, 0.9, 0.9]);
const score = (point: Point): number => -point.reduce((sum, u, j) => sum + (u - PEAK[j]!) ** 2, 0);
const landscape = (more: Partial<Landscape> = {}): Landscape => ({ dimensions, score, isOpen: () => true, centres: [], ...more });

describe('maximising an acquisition', () => {
  it('finds the peak, and gives distinct candidates, best first', () => {
    const found = maximise(landscape(), createRandom(1));
    expect(Math.abs(found[0]!.point[0]! - 0.31)).toBeLessThan(0.01);
    expect([...found[0]!.point.slice(1)]).toEqual([...PEAK.slice(1)]);
    expect(new Set(found.map(({ point }) => point.join(' '))).size).toBe(found.length);
    expect(found.map(({ score: its }) => its)).toEqual(found.map(({ score: its }) => its).sort((a, b) => b - a));
  });

  it.each([['most of the space', 0.7], ['a hundredth of it', 0.01]])('stays in the open part: %s', (_name, share) => {
    const isOpen = (point: Point): boolean => point[0]! > 1 - share;
    const found = maximise(landscape({ isOpen }), createRandom(2));
    expect(found.length).toBeGreaterThan(0);
    for (const { point } of found) expect(isOpen(point)).toBe(true);
  });

  it('answers with nothing when nothing is open', () => {
    expect(maximise(landscape({ isOpen: () => false }), createRandom(3))).toEqual([]);
  });

  it('stays within a box, which reaches the next cell of a short list and every category', () => {
    const within = boxAround(dimensions, snapPoint(dimensions, [0.8, 0.1, 0.5, 0.1]), 0.1);
    expect(isWithin(snapPoint(dimensions, [0.85, 0.15, 0.9, 0.9]), within)).toBe(true);
    const [best] = maximise(landscape({ within, centres: [PEAK] }), createRandom(4));
    expect(isWithin(best!.point, within)).toBe(true);
    expect(best!.point[0]).toBeCloseTo(0.7, 2);
    expect([...best!.point.slice(2)]).toEqual([...PEAK.slice(2)]);
  });
});
