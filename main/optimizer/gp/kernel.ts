import { distance, type Dimension, type Point } from '../dimension.ts';

/**
 * Covariance of two configurations.
 *
 *   d                number of dimensions
 *   n                number of observations
 *   x, x′            snapped points of the unit cube, shape (d)
 *   Δ_j              distance in dimension j (0 or 1 for categories)
 *   ℓ_j              length scale of dimension j
 *   p, a             variance of the product part and of the additive part
 *   MEAN_VARIANCE    variance of the constant mean, which is integrated out (Rasmussen & Williams 2006, §2.7)
 *
 *   m(r)     = (1 + √5 r + 5/3 r²) exp(−√5 r)                           Matérn 5/2, R&W eq. 4.17
 *   k(x, x′) = MEAN_VARIANCE + p Π_j m(Δ_j/ℓ_j) + a/d Σ_j m(Δ_j/ℓ_j)     additive part: Duvenaud et al. 2011
 */
export interface Hyperparameters {
  /** Shape (d). */
  readonly lengthScales: Float64Array;
  readonly productVariance: number;
  readonly additiveVariance: number;
  /** Variance of the noise beyond each observation's own standard error. */
  readonly noiseVariance: number;
}

export const MEAN_VARIANCE = 1;
const SQRT5 = Math.sqrt(5);

export function matern(r: number): number {
  const s = SQRT5 * r;
  return (1 + s + (s * s) / 3) * Math.exp(-s);
}

/** m and ∂m/∂log ℓ of every distance, shape (pairs, d), with one exponential for both. */
export function maternWithSlopes(
  deltas: Float64Array, lengthScales: Float64Array, factors: Float64Array, slopes: Float64Array,
): void {
  const d = lengthScales.length;
  for (let at = 0; at < deltas.length; at++) {
    const s = (SQRT5 * deltas[at]!) / lengthScales[at % d]!;
    const decay = s === 0 ? 1 : Math.exp(-s);
    const third = (s * s) / 3;
    factors[at] = (1 + s + third) * decay;
    slopes[at] = third * (1 + s) * decay;
  }
}

/** ∂m(Δ/ℓ)/∂log ℓ = 5/3 r² (1 + √5 r) exp(−√5 r), with r = Δ/ℓ. */
export function maternLogLengthSlope(r: number): number {
  const s = SQRT5 * r;
  return ((s * s) / 3) * (1 + s) * Math.exp(-s);
}

/** Prior variance at a point, noise left out. */
export function priorVariance({ productVariance, additiveVariance }: Hyperparameters): number {
  return MEAN_VARIANCE + productVariance + additiveVariance;
}

/** Cached columns of factors per dimension; a search asks for the same coordinates again and again. */
const MOST_CACHED = 400;

/** k(x, X) for one set of snapped points, shape (n). Factors of a coordinate met before are not computed again. */
export class KernelRows {
  readonly #dimensions: readonly Dimension[];
  readonly #h: Hyperparameters;
  readonly #points: readonly Point[];
  readonly #columns: Map<number, Float64Array>[];

  constructor(dimensions: readonly Dimension[], h: Hyperparameters, points: readonly Point[]) {
    this.#dimensions = dimensions;
    this.#h = h;
    this.#points = points;
    this.#columns = dimensions.map(() => new Map());
  }

  /** k(x, X); `x` is snapped. */
  row(x: Point): Float64Array {
    const n = this.#points.length;
    const d = this.#dimensions.length;
    const { productVariance, additiveVariance } = this.#h;
    const result = new Float64Array(n).fill(productVariance);
    const sums = new Float64Array(n);
    for (let j = 0; j < d; j++) {
      const column = this.#column(j, x[j]!);
      for (let i = 0; i < n; i++) {
        result[i] = result[i]! * column[i]!;
        sums[i] = sums[i]! + column[i]!;
      }
    }
    const share = additiveVariance / d;
    for (let i = 0; i < n; i++) result[i] = MEAN_VARIANCE + result[i]! + share * sums[i]!;
    return result;
  }

  /** m(|u − X_j|/ℓ_j), shape (n). */
  #column(j: number, u: number): Float64Array {
    const cache = this.#columns[j]!;
    const known = cache.get(u);
    if (known !== undefined) return known;
    if (cache.size >= MOST_CACHED) cache.clear();
    const column = new Float64Array(this.#points.length);
    const dimension = this.#dimensions[j]!;
    const inverse = SQRT5 / this.#h.lengthScales[j]!;
    for (let i = 0; i < column.length; i++) {
      const s = distance(dimension, u, this.#points[i]![j]!) * inverse;
      column[i] = s === 0 ? 1 : (1 + s + (s * s) / 3) * Math.exp(-s);
    }
    cache.set(u, column);
    return column;
  }
}

/** k(x, X), shape (n); `points` are snapped. */
export function covariances(
  dimensions: readonly Dimension[], h: Hyperparameters, points: readonly Point[], x: Point,
): Float64Array {
  return new KernelRows(dimensions, h, points).row(x);
}

/** k(X, X) without noise, shape (n, n). */
export function covarianceMatrix(
  dimensions: readonly Dimension[], h: Hyperparameters, points: readonly Point[],
): Float64Array {
  const n = points.length;
  const rows = new KernelRows(dimensions, h, points);
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix.set(rows.row(points[i]!), i * n);
  return matrix;
}
