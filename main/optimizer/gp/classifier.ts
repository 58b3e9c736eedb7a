import { snapPoint, type Dimension, type Point } from '../dimension.ts';
import { dotRows, factorise, logDeterminant, solve, solveLower, type Factor } from './cholesky.ts';
import { KernelRows, priorVariance, type Hyperparameters } from './kernel.ts';

/**
 * Probability that a configuration runs: a Gaussian process behind a logistic likelihood, Laplace's approximation
 * (Rasmussen & Williams 2006, Alg. 3.1 and 3.2). What runs out of something does so from some value on, so a slope per
 * ordered dimension is part of the prior: k(x, x′) + Σ_j s_j² (x_j − ½)(x′_j − ½).
 *
 *   t  1 where a configuration ran, 0 where not      shape (n)
 *   f  latent function at the data                    shape (n)
 *   π = 1/(1 + e^−f),  W = π(1 − π)                    shape (n)
 *   B = I + W^½ K W^½                                  shape (n, n)
 *   P(runs at x) ≈ logistic(f̄ / √(1 + π v/8))          MacKay 1992
 */
export interface Classifier {
  chanceToRun(point: ArrayLike<number>): number;
  /** The same for a point that was rounded before. */
  chanceToRunAtCell(point: Point): number;
}

export interface RunData {
  readonly dimensions: readonly Dimension[];
  readonly points: readonly ArrayLike<number>[];
  readonly ran: readonly boolean[];
}

const CERTAIN: Classifier = { chanceToRun: () => 1, chanceToRunAtCell: () => 1 };
const LATENT_VARIANCE = 15;
/** Length scale and slope deviation s a dimension may have, the usual one first; 4 and 0: it does not matter. */
const TRENDS = [[1, 5], [0.35, 5], [4, 5], [4, 0], [4, 15]] as const;
const MOST_SEARCHED = 50;
const MOST_POINTS = 240;

/** Nothing has failed yet: no reason to doubt, the chance is 1 everywhere. */
export function fitClassifier(all: RunData): Classifier {
  if (all.ran.every((ran) => ran)) return CERTAIN;
  const data = keepRecent(all, MOST_POINTS);
  const points = data.points.map((point) => snapPoint(data.dimensions, point));
  const few = keepRecent({ ...data, points }, MOST_SEARCHED);
  const h = chooseTrends(data.dimensions, few.points as readonly Point[], few.ran);
  const mode = findMode(data.dimensions, points, data.ran, h);
  const rows = new TrendRows(data.dimensions, h, points);
  const n = points.length;
  const row = new Float64Array(n);
  const chanceToRunAtCell = (point: Point): number => {
    const k = rows.row(point, row);
    const prior = rows.priorVariance(point);
    const mean = dotRows(k, 0, mode.slope, 0, n);
    for (let i = 0; i < n; i++) k[i] = k[i]! * mode.rootW[i]!;
    const v = solveLower(mode.factor, k);
    const variance = Math.max(prior - dotRows(v, 0, v, 0, n), 0);
    return logistic(mean / Math.sqrt(1 + (Math.PI * variance) / 8));
  };
  return { chanceToRunAtCell, chanceToRun: (point) => chanceToRunAtCell(snapPoint(data.dimensions, point)) };
}

interface Mode {
  readonly factor: Factor;
  /** ∇ log p(t|f) at the mode. */
  readonly slope: Float64Array;
  readonly rootW: Float64Array;
  readonly logEvidence: number;
}

