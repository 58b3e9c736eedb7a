import type { Configuration } from '../domain/parameter.ts';
import type { Random } from '../domain/random.ts';
import { encode, type SearchSpace } from '../domain/search-space.ts';
import type { Prediction } from '../domain/trial.ts';
import { expectedGain } from './acquisition/expected-improvement.ts';
import { dimensionsOf, type Dimension, type Point } from './dimension.ts';
import { fitClassifier, type Classifier } from './gp/classifier.ts';
import { fitCosts, type FitOptions, type FittedCosts } from './gp/fit.ts';
import type { Posterior } from './gp/gaussian-process.ts';
import { normalCumulative } from './normal.ts';
import type { Observation } from './sampler.ts';

/** The model of a search so far: costs and whether configurations run. Points are of the unit cube, shape (d). */
export interface Surrogate {
  readonly dimensions: readonly Dimension[];
  /** Tried configurations that ran, best posterior mean first. */
  readonly ranked: readonly { readonly configuration: Configuration; readonly point: readonly number[] }[];
  /** Best posterior mean among them, on the model's scale. */
  readonly best: number;
  /** Noise-free output on the model's scale. */
  posterior(point: ArrayLike<number>): Posterior;
  /** The same, and the chance to run, at a snapped point: the maximiser's inner loop. */
  posteriorAtCell(point: Point): Posterior;
  chanceToRunAtCell(point: Point): number;
  /** From the model's scale to the unit of the cost. */
  toCost(z: number): number;
  /**
   * In the unit of the cost, smaller is better. `mean` is the model's mean mapped back: the median where the model works
   * on a transformed scale. Gain and chance to beat count a configuration that does not run as no gain.
   */
  predict(point: ArrayLike<number>): Prediction;
}

/** 97.5 % point of the standard normal. */
const Z95 = 1.959964;

/** Null while nothing has run. Observations with a cost that is no finite number count as not run. */
export function fitSurrogate(
  space: SearchSpace, observations: readonly Observation[], options: FitOptions, random: Random,
): Surrogate | null {
  const dimensions = dimensionsOf(space);
  const points = observations.map(({ configuration }) => encode(space, configuration));
  const ran = observations.map(hasCost);
  const kept = observations.flatMap((observation, i) => (ran[i] ? [{ observation, point: points[i]! }] : []));
  if (kept.length === 0) return null;
  const costs = fitCosts(
    {
      dimensions,
      points: kept.map(({ point }) => point),
      costs: kept.map(({ observation }) => observation.cost!),
      standardErrors: kept.map(({ observation }) => observation.standardError),
    },
    options,
    random,
  );
  const means = kept.map(({ point }) => costs.process.posterior(point).mean);
  const ranked = kept
    .map(({ observation, point }, i) => ({ configuration: observation.configuration, point, mean: means[i]! }))
    .sort((a, b) => a.mean - b.mean);
  return describe(dimensions, costs, fitClassifier({ dimensions, points, ran }), ranked);
}

export function hasCost({ cost }: Observation): boolean {
  return cost !== null && Number.isFinite(cost);
}

function describe(
  dimensions: readonly Dimension[], { process, transform }: FittedCosts, classifier: Classifier,
  ranked: readonly { configuration: Configuration; point: readonly number[]; mean: number }[],
): Surrogate {
  const best = ranked[0]!.mean;
  return {
    dimensions,
    ranked,
    best,
    posterior: process.posterior,
    posteriorAtCell: process.posteriorAtCell,
    chanceToRunAtCell: classifier.chanceToRunAtCell,
    toCost: transform.toCost,
    predict: (point) => {
      const posterior = process.posterior(point);
      const sigma = Math.sqrt(posterior.variance);
      const chanceToRun = classifier.chanceToRun(point);
      return {
        mean: transform.toCost(posterior.mean),
        low: transform.toCost(posterior.mean - Z95 * sigma),
        high: transform.toCost(posterior.mean + Z95 * sigma),
        expectedGain: chanceToRun * expectedGain(posterior, best, transform.toCost),
        chanceToBeat: chanceToRun * normalCumulative((best - posterior.mean) / sigma),
        chanceToRun,
      };
    },
  };
}
