import type { Random } from '../../domain/random.ts';
import { snapPoint, type Dimension, type Point } from '../dimension.ts';
import { gaussianProcess, type GaussianProcess } from './gaussian-process.ts';
import { DEFAULT_PRIORS, negativeLogPosterior, priorList, unpack, type Priors, type TrainingData } from './likelihood.ts';
import { minimise, type Minimum } from './minimise.ts';
import { EXPONENTS, isTransformable, outputTransform, type OutputTransform } from './output-transform.ts';

/** Ingredients that can be switched off to see what they are worth. */
export interface FitOptions {
  /** Choose a Box–Cox exponent by marginal likelihood; false: costs as they are. */
  readonly transformOutput: boolean;
  /** The additive part of the kernel. */
  readonly additivePart: boolean;
  /** Each trial's own standard error as noise. */
  readonly ownNoise: boolean;
  readonly priors: Priors;
}

export const DEFAULT_FIT: FitOptions = {
  transformOutput: true, additivePart: true, ownNoise: true, priors: DEFAULT_PRIORS,
};

/** A textbook Gaussian process: one Matérn kernel, outputs only standardised, priors that hardly bind. */
export const PLAIN_FIT: FitOptions = {
  transformOutput: false, additivePart: false, ownNoise: false,
  priors: {
    logLengthScale: { mean: Math.log(0.5), deviation: 1.5 },
    logProductVariance: { mean: 0, deviation: 1.5 },
    logAdditiveVariance: { mean: 0, deviation: 1.5 },
    logNoiseVariance: { mean: Math.log(0.01), deviation: 3 },
  },
};

export interface FittedCosts {
  readonly process: GaussianProcess;
  readonly transform: OutputTransform;
  /** What the process was conditioned on, on its own scale. */
  readonly training: TrainingData;
}

export interface CostData {
  readonly dimensions: readonly Dimension[];
  /** Shape (n, d), in the unit cube. */
  readonly points: readonly ArrayLike<number>[];
  readonly costs: readonly number[];
  /** In the unit of the cost; null when unknown. */
  readonly standardErrors: readonly (number | null)[];
}

/** Most observations for the rough search of hyperparameters and for the final fit: a step's time grows with the cube. */
const MOST_SEARCHED = 64;
const MOST_FITTED = 140;
const STARTS = 3;

/** Up to this many observations the hyperparameters are searched anew each time; beyond it only at growing distances. */
const ALWAYS_SEARCHED = 16;
const SEARCH_GROWTH = 1.25;

/**
 * MAP fit. Deterministic: `random` only picks further starts and the subset of a large data set. The search for
 * hyperparameters runs on the longest prefix of the data out of a growing series and is refined on all of it: a function
 * of the data alone, so a resumed study gets the same, and a run remembers the prefix and pays for the refinement only.
 */
export function fitCosts(data: CostData, options: FitOptions, random: Random): FittedCosts {
  const n = data.costs.length;
  const length = searchedLength(n);
  const { theta, exponent } = searched(length === n ? data : prefix(data, length), options, random.split(`search-${length}`));
  const transform = outputTransform(data.costs, exponent);
  const many = pickSubset(data, MOST_FITTED, random.split(`many-${n}`));
  const polished = refine(prepare(many, transform, options), options, theta, n > MOST_SEARCHED ? 5 : 10);
  const training = prepare(data, transform, options);
  return { process: gaussianProcess(training, unpack(polished.x)), transform, training };
}

function searchedLength(n: number): number {
  let length = Math.min(n, ALWAYS_SEARCHED);
  for (let next = length; next <= n; next = Math.ceil(next * SEARCH_GROWTH)) length = next;
  return length;
}

interface Searched {
  readonly theta: Float64Array;
  readonly exponent: number;
}

