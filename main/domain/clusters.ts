import { mean, percentile, sampleVariance, sortedCopy } from './statistics.ts';

/** One band of round trips: values from `low` up to, not including, `high` of the next band's `low`. */
export interface Band {
  readonly low: number;
  readonly high: number;
  /** Median of the band. */
  readonly centre: number;
  readonly count: number;
  /** Of all values, 0–1. */
  readonly share: number;
}

const FEWEST_VALUES = 50;
const LEAST_SHARE = 0.01;
/** A valley counts when it is this much lower than the lower of its two peaks … */
const VALLEY_DEPTH = 0.3;
/** … and lower by this many standard deviations of the noise in both. */
const VALLEY_SIGNIFICANCE = 4;

/**
 * Bands into which values fall: the valleys of their density (Gaussian kernel; half of Silverman's robust bandwidth
 * 0.9·min(s, IQR/1.34)·n^(−1/5), because his rule blurs several bands into one) that noise does not explain. An empty stretch
 * wider than the middle 80 % of the values separates beforehand: a few far values have no density to speak of. Deterministic;
 * one band when nothing separates. Ascending, together they hold every value.
 */
export function findBands(values: ArrayLike<number>): readonly Band[] {
  const sorted = sortedCopy(values);
  if (sorted.length === 0) return [];
  return mergeSmall(splitAtGaps(sorted, LEAST_SHARE * sorted.length).flatMap(splitAtValleys), sorted);
}

/** Which band a value belongs to. */
export function bandOf(bands: readonly Band[], value: number): number {
  let band = 0;
  while (band + 1 < bands.length && value >= bands[band + 1]!.low) band++;
  return band;
}

function splitAtGaps(sorted: Float64Array, fewest: number): readonly Float64Array[] {
  const middle = percentile(sorted, 90) - percentile(sorted, 10);
  for (let i = Math.ceil(fewest); i <= sorted.length - fewest; i++) {
    if (i === 0 || i === sorted.length || sorted[i]! - sorted[i - 1]! <= middle) continue;
    return [...splitAtGaps(sorted.subarray(0, i), fewest), ...splitAtGaps(sorted.subarray(i), fewest)];
  }
  return [sorted];
}

function splitAtValleys(sorted: Float64Array): readonly Float64Array[] {
  const width = bandwidth(sorted);
  return sorted.length < FEWEST_VALUES || !(width > 0) ? [sorted] : cutAt(sorted, valleys(sorted, width));
}

function bandwidth(sorted: Float64Array): number {
  const spread = Math.sqrt(sampleVariance(sorted));
  const quartiles = (percentile(sorted, 75) - percentile(sorted, 25)) / 1.34;
  const robust = quartiles > 0 ? Math.min(spread, quartiles) : spread;
  return 0.45 * robust * sorted.length ** -0.2;
}

interface Extreme {
  readonly at: number;
  readonly density: number;
}

/** Borders between bands: the lowest places of the valleys that stand. */
function valleys(sorted: Float64Array, width: number): readonly number[] {
  const low = sorted[0]!;
  const high = percentile(sorted, 99.5);
  const cells = Math.min(16_384, Math.max(256, Math.ceil((high - low + 6 * width) / (width / 4))));
  const step = (high - low + 6 * width) / cells;
  const density = smooth(histogram(sorted, low - 3 * width, step, cells), width / step);
  const { peaks, dips } = extremes(density, low - 3 * width, step);
  /** Values under the kernel at density d: d × this. */
  const values = sorted.length * 2 * Math.sqrt(Math.PI) * width;
  dropWeakDips(peaks, dips, (dip, peak) => {
    if (dip.density > (1 - VALLEY_DEPTH) * peak.density) return 0;
    return ((peak.density - dip.density) * values) / Math.sqrt((peak.density + dip.density) * values);
  });
  return dips.map(({ at }) => at);
}

