/** Above this many marks a chart is thinned for the screen; never in exports. */
export const MOST_MARKS = 2000;

interface Placed {
  readonly x: number;
  readonly y: number;
}

/**
 * Thins points for a plot of `columns` pixels: the lowest and the highest of every pixel column stay, and an even
 * sample of the rest fills up to `most`, so that clusters between the extremes stay visible. Order is kept.
 */
export function decimate<P extends Placed>(points: readonly P[], columns: number, most = MOST_MARKS): readonly P[] {
  if (points.length <= most) return points;
  const keep = columnExtremes(points, Math.max(1, Math.min(Math.round(columns), Math.floor(most / 2))));
  const room = most - keep.reduce((sum, kept) => sum + kept, 0);
  if (room > 0) {
    const stride = points.length / room;
    for (let i = 0; i < room; i++) keep[Math.floor(i * stride)] = 1;
  }
  return points.filter((_, i) => keep[i] === 1);
}

/**
 * Thins a line of rising x: of every pixel column its first, lowest, highest and last point stay, so that what is drawn is the
 * same to the pixel.
 */
export function decimateLine<P extends Placed>(points: readonly P[], columns: number): readonly P[] {
  if (points.length <= 4 * columns) return points;
  const left = points[0]!.x;
  const width = (points[points.length - 1]!.x - left || 1) / columns;
  const kept: P[] = [];
  let column = { at: -1, first: 0, lowest: 0, highest: 0, last: -1 };
  const keep = (): void => {
    const { first, lowest, highest, last } = column;
    if (last >= 0) for (const i of [...new Set([first, lowest, highest, last])].sort((a, b) => a - b)) kept.push(points[i]!);
  };
  points.forEach(({ x, y }, i) => {
    const at = Math.min(columns - 1, Math.floor((x - left) / width));
    if (at !== column.at) {
      keep();
      column = { at, first: i, lowest: i, highest: i, last: i };
    }
    if (y < points[column.lowest]!.y) column.lowest = i;
    if (y > points[column.highest]!.y) column.highest = i;
    column.last = i;
  });
  keep();
  return kept;
}

/** 1 for every point that is the lowest or the highest of its column. */
function columnExtremes(points: readonly Placed[], columns: number): Uint8Array {
  let left = Infinity;
  let right = -Infinity;
  for (const { x } of points) {
    if (x < left) left = x;
    if (x > right) right = x;
  }
  const width = (right - left || 1) / columns;
  const lowest = new Int32Array(columns).fill(-1);
  const highest = new Int32Array(columns).fill(-1);
  points.forEach(({ x, y }, i) => {
    const column = Math.min(columns - 1, Math.floor((x - left) / width));
    if (lowest[column]! < 0 || y < points[lowest[column]!]!.y) lowest[column] = i;
    if (highest[column]! < 0 || y > points[highest[column]!]!.y) highest[column] = i;
  });
  const keep = new Uint8Array(points.length);
  for (const i of [...lowest, ...highest]) if (i >= 0) keep[i] = 1;
  return keep;
}