function search(data: CostData, options: FitOptions, random: Random): Searched {
  const few = pickSubset(data, MOST_SEARCHED, random.split('few'));
  const exponents = options.transformOutput && isTransformable(data.costs) ? EXPONENTS : [1];
  let best: (Searched & { score: number }) | null = null;
  for (const exponent of exponents) {
    const transform = outputTransform(data.costs, exponent);
    const training = prepare(few, transform, options);
    const found: Minimum =
      best === null ? searchFromStarts(training, options, random) : refine(training, options, best.theta, 10);
    const score = found.value + few.points.length * Math.log(transform.spread);
    if (best === null || score < best.score) best = { theta: found.x, exponent, score };
  }
  return best!;
}

const MOST_REMEMBERED = 24;
const remembered = new Map<string, Searched>();

/** `search` with a memory for its last answers: it depends on nothing but its arguments. */
function searched(data: CostData, options: FitOptions, random: Random): Searched {
  const key = JSON.stringify([
    random.split('key').integer(0, 0xffff_ffff), options, data.costs, data.standardErrors,
    data.points.map((point) => Array.from(point)), data.dimensions.map(({ kind, cells }) => `${kind}${cells}`),
  ]);
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const found = search(data, options, random);
  if (remembered.size >= MOST_REMEMBERED) remembered.delete(remembered.keys().next().value!);
  remembered.set(key, found);
  return found;
}

function prefix(data: CostData, length: number): CostData {
  return {
    dimensions: data.dimensions, points: data.points.slice(0, length), costs: data.costs.slice(0, length),
    standardErrors: data.standardErrors.slice(0, length),
  };
}

function prepare(data: CostData, transform: OutputTransform, options: FitOptions): TrainingData {
  return {
    dimensions: data.dimensions,
    points: data.points.map((point): Point => snapPoint(data.dimensions, point)),
    outputs: Float64Array.from(data.costs, (cost) => transform.toModel(cost)),
    errorVariances: Float64Array.from(data.costs, (cost, i) =>
      options.ownNoise ? ((data.standardErrors[i] ?? 0) * transform.slope(cost)) ** 2 : 0,
    ),
  };
}

/** Short runs from the prior's centre and random starts; the best one is carried on. */
function searchFromStarts(training: TrainingData, options: FitOptions, random: Random): Minimum {
  const normals = priorList(options.priors, training.dimensions.length);
  const stream = random.split('starts');
  let best: Minimum | null = null;
  for (let start = 0; start < STARTS; start++) {
    const theta = Float64Array.from(normals, ({ mean, deviation }) =>
      start === 0 ? mean : mean + deviation * Math.max(-2, Math.min(2, stream.normal())),
    );
    const found = refine(training, options, theta, 12);
    if (best === null || found.value < best.value) best = found;
  }
  return refine(training, options, best!.x, 25);
}

function refine(training: TrainingData, options: FitOptions, theta: Float64Array, mostIterations: number): Minimum {
  const d = training.dimensions.length;
  const lower = new Float64Array(d + 3).fill(Math.log(0.03), 0, d).fill(Math.log(1e-3), d, d + 2).fill(Math.log(1e-6), d + 2);
  const upper = new Float64Array(d + 3).fill(Math.log(20), 0, d).fill(Math.log(50), d, d + 2).fill(Math.log(2), d + 2);
  if (!options.additivePart) lower[d + 1] = upper[d + 1] = Math.log(1e-9);
  return minimise(negativeLogPosterior(training, options.priors), theta, {
    lower, upper, mostIterations, gradientTolerance: 1e-3,
  });
}

function pickSubset(data: CostData, most: number, random: Random): CostData {
  if (data.costs.length <= most) return data;
  const order = tellingOnes(data.costs, most, random);
  return {
    dimensions: data.dimensions,
    points: order.map((i) => data.points[i]!),
    costs: order.map((i) => data.costs[i]!),
    standardErrors: order.map((i) => data.standardErrors[i]!),
  };
}

/** Of more than `most` costs the positions of the best third of that number and of a random choice of the others, ascending. */
export function tellingOnes(costs: readonly number[], most: number, random: Random): readonly number[] {
  const order = [...costs.keys()].sort((a, b) => costs[a]! - costs[b]! || a - b);
  const rest = order.splice(Math.floor(most / 3));
  while (order.length < most) order.push(rest.splice(random.integer(0, rest.length - 1), 1)[0]!);
  return order.sort((a, b) => a - b);
}
