import type { Cluster } from './round-trips-chart.ts';

const BINS = 256;
/** A valley must fall below this share of the lower of its two peaks to part two clusters. */
const VALLEY = 0.6;
/** Smaller groups are outliers, not clusters. */
const LEAST_SHARE = 0.03;
const LEAST_VALUES = 200;
const MOST_CLUSTERS = 6;

/**
 * Clusters of round trips (source report §5.1): a histogram of log(ms), smoothed by a Gaussian of Silverman's bandwidth
 * (0.9 · min(s, IQR/1.34) · n^−1/5) halved to keep modes apart, cut at its deep valleys. Fastest first; a single
 * group when there are too few values or no deep valley.
 */
export function findClusters(ms: readonly number[]): readonly Cluster[] {
  const logs = ms.filter((value) => value > 0).map(Math.log).sort((a, b) => a - b);
  if (logs.length < LEAST_VALUES) return [];
  const at = (share: number): number => logs[Math.min(logs.length - 1, Math.floor(share * logs.length))]!;
  const [low, high] = [at(0.002), at(0.998)];
  if (!(high > low)) return [];
  const density = smooth(histogram(logs, low, high), bandwidth(logs, at(0.75) - at(0.25)) / ((high - low) / BINS));
  const cuts = valleys(density).map((bin) => low + ((bin + 0.5) / BINS) * (high - low));
  return share(logs, cuts);
}

function bandwidth(logs: readonly number[], quartiles: number): number {
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  const deviation = Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (logs.length - 1));
  const spread = quartiles > 0 ? Math.min(deviation, quartiles / 1.34) : deviation;
  return 0.5 * 0.9 * spread * logs.length ** -0.2;
}

function histogram(logs: readonly number[], low: number, high: number): number[] {
  const bins = new Array<number>(BINS).fill(0);
  for (const value of logs) {
    if (value >= low && value <= high) bins[Math.min(BINS - 1, Math.floor(((value - low) / (high - low)) * BINS))]!++;
  }
  return bins;
}

/** Gaussian smoothing with mirrored ends; `width` is the standard deviation in bins, one at least. */
function smooth(bins: readonly number[], width: number): number[] {
  const sigma = Math.max(width, 1);
  const reach = Math.ceil(3 * sigma);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-0.5 * ((i - reach) / sigma) ** 2));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mirrored = (i: number): number => bins[Math.min(Math.max(i < 0 ? -i - 1 : i >= BINS ? 2 * BINS - i - 1 : i, 0), BINS - 1)]!;
  return bins.map((_, i) => weights.reduce((sum, weight, k) => sum + weight * mirrored(i + k - reach), 0) / total);
}

/** The lowest bins between peaks that are parted deeply enough, from left to right. */
function valleys(density: readonly number[]): readonly number[] {
  const peaks: number[] = [];
  const cuts: number[] = [];
  density.forEach((value, i) => {
    if (value < (density[i - 1] ?? -1) || value <= (density[i + 1] ?? -1)) return;
    // A shallow valley parts nothing: the higher of the two peaks stands for both.
    while (peaks.length > 0) {
      const before = peaks[peaks.length - 1]!;
      const valley = lowestBetween(density, before, i);
      if (density[valley]! < VALLEY * Math.min(density[before]!, value)) {
        cuts.push(valley);
        break;
      }
      if (density[before]! >= value) return;
      peaks.pop();
      if (peaks.length > 0) cuts.pop();
    }
    peaks.push(i);
  });
  return cuts;
}

function lowestBetween(density: readonly number[], from: number, to: number): number {
  let lowest = from;
  for (let i = from; i <= to; i++) if (density[i]! < density[lowest]!) lowest = i;
  return lowest;
}

/** Groups between the cuts with their middle 90 %; groups that are too small join their neighbour on the left. */
function share(logs: readonly number[], cuts: readonly number[]): readonly Cluster[] {
  const groups: number[][] = [];
  let from = 0;
  for (const cut of [...cuts, Infinity]) {
    const end = cut === Infinity ? logs.length : logs.findIndex((value) => value > cut);
    const group = logs.slice(from, end);
    from = end;
    const last = groups[groups.length - 1];
    if (last !== undefined && group.length < LEAST_SHARE * logs.length) last.push(...group);
    else groups.push(group);
  }
  const kept = groups.filter((group) => group.length >= LEAST_SHARE * logs.length).slice(0, MOST_CLUSTERS);
  return kept.map((group) => ({
    fromMs: Math.exp(group[Math.floor(group.length * 0.05)]!), toMs: Math.exp(group[Math.floor((group.length - 1) * 0.95)]!), share: group.length / logs.length,
  }));
}
