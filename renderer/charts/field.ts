import type { Field } from './chart-value.ts';

/** Which of the five bands a point of a field is in, 0 the best; bilinear between the grid's values, positions on the axes' own values. */
export function fieldBand(field: Field, x: number, y: number): number | 'blocked' {
  const { xs, ys, values, blocked, levels, best } = field;
  const [i, u] = between(xs, x);
  const [j, v] = between(ys, y);
  const at = (column: number, row: number): number => Math.min(row, ys.length - 1) * xs.length + Math.min(column, xs.length - 1);
  if (blocked[at(u < 0.5 ? i : i + 1, v < 0.5 ? j : j + 1)] === true) return 'blocked';
  const low = values[at(i, j)]! * (1 - u) + values[at(i + 1, j)]! * u;
  const high = values[at(i, j + 1)]! * (1 - u) + values[at(i + 1, j + 1)]! * u;
  const value = low * (1 - v) + high * v;
  const band = levels.findIndex((level) => (best === 'lowest' ? value <= level : value >= level));
  return band < 0 ? levels.length : band;
}

/** Index of the grid position at or before `at`, and how far towards the next, 0–1. */
function between(positions: readonly number[], at: number): readonly [number, number] {
  const last = positions.length - 1;
  if (at <= positions[0]!) return [0, 0];
  if (at >= positions[last]!) return [last, 0];
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (positions[middle]! <= at) low = middle;
    else high = middle;
  }
  return [low, (at - positions[low]!) / (positions[high]! - positions[low]!)];
}
