import { normalDensity } from '../../domain/normal.ts';
import type { Surrogate, Tried } from '../surrogate.ts';

/**
 * Is measuring a tried configuration again worth more than trying a new one? Both are valued by what they do to the
 * advice, which is the tried configuration of best posterior mean (knowledge gradient for correlated beliefs,
 * Frazier, Powell & Dayanik 2009):
 *
 *   A       tried configurations that could be advised, shape (a);  x the one to measure
 *   μ_j     posterior mean;  Σ posterior covariance;  τ² variance of one measurement
 *   s_j(x)  = Σ_jx / √(Σ_xx + τ²)                         how the means move with the measurement's surprise Z ~ N(0, 1)
 *   KG(x)   = min_A μ − E_Z[ min_{A ∪ x} (μ_j + s_j(x) Z) ]
 */
const RIVALS = 6;
const REPEATABLE = 3;
/** More of one configuration says more about chance than about configurations. */
const MOST_MEASUREMENTS = 3;

/** The configuration to measure again, or null when a new one is worth more. */
export function worthRepeating(surrogate: Surrogate, newPoints: readonly ArrayLike<number>[]): Tried | null {
  const rivals = surrogate.ranked.slice(0, RIVALS);
  if (rivals.length < 2) return null;
  const fresh = newPoints.slice(0, 3);
  const points = [...rivals.map(({ point }) => point), ...fresh];
  const covariance = surrogate.posteriorCovariance(points);
  const means = points.map((point) => surrogate.posterior(point).mean);
  const gain = (x: number): number => knowledgeGradient(x, rivals.length, means, covariance, surrogate.noiseVariance);
  const bestNew = Math.max(0, ...fresh.map((_, i) => gain(rivals.length + i)));
  let chosen: { tried: Tried; gain: number } | null = null;
  for (let i = 0; i < Math.min(REPEATABLE, rivals.length); i++) {
    if (rivals[i]!.timesMeasured >= MOST_MEASUREMENTS) continue;
    const its = gain(i);
    if (its > bestNew && its > (chosen?.gain ?? 0)) chosen = { tried: rivals[i]!, gain: its };
  }
  return chosen?.tried ?? null;
}

const STEPS = 40;
const REACH = 4;

function knowledgeGradient(
  x: number, rivals: number, means: readonly number[], covariance: Float64Array, noiseVariance: number,
): number {
  const m = means.length;
  const scale = 1 / Math.sqrt(covariance[x * m + x]! + noiseVariance);
  const counted = x < rivals ? rivals : rivals + 1;
  const at = (j: number): number => (j < rivals ? j : x);
  let before = Infinity;
  for (let j = 0; j < rivals; j++) before = Math.min(before, means[j]!);
  let expected = 0;
  let weights = 0;
  for (let step = 0; step <= STEPS; step++) {
    const z = -REACH + (2 * REACH * step) / STEPS;
    const weight = normalDensity(z);
    let lowest = Infinity;
    for (let j = 0; j < counted; j++) lowest = Math.min(lowest, means[at(j)]! + covariance[at(j) * m + x]! * scale * z);
    expected += weight * lowest;
    weights += weight;
  }
  return before - expected / weights;
}
