import { z } from 'zod';
import type { Configuration } from './parameter.ts';
import { measurementSchema, type Measurement } from './measurement.ts';
import type { ErrorCode } from './errors.ts';

/** Who chose the configuration. */
export const originSchema = z.enum(['random', 'bayes', 'user']);
export type Origin = z.infer<typeof originSchema>;

/** What the surrogate said before the trial ran, in the objective's own unit. */
export const predictionSchema = z.strictObject({
  mean: z.number(),
  /** 95 % interval; not symmetric when the model works on a transformed scale. */
  low: z.number(),
  high: z.number(),
  /** Expected improvement over the incumbent. */
  expectedGain: z.number(),
  /** Probability of beating the incumbent, 0–1. */
  chanceToBeat: z.number(),
  /** Probability that the configuration runs at all, 0–1. */
  chanceToRun: z.number(),
  /**
   * Where that came from, on the model's own scale: the objective, smaller is better, after a Box–Cox transform with this
   * exponent (0: logarithm), standardised over the trials. Absent where an older program chose.
   */
  working: z.strictObject({ exponent: z.number(), mean: z.number(), deviation: z.number(), best: z.number() }).optional(),
});
export type Prediction = z.infer<typeof predictionSchema>;

export const failureSchema = z.strictObject({
  code: z.custom<ErrorCode>((value) => typeof value === 'string'),
  /** What happened and why, in words. */
  message: z.string(),
  hint: z.string().optional(),
  /** Last lines of the replica's log, 50 at most. */
  log: z.array(z.string()).max(50).default([]),
});
export type Failure = z.infer<typeof failureSchema>;

export const outcomeSchema = z.discriminatedUnion('state', [
  z.strictObject({
    state: z.literal('complete'),
    measurement: measurementSchema,
    /** Objective in its own unit; null when the metric was not observed. */
    value: z.number().nullable(),
    feasible: z.boolean(),
    violations: z.array(z.string()),
  }),
  z.strictObject({ state: z.literal('failed'), failure: failureSchema, measurement: measurementSchema.nullable() }),
  /** Stopped by the user or cut off by a crash of the app: says nothing about the configuration. */
  z.strictObject({ state: z.literal('aborted'), reason: z.string() }),
]);
export type Outcome = z.infer<typeof outcomeSchema>;

/** Seconds a trial spent per stage. */
export const stageSecondsSchema = z.strictObject({ deploy: z.number(), measure: z.number(), other: z.number() });
export type StageSeconds = z.infer<typeof stageSecondsSchema>;

export const STAGES = ['deploying', 'warming', 'loading', 'measuring', 'tearing-down'] as const;
export type Stage = (typeof STAGES)[number];

export type TrialState = 'running' | Outcome['state'];

export interface Trial {
  /** Counts from 1. */
  readonly number: number;
  readonly configuration: Configuration;
  readonly origin: Origin;
  readonly prediction: Prediction | null;
  /** Why this one, where origin and prediction do not say it. */
  readonly reason?: string;
  /** The trial whose configuration the model advised when it chose this one. */
  readonly advised?: number;
  /** Where it ran, in a run on several machines. */
  readonly machine?: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly state: TrialState;
  readonly measurement: Measurement | null;
  readonly value: number | null;
  readonly feasible: boolean;
  readonly violations: readonly string[];
  readonly failure: Failure | null;
  readonly abortReason: string | null;
  readonly seconds: StageSeconds | null;
  /** The user's words; absent: none were written. */
  readonly note?: string;
}

