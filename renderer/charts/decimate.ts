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
  const keep = columnExtremes(points, Math.max(1, Math.min(columns, Math.floor(most / 2))));
  const room = most - keep.size;
  if (room > 0) {
    const stride = points.length / room;
    for (let i = 0; i < room; i++) keep.add(Math.floor(i * stride));
  }
  return points.filter((_, i) => keep.has(i));
}

function columnExtremes(points: readonly Placed[], columns: number): Set<number> {
  let left = Infinity;
  let right = -Infinity;
  for (const { x } of points) {
    if (x < left) left = x;
    if (x > right) right = x;
  }
  const width = (right - left || 1) / columns;
  const lowest = new Map<number, number>();
  const highest = new Map<number, number>();
  points.forEach(({ x, y }, i) => {
    const column = Math.min(columns - 1, Math.floor((x - left) / width));
    const low = lowest.get(column);
    const high = highest.get(column);
    if (low === undefined || y < points[low]!.y) lowest.set(column, i);
    if (high === undefined || y > points[high]!.y) highest.set(column, i);
  });
  return new Set([...lowest.values(), ...highest.values()]);
}
