import type { Random } from '../../domain/random.ts';
import { isWithin, snapPoint, type Box, type Dimension, type Point } from '../dimension.ts';
import { createSobol } from '../sobol.ts';

/**
 * Maximises an acquisition over the open part of the unit cube: Sobol points and the surroundings of the best tried
 * points, then local search from the best few (coordinate steps: neighbouring cells, all categories, shrinking steps on
 * reals; Hutter et al. 2011, "SMAC", §4.3 for the scheme).
 *
 *   d  dimensions;  points have shape (d) and are snapped
 */
export interface Landscape {
  readonly dimensions: readonly Dimension[];
  /** Larger is better. */
  readonly score: (point: Point) => number;
  /** Whether the point may be asked. */
  readonly isOpen: (point: Point) => boolean;
  /** The part of the cube that is searched, absent: all of it. */
  readonly within?: Box;
  /** Good tried points whose surroundings are worth a look, best first. */
  readonly centres: readonly ArrayLike<number>[];
}

export interface Candidate {
  readonly point: Point;
  readonly score: number;
}

const SOBOL_POINTS = 1000;
const MOST_SOBOL_DRAWS = 8000;
/** Points looked at to see how much of the space is open. */
const SOUNDINGS = 60;
const CENTRES = 4;
const LOCAL_STARTS = 4;
const MOST_LOCAL_SCORES = 250;
const FIRST_STEP = 0.16;
const LAST_STEP = 0.004;

/** Distinct open candidates, best first; empty when none was met. */
export function maximise(landscape: Landscape, random: Random): readonly Candidate[] {
  const { dimensions, isOpen, within } = landscape;
  const sobol = createSobol(dimensions.length, random.split('candidates'));
  const at = (i: number): Point => {
    const u = sobol.point(i);
    return snapPoint(dimensions, within === undefined ? u : u.map((v, j) => within.low[j]! + v * (within.high[j]! - within.low[j]!)));
  };
  let open = 0;
  for (let i = 0; i < SOUNDINGS; i++) if (isOpen(at(i))) open++;
  // Asking whether a point is open costs more than its score: where most are, only the best are asked.
  const pool = new Pool(landscape, open < SOUNDINGS / 2);
  for (let i = 0; i < MOST_SOBOL_DRAWS && pool.size < SOBOL_POINTS; i++) pool.add(at(i));
  for (const point of surroundings(landscape, random.split('surroundings'))) pool.add(snapPoint(dimensions, point));
  for (const start of pool.best(LOCAL_STARTS)) pool.add(climb(landscape, start).point);
  return pool.best(LOCAL_STARTS);
}

class Pool {
  readonly #landscape: Landscape;
  readonly #asksFirst: boolean;
  readonly #met: Candidate[] = [];

  constructor(landscape: Landscape, asksFirst: boolean) {
    this.#landscape = landscape;
    this.#asksFirst = asksFirst;
  }

  get size(): number {
    return this.#met.length;
  }

  add(point: Point): void {
    const { within, isOpen } = this.#landscape;
    if (!isWithin(point, within) || (this.#asksFirst && !isOpen(point))) return;
    this.#met.push({ point, score: this.#landscape.score(point) });
  }

  /** Open and distinct. */
  best(count: number): readonly Candidate[] {
    const chosen: Candidate[] = [];
    for (const candidate of this.#met.sort((a, b) => b.score - a.score)) {
      if (chosen.some(({ point }) => isSame(point, candidate.point)) || !this.#landscape.isOpen(candidate.point)) continue;
      chosen.push(candidate);
      if (chosen.length === count) break;
    }
    return chosen;
  }
}

function isSame(a: Point, b: Point): boolean {
  return a.every((u, j) => u === b[j]);
}

/** Steps from the best tried points in one dimension and small jumps in all, at two widths. */
function* surroundings({ dimensions, centres }: Landscape, random: Random): Generator<ArrayLike<number>> {
  for (const centre of centres.slice(0, CENTRES)) {
    const point = snapPoint(dimensions, centre);
    yield* neighbours(dimensions, point, FIRST_STEP);
    for (const width of [0.1, 0.03]) {
      for (let i = 0; i < 20; i++) {
        yield point.map((u, j) =>
          dimensions[j]!.kind === 'categorical' && random.next() > 0.2 ? u : reflect(u + width * random.normal()),
        );
      }
    }
  }
}

function climb({ dimensions, score, isOpen, within }: Landscape, start: Candidate): Candidate {
  let here = start;
  let scored = 0;
  for (let step = FIRST_STEP; step >= LAST_STEP && scored < MOST_LOCAL_SCORES; ) {
    let better: Candidate | null = null;
    for (const point of neighbours(dimensions, here.point, step)) {
      if (!isWithin(point, within)) continue;
      const candidate = { point, score: score(point) };
      scored++;
      if (candidate.score > (better ?? here).score && isOpen(point)) better = candidate;
    }
    if (better === null) step /= 2;
    else here = better;
  }
  return here;
}

/** One coordinate changed: ±1 cell and ±step on a grid, every other category, ±step on a real. */
function* neighbours(dimensions: readonly Dimension[], point: Point, step: number): Generator<Point> {
  for (let j = 0; j < dimensions.length; j++) {
    const dimension = dimensions[j]!;
    const u = point[j]!;
    for (const moved of moves(dimension, u, step)) if (moved !== u) yield point.with(j, moved);
  }
}

function moves(dimension: Dimension, u: number, step: number): readonly number[] {
  const { kind, cells, move } = dimension;
  if (kind === 'real') return [Math.max(u - step, 0), Math.min(u + step, 1)];
  if (kind === 'categorical') return Array.from({ length: cells }, (_, i) => (i + 0.5) / cells);
  const wide = Math.round(step * cells);
  return wide > 1 ? [move(u, -1), move(u, 1), move(u, -wide), move(u, wide)] : [move(u, -1), move(u, 1)];
}

function reflect(u: number): number {
  if (u < 0) return Math.min(-u, 1);
  return u > 1 ? Math.max(2 - u, 0) : u;
}
