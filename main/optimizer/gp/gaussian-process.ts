import { snapPoint, type Point } from '../dimension.ts';
import { factorise, solve, solveLower } from './cholesky.ts';
import { covarianceMatrix, covariances, priorVariance, type Hyperparameters } from './kernel.ts';
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
  const posteriorAtCell = (point: Point): Posterior => {
    const k = covariances(dimensions, hyperparameters, points, point);
    let mean = 0;
    for (let i = 0; i < n; i++) mean += k[i]! * alpha[i]!;
    const v = solveLower(factor, k);
    let explained = 0;
    for (let i = 0; i < n; i++) explained += v[i]! * v[i]!;
    return { mean, variance: Math.max(prior - explained, 1e-12) };
  };
  return { hyperparameters, posteriorAtCell, posterior: (point) => posteriorAtCell(snapPoint(dimensions, point)) };
}
