import type { Configuration } from '../domain/parameter.ts';
import { normalCumulative } from '../domain/normal.ts';
import type { Random } from '../domain/random.ts';
import { configurationKey, contains, encode, type SearchSpace } from '../domain/search-space.ts';
import type { Prediction } from '../domain/trial.ts';
import { expectedGain } from './acquisition/expected-improvement.ts';
import { dimensionsOf, snapPoint, type Dimension, type Point } from './dimension.ts';
import { fitClassifier, type Classifier } from './gp/classifier.ts';
import { fitCosts, tellingOnes, type CostData, type FitOptions, type FittedCosts } from './gp/fit.ts';
import type { Posterior } from './gp/gaussian-process.ts';
import { modelSpace } from './model-space.ts';
import type { Observation } from './sampler.ts';

/** A tried configuration that ran in the present environment. */
export interface Tried {
  readonly configuration: Configuration;
  readonly point: readonly number[];
  /** What it is believed to cost, on the model's scale: the posterior mean, and of its own residual what is not measurement noise. */
  readonly mean: number;
  readonly observedCost: number;
  readonly timesMeasured: number;
}

/** The model of a search so far: costs and whether configurations run. Points are of the searched cube, shape (d). */
export interface Surrogate {
  readonly dimensions: readonly Dimension[];
  /** Best posterior mean first; each configuration once. Empty while only earlier trials are known. */
  readonly ranked: readonly Tried[];
  /** What an improvement is measured against, on the model's scale: the best posterior mean, or the best observation; a pending trial's mean if lower. */
  readonly best: number;
  /** Variance of one measurement on the model's scale. */
  readonly noiseVariance: number;
  /** Noise-free output on the model's scale. */
  posterior(point: ArrayLike<number>): Posterior;
  /**
   * The same, and the chance to run, at a snapped point: the maximiser's inner loop. Here pending trials count as if they
   * had come out as expected: the mean stays, the deviation around them shrinks (Desautels, Krause & Burdick 2014).
   */
  posteriorAtCell(point: Point): Posterior;
  chanceToRunAtCell(point: Point): number;
  /** Posterior covariance between points, shape (m, m) row by row. */
  posteriorCovariance(points: readonly ArrayLike<number>[]): Float64Array;
  /** From the model's scale to the unit of the cost. */
  toCost(z: number): number;
  /** A point of the searched cube where the model has it: wider bounds, the present environment. */
  embed(point: ArrayLike<number>): ArrayLike<number>;
  /** The fitted process and what it was given; for checks and importance. */
  readonly fitted: FittedCosts;
  /** Which observation each training point is, counted over earlier trials and then this study's. */
  readonly trainedOn: readonly Observation[];
  /**
   * In the unit of the cost, smaller is better. `mean` is the model's mean mapped back: the median where the model works
   * on a transformed scale. Gain and chance to beat count a configuration that does not run as no gain.
   */
  predict(point: ArrayLike<number>): Prediction;
}

export interface SurrogateData {
  readonly space: SearchSpace;
  readonly observations: readonly Observation[];
  /** Trials of other environments or outside the bounds: they teach, and are never advised. */
  readonly earlier?: readonly Observation[];
  /** The present environment, one number each. */
  readonly context?: readonly number[];
  /** Configurations asked for and not finished. */
  readonly pending?: readonly Configuration[];
}

export interface SurrogateOptions {
  readonly fit: FitOptions;
  /** Learn where configurations run; false: every chance is 1. */
  readonly classify: boolean;
  readonly incumbent: 'posterior-mean' | 'observed';
  /**
   * Relative error one measurement has; what the model cannot explain beyond it belongs to the configuration and stays
   * with it. Null: all of it counts as noise.
   */
  readonly measurementError: number | null;
}

/** Trials a model is fitted to at most: 1.3 s on the machine of the benchmark. */
const MOST_TAUGHT = 1000;

/** 97.5 % point of the standard normal. */
const Z95 = 1.959964;

/** Null while nothing has run. Observations with a cost that is no finite number count as not run. */
export function fitSurrogate(data: SurrogateData, options: SurrogateOptions, random: Random): Surrogate | null {
  const { space, context } = data;
  const { observations, earlier } = mostTelling(data, random);
  const all = [...earlier, ...observations];
  const ran = all.map(hasCost);
  const trainedOn = all.filter(hasCost);
  if (trainedOn.length === 0) return null;
  const model = modelSpace(space, all, context);
  const costData: CostData = {
    dimensions: model.dimensions,
    points: trainedOn.map(model.place),
    costs: trainedOn.map(({ cost }) => cost!),
    standardErrors: trainedOn.map(({ standardError }) => standardError),
  };
  const fitted = fitCosts(costData, options.fit, random);
  const classifier = options.classify
    ? fitClassifier({ dimensions: model.dimensions, points: all.map(model.place), ran })
    : fitClassifier({ dimensions: model.dimensions, points: [], ran: [] });
  return describe({ ...data, observations, earlier }, options, { fitted, classifier, embed: model.embed, dimensions: model.dimensions, trainedOn });
}

/** All trials up to `MOST_TAUGHT`, of more the telling ones, failed ones among them: time and memory of a fit grow with the cube and the square. */
function mostTelling({ observations, earlier = [] }: SurrogateData, random: Random): Required<Pick<SurrogateData, 'observations' | 'earlier'>> {
  const all = [...earlier, ...observations];
  if (all.length <= MOST_TAUGHT) return { observations, earlier };
  const costs = all.map((one) => (hasCost(one) ? one.cost! : Infinity));
  const kept = new Set(tellingOnes(costs, MOST_TAUGHT, random.split(`taught-${all.length}`)));
  return { earlier: earlier.filter((_, i) => kept.has(i)), observations: observations.filter((_, i) => kept.has(earlier.length + i)) };
}

