import type { Random } from '../domain/random.ts';
import type { ParameterImportance } from '../domain/suggestion.ts';
import { snapPoint, type Dimension, type Point } from './dimension.ts';
import { factorise, solve } from './gp/cholesky.ts';
import { KernelRows, covarianceMatrix } from './gp/kernel.ts';
import { createSobol } from './sobol.ts';
import type { Surrogate } from './surrogate.ts';

/**
 * Functional variance decomposition of the posterior mean over the searched cube (Sobol indices; estimators of
 * Saltelli et al. 2010, table 2 b and f):
 *
 *   A, B      two sets of points, shape (N, d);  A_B^j: A with column j of B
 *   S_j       = mean f(B) (f(A_B^j) − f(A)) / Var f           on its own
 *   T_j       = ½ mean (f(A) − f(A_B^j))² / Var f              with its interactions
 *
 * The interval comes from refitting the same process on resampled trials (hyperparameters kept).
 */
const POINTS = 192;
const RESAMPLES = 24;

export function parameterImportance(
  surrogate: Surrogate, names: readonly string[], random: Random,
): readonly ParameterImportance[] {
  const { process, training } = surrogate.fitted;
  const d = surrogate.dimensions.length;
  const sobol = createSobol(2 * d, random.split('importance'));
  const snap = (raw: ArrayLike<number>): Point => snapPoint(training.dimensions, surrogate.embed(snapPoint(surrogate.dimensions, raw)));
  const halves = Array.from({ length: POINTS }, (_, i) => sobol.point(i));
  const A = halves.map((point) => point.slice(0, d));
  const B = halves.map((point) => point.slice(d));
  const cells = [...A, ...B, ...Array.from({ length: d }, (_, j) => A.map((a, i) => a.with(j, B[i]![j]!))).flat()].map(snap);
  const rows = new KernelRows(training.dimensions, process.hyperparameters, training.points);
  const k = cells.map((cell) => rows.row(cell));
  const draws = resamples(training.points.length, random.split('resamples'));
  const estimates = draws.map((weights) => indices(k, alphaOf(surrogate, training.dimensions, weights), d));
  const whole = estimates[0]!;
  return names.map((parameter, j) => {
    const totals = estimates.slice(1).map(({ total }) => total[j]!).sort((a, b) => a - b);
    const at = (q: number): number => totals[Math.round(q * (totals.length - 1))]!;
    const total = whole.total[j]!;
    return {
      parameter, main: Math.min(whole.main[j]!, total), total,
      totalLow: Math.min(at(0.025), total), totalHigh: Math.max(at(0.975), total),
    };
  });
}

/** How often each trial counts: all once, then drawn with replacement. */
function resamples(n: number, random: Random): readonly Float64Array[] {
  const all = new Float64Array(n).fill(1);
  return [all, ...Array.from({ length: RESAMPLES }, () => {
    const counts = new Float64Array(n);
    for (let i = 0; i < n; i++) counts[random.integer(0, n - 1)]! += 1;
    return counts;
  })];
}

/** α = (K + noise/weight)⁻¹ z over the trials that count; 0 for the others. */
function alphaOf(surrogate: Surrogate, dimensions: readonly Dimension[], weights: Float64Array): Float64Array {
  const { process: { hyperparameters }, training } = surrogate.fitted;
  const kept = Array.from(weights, (_, i) => i).filter((i) => weights[i]! > 0);
  const m = kept.length;
  const K = covarianceMatrix(dimensions, hyperparameters, kept.map((i) => training.points[i]!));
  kept.forEach((i, row) => {
    K[row * m + row] = K[row * m + row]! + (hyperparameters.noiseVariance + training.errorVariances[i]!) / weights[i]!;
  });
  const inner = solve(factorise(K, m)!, Float64Array.from(kept, (i) => training.outputs[i]!));
  const alpha = new Float64Array(weights.length);
  kept.forEach((i, row) => (alpha[i] = inner[row]!));
  return alpha;
}

function indices(k: readonly Float64Array[], alpha: Float64Array, d: number): { main: number[]; total: number[] } {
  const f = k.map((row) => row.reduce((sum, value, i) => sum + value * alpha[i]!, 0));
  const base = f.slice(0, 2 * POINTS);
  const mean = base.reduce((sum, value) => sum + value, 0) / base.length;
  const variance = base.reduce((sum, value) => sum + (value - mean) ** 2, 0) / base.length;
  const main: number[] = [];
  const total: number[] = [];
  for (let j = 0; j < d; j++) {
    let own = 0;
    let withOthers = 0;
    for (let i = 0; i < POINTS; i++) {
      const mixed = f[(2 + j) * POINTS + i]!;
      own += (f[POINTS + i]! - mean) * (mixed - f[i]!);
      withOthers += (f[i]! - mixed) ** 2;
    }
    const share = (sum: number): number => (variance > 1e-12 ? Math.min(Math.max(sum / POINTS / variance, 0), 1) : 0);
    main.push(share(own));
    total.push(share(withOthers / 2));
  }
  return { main, total };
}