/** Share of the values per unit, by cell. */
function histogram(sorted: Float64Array, start: number, step: number, cells: number): Float64Array {
  const counts = new Float64Array(cells);
  for (const value of sorted) {
    const cell = Math.floor((value - start) / step);
    if (cell < cells) counts[cell]! += 1 / (sorted.length * step);
  }
  return counts;
}

function smooth(counts: Float64Array, sigma: number): Float64Array {
  const reach = Math.ceil(4 * sigma);
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)));
  const total = kernel.reduce((sum, weight) => sum + weight, 0);
  const smoothed = new Float64Array(counts.length);
  for (let cell = 0; cell < counts.length; cell++) {
    if (counts[cell] === 0) continue;
    for (let i = Math.max(0, reach - cell); i < kernel.length && cell + i - reach < counts.length; i++) {
      smoothed[cell + i - reach]! += (counts[cell]! * kernel[i]!) / total;
    }
  }
  return smoothed;
}

/** Peaks and the dips between them, alternating: peak, dip, peak, …; flat stretches count at their middle. */
function extremes(density: Float64Array, start: number, step: number): { peaks: Extreme[]; dips: Extreme[] } {
  const peaks: Extreme[] = [];
  const dips: Extreme[] = [];
  let rising = true;
  let flatFrom = 0;
  for (let cell = 1; cell < density.length; cell++) {
    if (density[cell] === density[cell - 1]) continue;
    const nowRising = density[cell]! > density[cell - 1]!;
    const extreme = { at: start + ((flatFrom + cell) / 2) * step, density: density[cell - 1]! };
    if (rising && !nowRising) peaks.push(extreme);
    if (!rising && nowRising) dips.push(extreme);
    rising = nowRising;
    flatFrom = cell;
  }
  if (rising) peaks.push({ at: start + density.length * step, density: density[density.length - 1]! });
  return { peaks, dips: dips.slice(0, peaks.length - 1) };
}

/** Removes the weakest dip with the lower of its two peaks, again and again, until all are strong enough. */
function dropWeakDips(peaks: Extreme[], dips: Extreme[], significance: (dip: Extreme, lowerPeak: Extreme) => number): void {
  while (dips.length > 0) {
    let weakest = 0;
    let least = Infinity;
    dips.forEach((dip, i) => {
      const strength = significance(dip, peaks[i]!.density < peaks[i + 1]!.density ? peaks[i]! : peaks[i + 1]!);
      if (strength < least) [weakest, least] = [i, strength];
    });
    if (least >= VALLEY_SIGNIFICANCE) return;
    const lower = peaks[weakest]!.density < peaks[weakest + 1]!.density ? weakest : weakest + 1;
    peaks.splice(lower, 1);
    dips.splice(weakest, 1);
  }
}

function cutAt(sorted: Float64Array, borders: readonly number[]): readonly Float64Array[] {
  const pieces: Float64Array[] = [];
  let from = 0;
  for (const border of [...borders, Infinity]) {
    let to = from;
    while (to < sorted.length && sorted[to]! < border) to++;
    if (to > from) pieces.push(sorted.subarray(from, to));
    from = to;
  }
  return pieces;
}

/** Bands below one value in a hundred join the neighbour whose middle is nearer. */
function mergeSmall(pieces: readonly Float64Array[], sorted: Float64Array): readonly Band[] {
  const kept = [...pieces];
  for (;;) {
    const small = kept.findIndex((piece) => piece.length < LEAST_SHARE * sorted.length);
    if (small < 0 || kept.length === 1) break;
    const left = small > 0 ? Math.abs(mean(kept[small]!) - mean(kept[small - 1]!)) : Infinity;
    const right = small + 1 < kept.length ? Math.abs(mean(kept[small]!) - mean(kept[small + 1]!)) : Infinity;
    const first = left <= right ? small - 1 : small;
    kept.splice(first, 2, Float64Array.from([...kept[first]!, ...kept[first + 1]!]));
  }
  return kept.map((piece) => ({
    low: piece[0]!,
    high: piece[piece.length - 1]!,
    centre: percentile(piece, 50),
    count: piece.length,
    share: piece.length / sorted.length,
  }));
}
