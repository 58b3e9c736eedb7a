import { CPU_PERIOD_MS } from './cpu-limit.ts';
import { normalCumulative } from './normal.ts';
import type { RoundTrips } from './round-trips.ts';
import { mean, mser5, sampleVariance, studentT, type MeanInterval } from './statistics.ts';

/**
 * Confidence interval of the mean round trip of a closed loop, from its completions. Round trips of neighbours share almost all
 * of the queue they waited in, so they say little; but by Little's law, mean round trip = requests in flight ÷ throughput, and
 * the times between completions are nearly independent whatever the queue does. All times in ms.
 */

/** Completions are looked at in groups of this many: one stored time and one comparison per group. */
export const COMPLETION_GROUP = 8;
const MOST_BATCHES = 32;
const LEAST_BATCHES = 10;
/** Correlation of neighbouring batches above this many standard errors (1/√B) is believed and paid for. */
const BELIEVED_CORRELATION = 1.28;
const MOST_CORRELATION = 0.8;

/** Requests in all after which a closed loop can have an interval, start and drain (one round of `concurrency` each) included. */
export function leastForClosedLoop(concurrency: number): number {
  return LEAST_BATCHES * COMPLETION_GROUP + 2 * concurrency;
}

export interface RateInterval {
  /** Mean time between two entries of `times`. */
  readonly gap: number;
  /** Standard error of that mean as a share of it. */
  readonly relativeError: number;
  /** Half-width as a share of the mean, no bias included. */
  readonly relativeHalfWidth: number;
  readonly batches: number;
  /** Gaps in one batch. */
  readonly batchSize: number;
}

/**
 * How well the mean gap of `times[from … to − 1]` (ascending) is known, by batch means: counts in about 32 windows of whole CPU
 * periods, or in shorter runs the mean gaps of at most 32 batches of equal numbers. Where neighbouring batches are clearly
 * correlated, φ = their lag-1 correlation, the variance grows by (1 + φ)/(1 − φ), as N-Skart does (Tafazzoli & Wilson 2011);
 * Student's t. Null below ten batches of `leastSize` gaps. Coverage: test/domain/coverage.test.ts.
 */
export function rateInterval(times: ArrayLike<number>, from: number, to: number, leastSize: number, confidence = 0.95): RateInterval | null {
  const batches = countsByPeriod(times, from, to, leastSize) ?? rateBatches(times, from, to, leastSize, MOST_BATCHES);
  if (batches === null) return null;
  const { values, gap, size } = batches;
  const variance = (sampleVariance(values) * correlationInflation(values)) / values.length;
  const relativeError = gap > 0 ? Math.sqrt(variance) / mean(values) : 0;
  return {
    gap, relativeError, relativeHalfWidth: studentT(0.5 + confidence / 2, values.length - 1) * relativeError, batches: values.length, batchSize: size,
  };
}

interface RateBatches {
  /** One per batch; their relative error is that of the mean gap. */
  readonly values: Float64Array;
  /** Mean gap over all of them. */
  readonly gap: number;
  /** Gaps in one batch, on average. */
  readonly size: number;
}

/**
 * A replica that has used its CPU limit up answers nothing until the next period: batches of whole periods hold as many pauses
 * each, others more or fewer, which is no uncertainty of the mean (in simulation it makes intervals up to 2.8 times too wide).
 * Where in a period a window begins does not matter. Parts of a gap count in proportion. Null below ten windows.
 */
function countsByPeriod(times: ArrayLike<number>, from: number, to: number, leastSize: number): RateBatches | null {
  const last = to - 1;
  const gaps = last - from;
  const spanMs = gaps > 0 ? times[last]! - times[from]! : 0;
  const periods = Math.max(1, Math.round(spanMs / MOST_BATCHES / CPU_PERIOD_MS), Math.ceil((leastSize * spanMs) / gaps / CPU_PERIOD_MS));
  const windowMs = periods * CPU_PERIOD_MS;
  const count = Math.floor(spanMs / windowMs);
  if (!(count >= LEAST_BATCHES)) return null;
  let index = from;
  const placeOf = (timeMs: number): number => {
    while (index + 1 < last && times[index + 1]! <= timeMs) index++;
    return index + (timeMs - times[index]!) / (times[index + 1]! - times[index]!);
  };
  const startMs = times[last]! - count * windowMs;
  const places = Float64Array.from({ length: count + 1 }, (_, j) => (j === count ? last : placeOf(startMs + j * windowMs)));
  const values = Float64Array.from({ length: count }, (_, j) => places[j + 1]! - places[j]!);
  const size = mean(values);
  return { values, gap: windowMs / size, size: Math.round(size) };
}

/** Mean gaps of consecutive batches at the end of `times[from … to − 1]`; null below ten of `leastSize`. */
export function rateBatches(
  times: ArrayLike<number>, from: number, to: number, leastSize: number, most: number,
): RateBatches | null {
  const gaps = to - from - 1;
  if (gaps < LEAST_BATCHES * leastSize) return null;
  const size = Math.max(leastSize, Math.ceil(gaps / most));
  const count = Math.floor(gaps / size);
  const start = to - 1 - count * size;
  const values = Float64Array.from({ length: count }, (_, j) => (times[start + (j + 1) * size]! - times[start + j * size]!) / size);
  return { values, gap: mean(values), size };
}

