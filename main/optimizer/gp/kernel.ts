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

/** k(x, X), shape (n); `points` are snapped. */
export function covariances(
  dimensions: readonly Dimension[], h: Hyperparameters, points: readonly Point[], x: Point,
): Float64Array {
  const d = dimensions.length;
  const result = new Float64Array(points.length);
  for (let i = 0; i < points.length; i++) {
    const other = points[i]!;
    let product = 1;
    let sum = 0;
    for (let j = 0; j < d; j++) {
      const delta = distance(dimensions[j]!, x[j]!, other[j]!);
      if (delta === 0) {
        sum += 1;
        continue;
      }
      const factor = matern(delta / h.lengthScales[j]!);
      product *= factor;
      sum += factor;
    }
    result[i] = MEAN_VARIANCE + h.productVariance * product + (h.additiveVariance * sum) / d;
  }
  return result;
}

/** k(X, X) without noise, shape (n, n). */
export function covarianceMatrix(
  dimensions: readonly Dimension[], h: Hyperparameters, points: readonly Point[],
): Float64Array {
  const n = points.length;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = covariances(dimensions, h, points.slice(0, i + 1), points[i]!);
    for (let j = 0; j <= i; j++) {
      matrix[i * n + j] = row[j]!;
      matrix[j * n + i] = row[j]!;
    }
  }
  return matrix;
}