/** Newton's method for the mode of the latent function; R&W Alg. 3.1. */
function findMode(
  dimensions: readonly Dimension[], points: readonly Point[], ran: readonly boolean[], h: Trends, mostSteps = 20,
): Mode {
  const n = points.length;
  const rows = new TrendRows(dimensions, h, points);
  const K = new Float64Array(n * n);
  points.forEach((point, i) => rows.row(point, K.subarray(i * n, (i + 1) * n)));
  let f = new Float64Array(n);
  let last: Mode | null = null;
  for (let step = 0; step < mostSteps; step++) {
    const probability = f.map(logistic);
    const slope = probability.map((p, i) => (ran[i] ? 1 : 0) - p);
    const rootW = probability.map((p) => Math.sqrt(p * (1 - p)));
    const B = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) B[i * n + j] = rootW[i]! * K[i * n + j]! * rootW[j]!;
      B[i * n + i] = B[i * n + i]! + 1;
    }
    const factor = factorise(B, n)!;
    const b = f.map((value, i) => rootW[i]! ** 2 * value + slope[i]!);
    const inner = solve(factor, multiply(K, b).map((value, i) => value * rootW[i]!));
    const a = b.map((value, i) => value - rootW[i]! * inner[i]!);
    const next = multiply(K, a);
    let evidence = -0.5 * logDeterminant(factor);
    let change = 0;
    for (let i = 0; i < n; i++) {
      const margin = ran[i] ? next[i]! : -next[i]!;
      evidence += -0.5 * a[i]! * next[i]! - Math.log1p(Math.exp(-margin));
      change = Math.max(change, Math.abs(next[i]! - f[i]!));
    }
    f = next;
    last = { factor, slope, rootW, logEvidence: evidence };
    if (change < 1e-6) break;
  }
  return last!;
}

interface Trends extends Hyperparameters {
  /** s, shape (d); 0 for categories. */
  readonly slopes: Float64Array;
}

/** k(x, X) with the slopes. */
class TrendRows {
  readonly #h: Trends;
  readonly #points: readonly Point[];
  readonly #kernel: KernelRows;

  constructor(dimensions: readonly Dimension[], h: Trends, points: readonly Point[]) {
    this.#h = h;
    this.#points = points;
    this.#kernel = new KernelRows(dimensions, h, points);
  }

  row(x: Point, result: Float64Array): Float64Array {
    const { slopes } = this.#h;
    this.#kernel.row(x, result);
    for (let j = 0; j < slopes.length; j++) {
      const u = slopes[j]! ** 2 * (x[j]! - 0.5);
      if (u === 0) continue;
      for (let i = 0; i < result.length; i++) result[i] = result[i]! + u * (this.#points[i]![j]! - 0.5);
    }
    return result;
  }

  priorVariance(x: Point): number {
    return this.#h.slopes.reduce((sum, s, j) => sum + (s * (x[j]! - 0.5)) ** 2, priorVariance(this.#h));
  }
}

/** Per dimension the trend of largest evidence; two greedy sweeps. */
function chooseTrends(dimensions: readonly Dimension[], points: readonly Point[], ran: readonly boolean[]): Trends {
  const chosen = dimensions.map(() => 0);
  const withTrends = (): Trends => ({
    lengthScales: Float64Array.from(chosen, (trend) => TRENDS[trend]![0]),
    slopes: Float64Array.from(chosen, (trend, j) => (dimensions[j]!.kind === 'categorical' ? 0 : TRENDS[trend]![1])),
    productVariance: LATENT_VARIANCE / 2, additiveVariance: LATENT_VARIANCE / 2, noiseVariance: 0,
  });
  const evidenceOf = (): number => findMode(dimensions, points, ran, withTrends(), 6).logEvidence;
  let evidence = evidenceOf();
  for (let sweep = 0; sweep < 2; sweep++) {
    for (let j = 0; j < dimensions.length; j++) {
      let best = chosen[j]!;
      for (let trend = 0; trend < TRENDS.length; trend++) {
        if (trend === best) continue;
        chosen[j] = trend;
        const its = evidenceOf();
        if (its > evidence) [best, evidence] = [trend, its];
      }
      chosen[j] = best;
    }
  }
  return withTrends();
}

/** The last `most` observations, but every failure up to half of them: failures are what is to be learnt. */
function keepRecent(data: RunData, most: number): RunData {
  if (data.ran.length <= most) return data;
  const failures = data.ran.flatMap((ran, i) => (ran ? [] : [i])).slice(-most / 2);
  const successes = data.ran.flatMap((ran, i) => (ran ? [i] : [])).slice(failures.length - most);
  const kept = [...failures, ...successes].sort((a, b) => a - b);
  return { ...data, points: kept.map((i) => data.points[i]!), ran: kept.map((i) => data.ran[i]!) };
}

function multiply(matrix: Float64Array, vector: Float64Array): Float64Array<ArrayBuffer> {
  const n = vector.length;
  const result = new Float64Array(n);
  for (let i = 0; i < n; i++) result[i] = dotRows(matrix, i * n, vector, 0, n);
  return result;
}

function logistic(f: number): number {
  return 1 / (1 + Math.exp(-f));
}
