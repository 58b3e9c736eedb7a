import { distance, type Dimension, type Point } from '../dimension.ts';
import { factorise, invertLower, logDeterminant, solve } from './cholesky.ts';
import { MEAN_VARIANCE, maternWithSlopes, type Hyperparameters } from './kernel.ts';
import type { Objective } from './minimise.ts';

/**
 * Log posterior of the hyperparameters, up to a constant: marginal likelihood (Rasmussen & Williams 2006, eq. 5.8)
 * plus log-normal priors. Everything positive is handled by its logarithm:
 *
 *   θ = (log ℓ_1 … log ℓ_d, log p, log a, log σ²)        shape (d + 3)
 *   K = k(X, X) + diag(e²) + σ² I                        shape (n, n); e: known standard errors, shape (n)
 *   α = K⁻¹ z                                            shape (n); z: standardised outputs
 *   log p(z|θ) = −½ zᵀα − ½ log|K| − n/2 log 2π
 *   ∂/∂θ_i     = ½ tr((ααᵀ − K⁻¹) ∂K/∂θ_i)               R&W eq. 5.9
 */
export interface Normal {
  readonly mean: number;
  readonly deviation: number;
}

/** Priors on the logarithms. A length scale of 1 spans the whole range of a parameter. */
export interface Priors {
  readonly logLengthScale: Normal;
  readonly logProductVariance: Normal;
  readonly logAdditiveVariance: Normal;
  readonly logNoiseVariance: Normal;
}

export const DEFAULT_PRIORS: Priors = {
  logLengthScale: { mean: Math.log(0.6), deviation: 0.8 },
  logProductVariance: { mean: Math.log(0.5), deviation: 1 },
  logAdditiveVariance: { mean: Math.log(0.5), deviation: 1 },
  logNoiseVariance: { mean: Math.log(0.01), deviation: 1.5 },
};

export interface TrainingData {
  readonly dimensions: readonly Dimension[];
  /** Snapped, shape (n, d). */
  readonly points: readonly Point[];
  /** Standardised outputs z, shape (n). */
  readonly outputs: Float64Array;
  /** e², shape (n). */
  readonly errorVariances: Float64Array;
}

export function unpack(theta: Float64Array): Hyperparameters {
  const d = theta.length - 3;
  return {
    lengthScales: theta.slice(0, d).map(Math.exp),
    productVariance: Math.exp(theta[d]!),
    additiveVariance: Math.exp(theta[d + 1]!),
    noiseVariance: Math.exp(theta[d + 2]!),
  };
}

/** The prior of each entry of θ, in order. */
export function priorList(priors: Priors, d: number): readonly Normal[] {
  return [
    ...Array.from({ length: d }, () => priors.logLengthScale),
    priors.logProductVariance,
    priors.logAdditiveVariance,
    priors.logNoiseVariance,
  ];
}

/** Negative log posterior with its gradient, for `minimise`. Distances are computed once. */
export function negativeLogPosterior(data: TrainingData, priors: Priors): Objective {
  const { dimensions, points, outputs: z, errorVariances } = data;
  const n = points.length;
  const d = dimensions.length;
  const normals = priorList(priors, d);
  const deltas = pairDistances(dimensions, points);
  const factors = new Float64Array(deltas.length);
  const slopes = new Float64Array(deltas.length);
  const products = new Float64Array((n * (n - 1)) / 2);
  const sums = new Float64Array((n * (n - 1)) / 2);
  const K = new Float64Array(n * n);

  return (theta, gradient) => {
    const h = unpack(theta);
    maternWithSlopes(deltas, h.lengthScales, factors, slopes);
    for (let i = 0, pair = 0; i < n; i++) {
      for (let k = 0; k < i; k++, pair++) {
        let product = 1;
        let sum = 0;
        for (let j = 0; j < d; j++) {
          const factor = factors[pair * d + j]!;
          product *= factor;
          sum += factor;
        }
        products[pair] = product;
        sums[pair] = sum;
        K[i * n + k] = MEAN_VARIANCE + h.productVariance * product + (h.additiveVariance * sum) / d;
      }
      K[i * n + i] = MEAN_VARIANCE + h.productVariance + h.additiveVariance + h.noiseVariance + errorVariances[i]!;
    }
    const factor = factorise(K, n);
    if (factor === null) return Infinity;
    const alpha = solve(factor, z);
    let fit = 0;
    for (let i = 0; i < n; i++) fit += z[i]! * alpha[i]!;
    const logLikelihood = -0.5 * fit - 0.5 * logDeterminant(factor) - 0.5 * n * Math.log(2 * Math.PI);

    const inverse = invertLower(factor);
    gradient.fill(0);
    for (let i = 0, pair = 0; i < n; i++) {
      for (let k = 0; k < i; k++, pair++) {
        // Off-diagonal entries count twice, which cancels the ½ of eq. 5.9.
        const weight = alpha[i]! * alpha[k]! - inverse[i * n + k]!;
        const product = products[pair]!;
        for (let j = 0; j < d; j++) {
          const slope = slopes[pair * d + j]!;
          if (slope === 0) continue;
          const others = product / factors[pair * d + j]!;
          gradient[j] = gradient[j]! - weight * slope * (h.productVariance * others + h.additiveVariance / d);
        }
        gradient[d] = gradient[d]! - weight * h.productVariance * product;
        gradient[d + 1] = gradient[d + 1]! - (weight * h.additiveVariance * sums[pair]!) / d;
      }
      const weight = 0.5 * (alpha[i]! * alpha[i]! - inverse[i * n + i]!);
      gradient[d] = gradient[d]! - weight * h.productVariance;
      gradient[d + 1] = gradient[d + 1]! - weight * h.additiveVariance;
      gradient[d + 2] = gradient[d + 2]! - weight * h.noiseVariance;
    }

    let penalty = 0;
    for (let i = 0; i < theta.length; i++) {
      const { mean, deviation } = normals[i]!;
      const t = (theta[i]! - mean) / deviation;
      penalty += 0.5 * t * t;
      gradient[i] = gradient[i]! + t / deviation;
    }
    return penalty - logLikelihood;
  };
}

/** Δ of every pair i > k, shape (n(n−1)/2, d). */
function pairDistances(dimensions: readonly Dimension[], points: readonly Point[]): Float64Array {
  const n = points.length;
  const d = dimensions.length;
  const deltas = new Float64Array(((n * (n - 1)) / 2) * d);
  let at = 0;
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) {
      for (let j = 0; j < d; j++) deltas[at++] = distance(dimensions[j]!, points[i]![j]!, points[k]![j]!);
    }
  }
  return deltas;
}
