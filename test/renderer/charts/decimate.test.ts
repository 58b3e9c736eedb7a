import { expect, test } from 'vitest';
import { decimate, decimateLine } from '../../../renderer/charts/decimate.ts';
import { createRandom } from '../../../main/domain/random.ts';

const random = createRandom(3);
const many = Array.from({ length: 30_000 }, (_, x) => ({ x, y: random.normal() }));

test('few points are left alone', () => {
  const few = many.slice(0, 2000);
  expect(decimate(few, 400)).toBe(few);
});

test('the lowest and highest of every pixel column stay', () => {
  const columns = 300;
  const kept = new Set(decimate(many, columns).map(({ x }) => x));
  expect(kept.size).toBeLessThanOrEqual(2000);
  const width = (many.length - 1) / columns;
  for (let column = 0; column < columns; column++) {
    const inside = many.filter(({ x }) => Math.min(columns - 1, Math.floor(x / width)) === column);
    const lowest = inside.reduce((a, b) => (b.y < a.y ? b : a));
    const highest = inside.reduce((a, b) => (b.y > a.y ? b : a));
    expect(kept.has(lowest.x) && kept.has(highest.x)).toBe(true);
  }
});

test('order is kept and the middle is sampled too', () => {
  const kept = decimate(many, 300);
  expect(kept.every((point, i) => i === 0 || point.x > kept[i - 1]!.x)).toBe(true);
  expect(kept.length).toBeGreaterThan(1500);
});

test('a line keeps what a pixel column shows of it: both ends and both extremes', () => {
  const columns = 300;
  const kept = decimateLine(many, columns);
  expect(kept.length).toBeLessThanOrEqual(4 * columns);
  expect(kept.every((point, i) => i === 0 || point.x > kept[i - 1]!.x)).toBe(true);
  const columnOf = ({ x }: { x: number }): number => Math.min(columns - 1, Math.floor((x / (many.length - 1)) * columns));
  const ends = (points: readonly { x: number; y: number }[]) => {
    const shown = new Map<number, readonly [number, number, number, number]>();
    for (const [column, inside] of Map.groupBy(points, columnOf)) shown.set(column, [inside[0]!.y, Math.min(...inside.map(({ y }) => y)), Math.max(...inside.map(({ y }) => y)), inside[inside.length - 1]!.y]);
    return shown;
  };
  expect(ends(kept)).toEqual(ends(many));
  expect(decimateLine(kept, columns)).toBe(kept);
});
