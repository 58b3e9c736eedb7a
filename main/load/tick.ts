import { relativeHalfWidth, relativeHalfWidthOfMeans } from '../domain/sureness.ts';
import type { LoadTick } from '../study/ports.ts';
import type { Recorder } from './recorder.ts';

const MOST_TRIPS = 500;
/** The interval costs a pass over all values, so it is taken anew only when they have grown by this factor. */
const GROWTH = 1.05;

/** Turns the state of a run into ticks; each tick carries the round trips that ended since the one before. */
export function createTicker(options: {
  readonly recorder: Recorder;
  readonly concurrency: number;
  /** False for loads without a given number in flight. */
  readonly closed: boolean;
  readonly planned: () => number;
  readonly waiting: () => readonly number[];
  readonly elapsedMs: () => number;
  readonly lagMs: () => number;
}): () => LoadTick {
  const { recorder, concurrency, closed } = options;
  let told = 0;
  let halfWidthShare: number | null = null;
  let halfWidthAt = 0;
  return () => {
    const counted = recorder.countedLength;
    if (counted > halfWidthAt * GROWTH) {
      halfWidthAt = counted;
      halfWidthShare = closed ? relativeHalfWidth(recorder.completions(), concurrency) : relativeHalfWidthOfMeans(recorder.countedGroupMeans(), concurrency);
    }
    const meanMs = counted === 0 ? null : recorder.countedSumMs / counted;
    const finished = recorder.length;
    const stride = Math.max(1, (finished - told) / MOST_TRIPS);
    const trips: LoadTick['trips'][number][] = [];
    for (let position = told; position < finished && trips.length < MOST_TRIPS; position += stride) trips.push(recorder.at(Math.floor(position)));
    told = finished;
    const elapsedS = options.elapsedMs() / 1000;
    return {
      finished,
      planned: options.planned(),
      failed: recorder.failed,
      meanMs,
      halfWidthMs: meanMs === null || halfWidthShare === null ? null : meanMs * halfWidthShare,
      throughputRps: elapsedS > 0 ? (finished - recorder.failed) / elapsedS : 0,
      lagMs: options.lagMs(),
      waiting: [...options.waiting()],
      trips,
    };
  };
}
