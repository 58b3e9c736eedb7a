/**
 * Statistics of one trial. Pure; every function says its formula. Round trips of a closed loop are strongly
 * autocorrelated (each is a sum over the requests queued ahead), so the interval of the mean comes from batch means.
 */

/** Σx / n; NaN for no values. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Σ(x − x̄)² / (n − 1); 0 below two values. */
export function sampleVariance(values: ArrayLike<number>): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! - centre) ** 2;
  return sum / (values.length - 1);
}

/**
 * Percentile by linear interpolation between the closest ranks (Hyndman & Fan 1996, type 7; the default of NumPy and R):
 * position (n − 1)·p/100 in the ascending values. `sorted` must be ascending; NaN for no values.
 */
export function percentile(sorted: ArrayLike<number>, percent: number): number {
  if (sorted.length === 0) return NaN;
  const position = ((sorted.length - 1) * Math.min(100, Math.max(0, percent))) / 100;
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}

/** Ascending copy. */
export function sortedCopy(values: ArrayLike<number>): Float64Array {
  /** Float64Array.from would walk a column of a million value by value. */
  return new Float64Array(values).sort();
}

export interface MeanInterval {
  /** Mean of all values given. */
  readonly mean: number;
  /** Half-width of the confidence interval of the mean. */
  readonly halfWidth: number;
  readonly standardError: number;
  readonly batches: number;
  readonly batchSize: number;
  /** Values at the start that the batches leave out (start transient). */
  readonly cut: number;
}

const MOST_BATCHES = 20;
const LEAST_BATCHES = 3;

/** Values needed before `meanInterval` can say anything: three batches of 10·c after a cut of 3·c. */
export function leastForInterval(concurrency: number): number {
  return 3 * concurrency + LEAST_BATCHES * 10 * concurrency;
}

/**
 * Confidence interval of the mean of `values` (in order of completion), honest under the autocorrelation of a closed loop
 * with `concurrency` requests in flight: non-overlapping batches of at least 10·c values, at most 20 of them, after leaving
 * out the first max(3·c, MSER-5) values. The mean keeps those values, so what they moved it by is part of its uncertainty:
 * half-width = √((t(B − 1)·s(batch means)/√B)² + (mean of all − mean after the cut)²). Null below three such batches.
 * Law & Carson (1979) for batch means, White (1997) for MSER-5; coverage is measured in test/domain/statistics.test.ts.
 */
export function meanInterval(values: ArrayLike<number>, concurrency: number, confidence = 0.95): MeanInterval | null {
  const batching = batchMeans(values, concurrency);
  if (batching === null) return null;
  const { means, batchSize, cut } = batching;
  const standardError = Math.sqrt(sampleVariance(means) / means.length);
  const all = mean(values);
  const halfWidth = Math.hypot(studentT(0.5 + confidence / 2, means.length - 1) * standardError, all - mean(means));
  return { mean: all, halfWidth, standardError, batches: means.length, batchSize, cut };
}

/**
 * The batches behind `meanInterval`; null when there are too few values. `transient` says how many values at the start to leave
 * out at least beyond the first 3·c; a jump in the middle looks like a transient to MSER-5, so a search for drift passes 0.
 */
export function batchMeans(
  values: ArrayLike<number>,
  concurrency: number,
  transient = mser5(values),
): { readonly means: Float64Array; readonly batchSize: number; readonly cut: number } | null {
  if (values.length < leastForInterval(concurrency)) return null;
  const wanted = Math.max(3 * concurrency, transient);
  const leastSize = 10 * concurrency;
  const most = values.length - LEAST_BATCHES * leastSize;
  const available = values.length - Math.min(wanted, most);
  const count = Math.min(MOST_BATCHES, Math.floor(available / leastSize));
  const batchSize = Math.floor(available / count);
  const cut = values.length - count * batchSize;
  const means = new Float64Array(count);
  for (let batch = 0; batch < count; batch++) {
    let sum = 0;
    for (let i = 0; i < batchSize; i++) sum += values[cut + batch * batchSize + i]!;
    means[batch] = sum / batchSize;
  }
  return { means, batchSize, cut };
}

