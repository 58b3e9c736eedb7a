import { COMPLETION_GROUP, fullLoop, rateInterval, warmUpGroups } from './closed-loop-interval.ts';
import type { RoundTrips } from './round-trips.ts';
import { mean, meanInterval, studentT } from './statistics.ts';
import type { MeasurementSpec, ObjectiveSpec, StudySpec } from './study-spec.ts';

/**
 * When a running trial has said enough. Looks only at every COMPLETION_GROUP-th completion, so a look costs the same whatever
 * the number of requests; the load generator and the simulated lab ask the same questions. Thresholds chosen by simulation.
 */

/** Answers after the warm-up before the first look. */
const LEAST_ANSWERS = 200;
/** The next look comes when the answers have grown by this factor. */
export const LOOK_GROWTH = 1.05;
/** Looking again and again stops too early too often; the interval has to be this much narrower than asked for. */
const CAUTION = 1.06;
/** A trial is clearly worse when even its lower bound, one-sided, is this many times the best mean so far. */
const CLEARLY = 1.1;
const CLEARLY_CONFIDENCE = 0.99;

/** Times of every COMPLETION_GROUP-th answer, ascending; the first `length` are filled. ms. */
export interface Completions {
  readonly times: Float64Array;
  readonly length: number;
}

/** "Until sure" always leaves out the first and last round: a bias cannot be made smaller by sending more. */
export function leavesOutEdges({ warmUp, requests, loadModel }: MeasurementSpec): boolean {
  return loadModel.kind === 'closed' && (warmUp === 'automatic' || requests.kind === 'until-sure');
}

/** Half-width of the mean's 95 % interval as a share of the mean, after the warm-up; null when there are too few answers. */
export function relativeHalfWidth({ times, length }: Completions, concurrency: number): number | null {
  return rateInterval(times, warmUpGroups(times, length, concurrency), length, 1)?.relativeHalfWidth ?? null;
}

export interface Look {
  readonly sure: boolean;
  /** Answers after which it will probably be sure. */
  readonly expectedAnswers: number;
}

/** Whether ± `halfWidthPercent` of the mean is reached; null while it is too early to say. */
export function lookForSure(completions: Completions, concurrency: number, halfWidthPercent: number): Look | null {
  const { times, length } = completions;
  const from = warmUpGroups(times, length, concurrency);
  const answers = (length - 1 - from) * COMPLETION_GROUP;
  if (answers < LEAST_ANSWERS) return null;
  const interval = rateInterval(times, from, length, 1);
  if (interval === null) return null;
  const ratio = (100 * interval.relativeHalfWidth * CAUTION) / halfWidthPercent;
  return { sure: ratio <= 1, expectedAnswers: from * COMPLETION_GROUP + Math.ceil(answers * Math.max(1, ratio) ** 2) };
}

/** What racing holds a trial against: the best trial so far. */
export interface RacingBar {
  /** Its mean round trip, ms. */
  readonly meanMs: number;
  /** The same over its beginning, until each replica had given 1, 2, 3 … × BEGINNING_STEP answers. Empty where that is not known. */
  readonly beginningMs: readonly number[];
}

const BEGINNING_STEP = 10;
const BEGINNING_STEPS_MAX = 200;

/** Of a trial at `concurrency`, in ms. */
export function beginningOf(trips: RoundTrips, concurrency: number, replicas: number): readonly number[] {
  const { ends } = fullLoop(trips);
  const steps = Math.floor((ends.length - 1 - concurrency) / (BEGINNING_STEP * replicas));
  return Array.from({ length: Math.max(0, Math.min(steps, BEGINNING_STEPS_MAX)) }, (_, step) => {
    const answers = (step + 1) * BEGINNING_STEP * replicas;
    return (concurrency * (ends[concurrency + answers]! - ends[concurrency]!)) / answers;
  });
}

/** Servers become faster with use: a trial after few answers is held against the best trial after as few of each replica. */
function barAfter({ meanMs, beginningMs }: RacingBar, answersPerReplica: number): number {
  const step = Math.max(0, Math.floor(answersPerReplica / BEGINNING_STEP) - 1);
  return Math.max(meanMs, beginningMs[step] ?? meanMs);
}

/** Whether the mean round trip of this closed loop over `replicas` is clearly above that of the best trial. */
export function isClearlyWorse({ times, length }: Completions, concurrency: number, bar: RacingBar, replicas: number): boolean {
  const from = warmUpGroups(times, length, concurrency);
  const interval = rateInterval(times, from, length, 1);
  if (interval === null) return false;
  const meanMs = (concurrency * interval.gap) / COMPLETION_GROUP;
  const barMs = barAfter(bar, (length * COMPLETION_GROUP) / replicas);
  return meanMs * (1 - studentT(CLEARLY_CONFIDENCE, interval.batches - 1) * interval.relativeError) > CLEARLY * barMs;
}

/**
 * The same for loads without a given number in flight: batch means of the means of every COMPLETION_GROUP counted round trips,
 * `together` requests sharing a queue.
 */
export function relativeHalfWidthOfMeans(groupMeans: Float64Array, together: number): number | null {
  const interval = meanInterval(groupMeans, Math.max(1, Math.ceil(together / COMPLETION_GROUP)));
  return interval === null ? null : interval.halfWidth / mean(groupMeans);
}

/**
 * Null when racing is off, there is no best trial, or the objective does not follow from the mean round trip (by Little's law
 * throughput and inference time do).
 */
export function racingBar(spec: StudySpec, incumbent: { readonly value: number; readonly beginningMs: readonly number[] } | null): RacingBar | null {
  const { measurement, environment, objective } = spec;
  if (!measurement.racing || incumbent === null || measurement.loadModel.kind !== 'closed') return null;
  const meanMs = meanOf(objective, incumbent.value, environment.concurrency, environment.requestBatchSize);
  return meanMs === null ? null : { meanMs, beginningMs: incumbent.beginningMs };
}

function meanOf({ metric }: ObjectiveSpec, value: number, concurrency: number, items: number): number | null {
  if (metric === 'meanRoundTripMs') return value;
  if (metric === 'inferenceTimeMs') return value * concurrency * items;
  if (metric === 'throughputRps' && value > 0) return (1000 * concurrency) / value;
  return null;
}