export function hasCost({ cost }: Observation): boolean {
  return cost !== null && Number.isFinite(cost);
}

interface Parts {
  readonly fitted: FittedCosts;
  readonly classifier: Classifier;
  readonly embed: (point: ArrayLike<number>) => ArrayLike<number>;
  readonly dimensions: readonly Dimension[];
  readonly trainedOn: readonly Observation[];
}

function describe(data: SurrogateData, options: SurrogateOptions, parts: Parts): Surrogate {
  const { fitted, classifier, embed, trainedOn } = parts;
  const { process, transform, training } = fitted;
  const posterior = (point: ArrayLike<number>): Posterior => process.posterior(embed(point));
  const ranked = rank(data, options, parts, posterior);
  const best = bestOf(data, options, ranked, fitted, posterior);
  const pending = (data.pending ?? []).filter((one) => contains(data.space, one)).map((one) => embed(encode(data.space, one)));
  const awaited = process.expecting(pending.map((point) => snapPoint(parts.dimensions, point)));
  const own = training.errorVariances.reduce((sum, e) => sum + e, 0) / training.errorVariances.length;
  // Points of the maximiser are snapped in the searched space; widened bounds are snapped anew.
  const cell = (point: Point): Point => {
    const placed = embed(point);
    return placed === point ? point : snapPoint(parts.dimensions, placed);
  };
  return {
    dimensions: dimensionsOf(data.space),
    ranked, posterior, fitted,
    best: Math.min(best, ...pending.map((point) => process.posterior(point).mean)), trainedOn, embed,
    noiseVariance: process.hyperparameters.noiseVariance + own,
    posteriorAtCell: (point) => awaited.posteriorAtCell(cell(point)),
    chanceToRunAtCell: (point) => classifier.chanceToRunAtCell(cell(point)),
    posteriorCovariance: (points) => process.posteriorCovariance(points.map((point) => snapPoint(parts.dimensions, embed(point)))),
    toCost: transform.toCost,
    predict: (point) => {
      const at = posterior(point);
      const sigma = Math.sqrt(at.variance);
      const chanceToRun = classifier.chanceToRun(embed(point));
      return {
        mean: transform.toCost(at.mean),
        low: transform.toCost(at.mean - Z95 * sigma),
        high: transform.toCost(at.mean + Z95 * sigma),
        expectedGain: chanceToRun * expectedGain(at, best, transform.toCost),
        chanceToBeat: chanceToRun * normalCumulative((best - at.mean) / sigma),
        chanceToRun,
        working: { exponent: transform.exponent, mean: at.mean, deviation: sigma, best },
      };
    },
  };
}

/**
 * A repeat counts with its configuration, not as another one. With too smooth a model, a fitted noise variance σ² is more
 * than measurement noise τ²: the rest is roughness of the system, the same at every measurement. A configuration measured
 * m times with mean residual r̄ and error variances e² is believed at
 *
 *   μ + r̄ ρ/(ρ + (σ² − ρ + e²)/m),   ρ = max(σ² − τ², 0),   τ = measurement error over the spread of the costs
 */
function rank(
  { space, earlier = [], observations }: SurrogateData, { measurementError }: SurrogateOptions, { fitted }: Parts,
  posterior: (point: ArrayLike<number>) => Posterior,
): readonly Tried[] {
  const { process, transform, training } = fitted;
  const { noiseVariance } = process.hyperparameters;
  const measured = measurementError !== null && transform.isRelative ? (measurementError / transform.spread) ** 2 : Infinity;
  const roughness = Math.max(noiseVariance - measured, 0);
  const tried = new Map<string, Tried & { readonly modelled: number; readonly residual: number; readonly error: number }>();
  let at = earlier.filter(hasCost).length - 1;
  for (const observation of observations) {
    if (!hasCost(observation)) continue;
    at++;
    const { configuration } = observation;
    const key = configurationKey(space, configuration);
    const known = tried.get(key);
    const point = known?.point ?? encode(space, configuration);
    const modelled = known?.modelled ?? posterior(point).mean;
    const timesMeasured = (known?.timesMeasured ?? 0) + 1;
    const average = (before: number | undefined, now: number): number => ((before ?? 0) * (timesMeasured - 1) + now) / timesMeasured;
    const residual = average(known?.residual, training.outputs[at]! - modelled);
    const error = average(known?.error, training.errorVariances[at]!);
    const noise = (noiseVariance - roughness + error) / timesMeasured;
    tried.set(key, {
      configuration, point, timesMeasured, modelled, residual, error,
      mean: modelled + (roughness > 0 ? (residual * roughness) / (roughness + noise) : 0),
      observedCost: Math.min(known?.observedCost ?? Infinity, observation.cost!),
    });
  }
  return [...tried.values()].sort((a, b) => a.mean - b.mean);
}

function bestOf(
  { space, earlier = [] }: SurrogateData, { incumbent }: SurrogateOptions, ranked: readonly Tried[],
  { transform }: FittedCosts, posterior: (point: ArrayLike<number>) => Posterior,
): number {
  if (ranked.length === 0) {
    const means = earlier
      .filter((trial) => hasCost(trial) && contains(space, trial.configuration))
      .map(({ configuration }) => posterior(encode(space, configuration)).mean);
    return means.length === 0 ? 0 : Math.min(...means);
  }
  if (incumbent === 'posterior-mean') return ranked[0]!.mean;
  return transform.toModel(Math.min(...ranked.map(({ observedCost }) => observedCost)));
}
