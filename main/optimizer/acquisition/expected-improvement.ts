import type { Posterior } from '../gp/gaussian-process.ts';
import { LOG_SQRT_2PI, normalCumulative, normalDensity, scaledErfc } from '../../domain/normal.ts';

/**
 * How promising a point is; larger is better. On the model's scale, smaller outputs are better:
 *
 *   μ, σ   posterior mean and deviation of the noise-free output
 *   b      best posterior mean among the tried configurations (never the luckiest observation)
 *   ξ      margin an improvement must exceed, in standardised units
 *   u = (b − ξ − μ)/σ
 *   EI = σ (φ(u) + u Φ(u))                                       Jones, Schonlau & Welch 1998, eq. 15
 *   log EI, stable in the tails                                  Ament et al. 2023
 *   CB = −(μ − β σ)                                              Srinivas et al. 2010
 *   log CI = log s(b + CB), s(v) = τ log(1 + exp(v/τ)): what the bound may gain. The order of CB, and like log EI a
 *   quantity to which the logarithm of a chance may be added
 */
export function expectedImprovement({ mean, variance }: Posterior, best: number, xi: number): number {
  const sigma = Math.sqrt(variance);
  const u = (best - xi - mean) / sigma;
  return sigma * (normalDensity(u) + u * normalCumulative(u));
}

export function logExpectedImprovement({ mean, variance }: Posterior, best: number, xi: number): number {
  const sigma = Math.sqrt(variance);
  return Math.log(sigma) + logImprovement((best - xi - mean) / sigma);
}

/**
 * log(φ(u) + u Φ(u)) without cancellation: Ament et al. 2023, "Unexpected improvements to expected improvement", eq. 9.
 * Branches: u > −1 directly; −1e6 < u ≤ −1 by erfcx; below, the asymptote −u²/2 − log √(2π) − 2 log|u|.
 */
export function logImprovement(u: number): number {
  if (u > -1) return Math.log(normalDensity(u) + u * normalCumulative(u));
  const base = -0.5 * u * u - LOG_SQRT_2PI;
  if (u <= -1e3) return base - 2 * Math.log(-u) + Math.log1p(-3 / (u * u));
  return base + Math.log1p(u * Math.sqrt(Math.PI / 2) * scaledErfc(-u / Math.SQRT2));
}

export function logBoundImprovement({ mean, variance }: Posterior, best: number, beta: number): number {
  const v = (best - mean + beta * Math.sqrt(variance)) / SOFTNESS;
  return Math.log(SOFTNESS) + (v < -30 ? v : Math.log(v > 30 ? v : Math.log1p(Math.exp(v))));
}

/** τ: below it the gain of a bound above the best falls off exponentially instead of being cut to 0. */
const SOFTNESS = 0.05;

/**
 * E[max(y_b − y, 0)] in the unit of the cost, where y = toCost(z), z ~ N(μ, σ²), y_b = toCost(b): Gauss–Legendre over
 * the part of the normal below b that carries weight.
 */
export function expectedGain({ mean, variance }: Posterior, best: number, toCost: (z: number) => number): number {
  const sigma = Math.sqrt(variance);
  const top = Math.min((best - mean) / sigma, 9);
  // Below a negative top the weight falls like exp(−|top| t − t²/2): stop where that reaches e⁻³⁵.
  const span = top < 0 ? top + Math.sqrt(top * top + 70) : top + 9;
  const bestCost = toCost(best);
  const half = span / 2;
  let sum = 0;
  for (let i = 0; i < NODES.length; i++) {
    const w = top - half + half * NODES[i]!;
    sum += WEIGHTS[i]! * Math.max(bestCost - toCost(mean + sigma * w), 0) * normalDensity(w);
  }
  return sum * half;
}

/** Gauss–Legendre nodes and weights on [−1, 1] by Newton's method (Abramowitz & Stegun 25.4.29). */
const NODE_COUNT = 32;
const NODES = new Float64Array(NODE_COUNT);
const WEIGHTS = new Float64Array(NODE_COUNT);
for (let i = 0; i < NODE_COUNT; i++) {
  let x = Math.cos((Math.PI * (i + 0.75)) / (NODE_COUNT + 0.5));
  let slope = 0;
  for (let step = 0; step < 20; step++) {
    let previous = 1;
    let current = x;
    for (let k = 2; k <= NODE_COUNT; k++) {
      [previous, current] = [current, ((2 * k - 1) * x * current - (k - 1) * previous) / k];
    }
    slope = (NODE_COUNT * (x * current - previous)) / (x * x - 1);
    x -= current / slope;
  }
  NODES[i] = x;
  WEIGHTS[i] = 2 / ((1 - x * x) * slope * slope);
}
