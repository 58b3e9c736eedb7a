import type { Configuration } from '../domain/parameter.ts';
import type { Random } from '../domain/random.ts';
import type { SearchSpace } from '../domain/search-space.ts';
import type { Origin, Prediction } from '../domain/trial.ts';

/** What one finished trial taught. Costs are minimised. */
export interface Observation {
  readonly configuration: Configuration;
  /** Null: the configuration did not run, or broke a constraint. It never receives a number. */
  readonly cost: number | null;
  /** Standard error of `cost` in the same unit; null when unknown. */
  readonly standardError: number | null;
  /** The second cost of a study with two objectives; null when it was not observed. Absent: one objective. */
  readonly secondCost?: number | null;
  /** The environment it ran in, as the request's `context`; absent: the present one. */
  readonly context?: readonly number[];
}

/** Everything a sampler may look at. Samplers keep no state: the same request always gets the same answer. */
export interface SamplerRequest {
  readonly space: SearchSpace;
  readonly observations: readonly Observation[];
  /** Trials of other environments, or outside the bounds of the space: models learn from them, nobody advises them. */
  readonly earlier?: readonly Observation[];
  /** The present environment in numbers near 0 to 1, such as log concurrency; empty when there is nothing to compare. */
  readonly context?: readonly number[];
  /**
   * Configurations asked for and not finished, in the order they were asked: not asked again, and models expect their
   * outcome, so that trials in parallel go to different places.
   */
  readonly pending?: readonly Configuration[];
  /** What the machine rules out before anything is started. */
  readonly isAllowed: (configuration: Configuration) => boolean;
  /** The words of the rule that rules it out, for a message; null when none does. */
  readonly brokenRule?: (configuration: Configuration) => string | null;
  /** The run's stream. Samplers split it by trial number and never advance it. */
  readonly random: Random;
  /** Number of the trial to choose, from 1, counted over finished and pending trials. */
  readonly trialNumber: number;
}

/** The next configuration. Numbers are in the unit of the cost, smaller is better. */
export interface SamplerSuggestion {
  readonly configuration: Configuration;
  readonly origin: Exclude<Origin, 'user'>;
  readonly prediction: Prediction | null;
  /** Largest expected improvement found anywhere; null without a model. */
  readonly largestExpectedGain: number | null;
  /** How much better than the advice the best may still be: an upper bound under the model; null without one. */
  readonly regretBound?: number | null;
  /** Why this one, where origin and prediction do not say it. */
  readonly reason?: string;
}

export interface Sampler {
  readonly name: string;
  /** Null when every allowed configuration of a finite space has been tried. Throws when nothing is allowed at all. */
  suggest(request: SamplerRequest): SamplerSuggestion | null;
  /** The tried configuration to advise now; null before one has run. */
  recommend(request: SamplerRequest): Configuration | null;
}
