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

/** k(x, X) for one set of snapped points, shape (n). Factors at a cell met before are not computed again. */
export class KernelRows {
  readonly #dimensions: readonly Dimension[];
  readonly #h: Hyperparameters;
  readonly #n: number;
  /** Coordinates by dimension, shape (d, n). */
  readonly #coordinates: readonly Float64Array[];
  readonly #cells: readonly Map<number, Float64Array>[];
  readonly #column: Float64Array;
  readonly #sums: Float64Array;

  constructor(dimensions: readonly Dimension[], h: Hyperparameters, points: readonly Point[]) {
    this.#dimensions = dimensions;
    this.#h = h;
    this.#n = points.length;
    this.#coordinates = dimensions.map((_, j) => Float64Array.from(points, (point) => point[j]!));
    this.#cells = dimensions.map(() => new Map());
    this.#column = new Float64Array(points.length);
    this.#sums = new Float64Array(points.length);
  }

  /** k(x, X), written to `result`; `x` is snapped. */
  row(x: Point, result: Float64Array = new Float64Array(this.#n)): Float64Array {
    const n = this.#n;
    const d = this.#dimensions.length;
    const { productVariance, additiveVariance } = this.#h;
    const sums = this.#sums.fill(0);
    result.fill(productVariance);
    for (let j = 0; j < d; j++) {
      const column = this.#factors(j, x[j]!);
      for (let i = 0; i < n; i++) {
        result[i] = result[i]! * column[i]!;
        sums[i] = sums[i]! + column[i]!;
      }
    }
    const share = additiveVariance / d;
    for (let i = 0; i < n; i++) result[i] = MEAN_VARIANCE + result[i]! + share * sums[i]!;
    return result;
  }

  /** m(|u − X_j|/ℓ_j), shape (n); overwritten by the next call for a real dimension. */
  #factors(j: number, u: number): Float64Array {
    const dimension = this.#dimensions[j]!;
    const isReal = dimension.kind === 'real';
    const known = isReal ? undefined : this.#cells[j]!.get(u);
    if (known !== undefined) return known;
    const column = isReal ? this.#column : new Float64Array(this.#n);
    const others = this.#coordinates[j]!;
    const inverse = SQRT5 / this.#h.lengthScales[j]!;
    for (let i = 0; i < column.length; i++) {
      const s = distance(dimension, u, others[i]!) * inverse;
      column[i] = s === 0 ? 1 : (1 + s + (s * s) / 3) * Math.exp(-s);
    }
    if (!isReal) this.#cells[j]!.set(u, column);
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
  for (let i = 0; i < n; i++) rows.row(points[i]!, matrix.subarray(i * n, (i + 1) * n));
  return matrix;
}
