import { snapPoint, type Point } from '../dimension.ts';
import { dotRows, factorise, invertLower, solve, solveLower, type Factor } from './cholesky.ts';
import { KernelRows, covarianceMatrix, priorVariance, type Hyperparameters } from './kernel.ts';
import type { TrainingData } from './likelihood.ts';

/**
 * Posterior of the noise-free function (Rasmussen & Williams 2006, Alg. 2.1).
 *
 *   K  = k(X, X) + diag(e²) + σ² I = L Lᵀ     shape (n, n)
 *   α  = K⁻¹ z                                shape (n)
 *   μ(x)  = k(x, X) α
 *   σ²(x) = k(x, x) − |L⁻¹ k(X, x)|²
 */
export interface Posterior {
  readonly mean: number;
  readonly variance: number;
}

export interface GaussianProcess {
  readonly hyperparameters: Hyperparameters;
  /** At any point of the unit cube; typed dimensions are rounded to their cell. */
  posterior(point: ArrayLike<number>): Posterior;
  /** The same for a point that was rounded before: the maximiser's inner loop. */
  posteriorAtCell(point: Point): Posterior;
  /** Posterior covariance of the noise-free output between snapped points, shape (m, m) row by row. */
  posteriorCovariance(points: readonly Point[]): Float64Array;
  /** Each output as predicted from all others, noise left out. */
  leaveOneOut(): readonly Posterior[];
  /** The process once these snapped points were observed and came out at their posterior mean ("kriging believer"). */
  expecting(points: readonly Point[]): GaussianProcess;
}

export function gaussianProcess(data: TrainingData, hyperparameters: Hyperparameters): GaussianProcess {
  const { dimensions, points, outputs, errorVariances } = data;
  const n = points.length;
  const K = covarianceMatrix(dimensions, hyperparameters, points);
  for (let i = 0; i < n; i++) K[i * n + i] = K[i * n + i]! + errorVariances[i]! + hyperparameters.noiseVariance;
  const factor = factorise(K, n);
  if (factor === null) throw new Error('the covariance matrix of the surrogate could not be factorised');
  const alpha = solve(factor, outputs);
  const prior = priorVariance(hyperparameters);
  const rows = new KernelRows(dimensions, hyperparameters, points);
  const row = new Float64Array(n);
  const posteriorAtCell = (point: Point): Posterior => {
    const k = rows.row(point, row);
    const mean = dotRows(k, 0, alpha, 0, n);
    const v = solveLower(factor, k);
    return { mean, variance: Math.max(prior - dotRows(v, 0, v, 0, n), 1e-12) };
  };
  const process: GaussianProcess = {
    hyperparameters,
    posteriorAtCell,
    posterior: (point) => posteriorAtCell(snapPoint(dimensions, point)),
    posteriorCovariance: (cells) => {
      const m = cells.length;
      const covariance = covarianceMatrix(dimensions, hyperparameters, cells);
      const v = cells.map((cell) => solveLower(factor, rows.row(cell)));
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < m; j++) covariance[i * m + j] = covariance[i * m + j]! - dotRows(v[i]!, 0, v[j]!, 0, n);
      }
      return covariance;
    },
    leaveOneOut: () => leaveOneOut(factor, alpha, data, hyperparameters.noiseVariance),
    expecting: (cells) => (cells.length === 0 ? process : gaussianProcess(withExpected(data, cells, posteriorAtCell), hyperparameters)),
  };
  return process;
}

function withExpected(data: TrainingData, cells: readonly Point[], posteriorAt: (point: Point) => Posterior): TrainingData {
  return {
    ...data,
    points: [...data.points, ...cells],
    outputs: Float64Array.from([...data.outputs, ...cells.map((cell) => posteriorAt(cell).mean)]),
    errorVariances: Float64Array.from([...data.errorVariances, ...cells.map(() => 0)]),
  };
}

/** μ_i = z_i − α_i/[K⁻¹]_ii, σ_i² = 1/[K⁻¹]_ii less the noise of z_i (Rasmussen & Williams 2006, eq. 5.12). */
function leaveOneOut(
  factor: Factor, alpha: Float64Array, { outputs, errorVariances }: TrainingData, noiseVariance: number,
): readonly Posterior[] {
  const n = outputs.length;
  const inverse = invertLower(factor);
  return Array.from(outputs, (z, i) => {
    const precision = inverse[i * n + i]!;
    const noise = noiseVariance + errorVariances[i]!;
    return { mean: z - alpha[i]! / precision, variance: Math.max(1 / precision - noise, 1e-12) };
  });
}
