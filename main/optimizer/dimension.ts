import { countValues, listValues, type Parameter } from '../domain/parameter.ts';
import { cellAt, decodeValue, encodeValue, type SearchSpace } from '../domain/search-space.ts';

/**
 * One coordinate of the unit cube as the numerical core sees it: it knows cells and distances, not units.
 * Rounding happens here, inside the kernel, so that the model is constant within a cell
 * (Garrido-Merchán & Hernández-Lobato 2020, "Dealing with categorical and integer-valued variables in BO with GPs").
 */
export interface Dimension {
  readonly kind: 'real' | 'grid' | 'categorical';
  /** Number of cells; Infinity when real. */
  readonly cells: number;
  /** The position at which a coordinate would really be run. */
  readonly snap: (u: number) => number;
  /** The position `cells` cells away, kept inside; for a grid or categorical dimension. */
  readonly move: (u: number, cells: number) => number;
}

export type Point = Float64Array;

export function dimensionsOf(space: SearchSpace): readonly Dimension[] {
  return space.map((parameter) => {
    const known = met.get(parameter);
    if (known !== undefined) return known;
    const dimension = dimensionOf(parameter);
    met.set(parameter, dimension);
    return dimension;
  });
}

/** Parameters are values that never change, and listing thousands of cells takes time. */
const met = new WeakMap<Parameter, Dimension>();

/** What the point would be run as. */
export function snapPoint(dimensions: readonly Dimension[], point: ArrayLike<number>): Point {
  return Float64Array.from(dimensions, (dimension, j) => dimension.snap(point[j]!));
}

/** The surroundings of a snapped point: `halfWidth` to each side where there is an order, at least one cell; every category. */
export function boxAround(dimensions: readonly Dimension[], centre: ArrayLike<number>, halfWidth: number): Box {
  const end = (side: -1 | 1): Point => Float64Array.from(dimensions, ({ kind, cells, snap }, j) =>
    snap(kind === 'categorical' ? (side < 0 ? 0 : 1) : Math.min(Math.max(centre[j]! + side * Math.max(halfWidth, 1 / cells), 0), 1)));
  return { low: end(-1), high: end(1) };
}

/** Ends are snapped and belong to it, shape (d) each. */
export interface Box {
  readonly low: Point;
  readonly high: Point;
}

export function isWithin(point: Point, box: Box | undefined): boolean {
  return box === undefined || point.every((u, j) => u >= box.low[j]! && u <= box.high[j]!);
}

/** Distance in one dimension between snapped coordinates: mismatch for categories, difference otherwise. */
export function distance(dimension: Dimension, u: number, v: number): number {
  if (dimension.kind === 'categorical') return u === v ? 0 : 1;
  return Math.abs(u - v);
}

const MOST_LISTED = 20_000;

/** Centre of every cell, in order. */
function centres(parameter: Parameter): Float64Array {
  const values = listValues(parameter) ?? [decodeValue(parameter, 0.5)];
  return Float64Array.from(values, (value) => encodeValue(parameter, value));
}

function dimensionOf(parameter: Parameter): Dimension {
  const cells = countValues(parameter);
  // A real is run to four digits; the model does not notice.
  if (!Number.isFinite(cells)) return { kind: 'real', cells, snap: (u) => Math.min(Math.max(u, 0), 1), move: (u) => u };
  const positions = cells > MOST_LISTED ? null : centres(parameter);
  return {
    kind: parameter.kind === 'categorical' ? 'categorical' : 'grid',
    cells,
    snap: positions === null
      ? (u) => encodeValue(parameter, decodeValue(parameter, u))
      : (u) => positions[cellAt(parameter, u)]!,
    move: (u, by) => moveCells(parameter, cells, u, by),
  };
}

function moveCells(parameter: Parameter, cells: number, u: number, by: number): number {
  if (parameter.kind === 'categorical' || parameter.kind === 'ordinal') {
    const index = Math.min(Math.floor(u * cells), cells - 1);
    return (Math.min(Math.max(index + by, 0), cells - 1) + 0.5) / cells;
  }
  const step = parameter.step ?? 1;
  const last = parameter.low + (cells - 1) * step;
  const value = Number(decodeValue(parameter, u)) + by * step;
  return encodeValue(parameter, Math.min(Math.max(value, parameter.low), last));
}