/** What correlation between neighbours adds to the variance of a mean of `values`: at least 1. */
export function correlationInflation(values: Float64Array): number {
  const centre = mean(values);
  let together = 0;
  let alone = 0;
  values.forEach((value, j) => {
    alone += (value - centre) ** 2;
    if (j > 0) together += (value - centre) * (values[j - 1]! - centre);
  });
  if (alone === 0) return 1;
  /** The estimate is low by about 1/B. */
  const correlation = Math.min(MOST_CORRELATION, together / alone + 1 / values.length);
  return correlation > BELIEVED_CORRELATION / Math.sqrt(values.length) ? (1 + correlation) / (1 - correlation) : 1;
}

/**
 * Half-width that covers the truth with `confidence` although the mean is off by `bias`: h with P(|Z + bias/s| ≤ h/s) = confidence,
 * Z normal, stretched as Student's t stretches the unbiased one.
 */
export function halfWidthWithBias(standardError: number, bias: number, degrees: number, confidence = 0.95): number {
  const normal = studentT(0.5 + confidence / 2, 1e6);
  const scale = (studentT(0.5 + confidence / 2, degrees) / normal) * standardError;
  if (!(scale > 0)) return Math.abs(bias);
  const shift = Math.abs(bias) / scale;
  let low = normal;
  let high = normal + shift;
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (normalCumulative(middle - shift) - normalCumulative(-middle - shift) < confidence) low = middle;
    else high = middle;
  }
  return ((low + high) / 2) * scale;
}

/** What a closed loop did while it was full: from the first counted request going out to the last request going out. */
export interface FullLoop {
  /** Times of the answers in that window, ascending. */
  readonly ends: Float64Array;
  /** Mean round trip by Little's law: time in flight of answered requests ÷ answers. */
  readonly littleMs: number;
}

export function fullLoop(trips: RoundTrips): FullLoop {
  let from = Infinity;
  let to = -Infinity;
  for (let i = 0; i < trips.fault.length; i++) {
    const start = trips.startMs[i]!;
    if (trips.fault[i] === 0 && trips.excluded[i] === 0 && start < from) from = start;
    if (start > to) to = start;
  }
  const ends = new Float64Array(trips.fault.length);
  let count = 0;
  let inFlightMs = 0;
  let ascending = true;
  for (let i = 0; i < trips.fault.length; i++) {
    if (trips.fault[i] !== 0) continue;
    const start = trips.startMs[i]!;
    const end = start + trips.roundTripMs[i]!;
    inFlightMs += Math.max(0, Math.min(end, to) - Math.max(start, from));
    if (end < from || end > to) continue;
    if (count > 0 && end < ends[count - 1]!) ascending = false;
    ends[count++] = end;
  }
  const inWindow = ends.subarray(0, count);
  return { ends: ascending ? inWindow : inWindow.sort(), littleMs: inFlightMs / count };
}

/** The interval around `meanMs`, the mean of the counted round trips of `trips`; null when there are too few answers for one. */
export function closedLoopInterval(trips: RoundTrips, meanMs: number, loop = fullLoop(trips)): MeanInterval | null {
  const { ends, littleMs } = loop;
  const rate = rateInterval(ends, 0, ends.length, COMPLETION_GROUP);
  if (rate === null) return null;
  const standardError = rate.relativeError * meanMs;
  /** What the first round, which met a shorter queue, has moved the mean by. */
  const halfWidth = halfWidthWithBias(standardError, meanMs - littleMs, rate.batches - 1);
  return { mean: meanMs, halfWidth, standardError, batches: rate.batches, batchSize: rate.batchSize, cut: 0 };
}

/** A slow or fast start is believed when its mean gap is this many standard errors from that of the rest. */
const BELIEVED_START = 4;
const MOST_GAPS = 2000;

/**
 * Where the warm-up ends, as an index into `times` (every COMPLETION_GROUP-th completion): after one round of `concurrency`
 * answers, later when MSER-5 on the gaps cuts more and the gaps before the cut clearly differ; never beyond the first half.
 */
export function warmUpGroups(times: ArrayLike<number>, length: number, concurrency: number): number {
  const least = Math.ceil(concurrency / COMPLETION_GROUP);
  /** A long run is looked at in coarser pieces: a look must not hold up the requests. */
  const stride = Math.ceil(length / MOST_GAPS);
  const gaps = Float64Array.from({ length: Math.max(0, Math.floor((length - 1) / stride)) }, (_, j) => times[(j + 1) * stride]! - times[j * stride]!);
  const coarse = Math.min(mser5(gaps), Math.floor(gaps.length / 2));
  const cut = coarse * stride;
  if (cut <= least) return least;
  const before = gaps.subarray(0, coarse);
  const after = gaps.subarray(coarse);
  const error = Math.sqrt((sampleVariance(after) * (1 / before.length + 1 / after.length)));
  return Math.abs(mean(before) - mean(after)) > BELIEVED_START * error ? cut : least;
}
