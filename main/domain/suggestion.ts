import type { Configuration } from './parameter.ts';
import type { Origin, Prediction } from './trial.ts';

/** What a sampler proposes to run next, with what it expects. */
export interface Suggestion {
  readonly configuration: Configuration;
  readonly origin: Origin;
  readonly prediction: Prediction | null;
  /** Largest expected improvement anywhere, in the objective's unit; null while drawing at random. */
  readonly largestExpectedGain: number | null;
  /** How much better than the model's advice the best may still be (one-sided 95 %), in the objective's unit. */
  readonly regretBound?: number | null;
  /** Why this one, in a sentence, where origin and prediction do not say it. */
  readonly reason?: string;
  /** Number of the trial whose configuration the model advises now: best posterior mean, not luckiest observation. */
  readonly advised?: number;
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

/** The surrogate over two numeric parameters, the others held at `at`; rows of `mean` and `feasible` follow `ys`, `xs` within a row. */
export interface SurrogateSurface {
  /** Across and up. */
  readonly parameters: readonly [string, string];
  readonly at: Configuration;
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  /** In the objective's unit. */
  readonly mean: readonly number[];
  readonly feasible: readonly boolean[];
}

/** Share of the model's variation one parameter accounts for, 0–1, with the 95 % range over resampled trials. */
export interface ParameterImportance {
  readonly parameter: string;
  /** On its own. */
  readonly main: number;
  /** With everything it does together with others. */
  readonly total: number;
  readonly totalLow: number;
  readonly totalHigh: number;
}

/** One trial as the model would have predicted it from all the others, in the objective's unit. */
export interface LeftOut {
  readonly trial: number;
  readonly observed: number;
  readonly mean: number;
  /** 95 % interval of a measurement. */
  readonly low: number;
  readonly high: number;
}

/** What the model of a study says about itself. */
export interface StudyExplanation {
  readonly importance: readonly ParameterImportance[];
  readonly leaveOneOut: {
    readonly trials: readonly LeftOut[];
    /** Share of observations inside their interval; 0.95 where the model knows how sure it is. */
    readonly coverage: number;
    /** 1 − squared error over squared deviation from the mean, on the model's scale: 1 perfect, 0 no better than the mean. */
    readonly skill: number;
  };
  /** The configuration the model advises: best posterior mean among those measured. */
  readonly advised: { readonly trial: number; readonly configuration: Configuration; readonly prediction: Prediction };
}
