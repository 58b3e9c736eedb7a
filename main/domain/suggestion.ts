import type { Configuration } from './parameter.ts';
import type { Origin, Prediction } from './trial.ts';

/** What a sampler proposes to run next, with what it expects. */
export interface Suggestion {
  readonly configuration: Configuration;
  readonly origin: Origin;
  readonly prediction: Prediction | null;
  /** Largest expected improvement anywhere, in the objective's unit; null while drawing at random. */
  readonly largestExpectedGain: number | null;
}

/** The surrogate along one parameter, the others held at `at`; for charts. Arrays have equal length. */
export interface SurrogateSlice {
  readonly parameter: string;
  readonly at: Configuration;
  readonly positions: readonly (number | string)[];
  readonly mean: readonly number[];
  /** ±1σ and ±2σ bounds, in the objective's unit. */
  readonly low1: readonly number[];
  readonly high1: readonly number[];
  readonly low2: readonly number[];
  readonly high2: readonly number[];
  readonly expectedGain: readonly number[];
  readonly feasible: readonly boolean[];
}