/**
 * Where the start transient ends (White 1997): the cut d, in groups of five values, that minimises
 * Σ_{i>d}(y_i − ȳ_d)² / (m − d)² over the first half. Returns a number of values.
 */
export function mser5(values: ArrayLike<number>): number {
  const groups = Math.floor(values.length / 5);
  if (groups < 4) return 0;
  let sum = 0;
  let squares = 0;
  let best = Infinity;
  let cut = 0;
  const shift = mean(values);
  for (let group = groups - 1; group >= 0; group--) {
    let y = 0;
    for (let i = 0; i < 5; i++) y += values[group * 5 + i]!;
    y = y / 5 - shift;
    sum += y;
    squares += y * y;
    const left = groups - group;
    const criterion = (squares - (sum * sum) / left) / (left * left);
    if (group <= groups / 2 && criterion <= best) {
      best = criterion;
      cut = group;
    }
  }
  return cut * 5;
}

/** Second half against first half of the batch means: share of the mean by which it moved, and whether noise explains it. */
export function halvesDrift(means: ArrayLike<number>): { readonly share: number; readonly beyondNoise: boolean } {
  const half = Math.floor(means.length / 2);
  if (half < 3) return { share: 0, beyondNoise: false };
  const all = Array.from(means);
  const first = all.slice(0, half);
  const second = all.slice(-half);
  const difference = mean(second) - mean(first);
  const error = Math.sqrt((sampleVariance(first) + sampleVariance(second)) / half);
  return { share: difference / mean(means), beyondNoise: Math.abs(difference) > studentT(0.995, 2 * half - 2) * error };
}

export interface Line {
  readonly slope: number;
  readonly intercept: number;
  /** 1 − residual sum of squares ÷ total sum of squares; 1 when y does not vary. */
  readonly r2: number;
}

/** Least-squares line y = intercept + slope·x; null below two different x. */
export function fitLine(x: ArrayLike<number>, y: ArrayLike<number>): Line | null {
  const meanX = mean(x);
  const meanY = mean(y);
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i++) {
    xx += (x[i]! - meanX) ** 2;
    xy += (x[i]! - meanX) * (y[i]! - meanY);
    yy += (y[i]! - meanY) ** 2;
  }
  if (!(xx > 0)) return null;
  const slope = xy / xx;
  return { slope, intercept: meanY - slope * meanX, r2: yy === 0 ? 1 : (xy * xy) / (xx * yy) };
}

/** Quantile of Student's t with `degrees` degrees of freedom, for probabilities from 0.5 to 1; bisection on the distribution. */
export function studentT(probability: number, degrees: number): number {
  if (probability === 0.5) return 0;
  let low = 0;
  let high = 2;
  while (studentTDistribution(high, degrees) < probability && high < 1e9) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (studentTDistribution(middle, degrees) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(T ≤ t) for t ≥ 0: 1 − I(ν/(ν + t²); ν/2, 1/2)/2. */
function studentTDistribution(t: number, degrees: number): number {
  return 1 - incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2;
}

/** Regularised incomplete beta function by Lentz's continued fraction (Numerical Recipes §6.4). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x)) / a;
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || tiny);
  let fraction = d;
  for (let m = 1; m < 300; m++) {
    for (const step of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      d = 1 / (1 + step * d || tiny);
      c = 1 + step / c || tiny;
      fraction *= c * d;
    }
    if (Math.abs(c * d - 1) < 1e-14) break;
  }
  return front * fraction;
}

/** ln Γ(x) for x > 0, Lanczos approximation. */
function logGamma(x: number): number {
  const coefficients = [76.18009172947146, -86.50532032941678, 24.01409824083091, -1.231739572450155, 0.001208650973866179, -0.000005395239384953];
  const base = x + 5.5 - (x + 0.5) * Math.log(x + 5.5);
  let series = 1.000000000190015;
  coefficients.forEach((coefficient, i) => (series += coefficient / (x + 1 + i)));
  return -base + Math.log((Math.sqrt(2 * Math.PI) * series) / x);
}
