import { monitorEventLoopDelay } from 'node:perf_hooks';

const BUCKETS_PER_DOUBLING = 8;
const BUCKETS = 200;
const RESOLUTION_MS = 20;
/** So many turns are all looked at; after that one in many, because looking at each costs a microsecond of every request. */
const TURNS_AT_FIRST = 500;
const PIECES_SKIPPED = 32;
/** Timers are kept on a grid of whole milliseconds: an idle thread already seems up to this late. */
const TIMER_GRID_MS = 1;

/**
 * How late this thread looks at what has already arrived, from two sides: in band, the time from the first bytes of an
 * event-loop turn to each later piece of the same turn (answers that waited for others to be handled), 99th percentile; and
 * from outside, how late timers fire on average (the thread did not get a processor). The worse of the two is reported. The
 * largest timer delays are left to the mean: a stall of 20 ms delays one round trip of thousands, not one in a hundred.
 */
export class LagMeter {
  /** Largest in-band lag since the last `takeLargest`. */
  private largestMs = 0;
  private turnStartMs = NaN;
  private turns = 0;
  /** Pieces left to pass over; then the turn is waited out. */
  private passing = 0;
  private readonly inBand = new DelayHistogram();
  private readonly endTurn = (): void => {
    this.turnStartMs = NaN;
    if (++this.turns > TURNS_AT_FIRST) this.passing = PIECES_SKIPPED;
  };
  private readonly startAgain = (): void => {
    this.passing = 0;
  };
  private readonly delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  start(): void {
    this.delay.enable();
  }

  stop(): void {
    this.delay.disable();
  }

  /** Bytes were seen at `nowMs`. */
  seen(nowMs: number): void {
    if (this.passing > 0) {
      if (this.passing > 1 && --this.passing === 1) setImmediate(this.startAgain);
      return;
    }
    if (Number.isNaN(this.turnStartMs)) {
      this.turnStartMs = nowMs;
      setImmediate(this.endTurn);
    }
    const lagMs = nowMs - this.turnStartMs;
    if (lagMs > this.largestMs) this.largestMs = lagMs;
    this.inBand.add(lagMs);
  }

  takeLargest(): number {
    const largest = this.largestMs;
    this.largestMs = 0;
    return largest;
  }

  /** ms; in-band buckets are an eighth of a doubling wide. */
  p99Ms(): number {
    const timersMs = this.delay.count > 0 ? this.delay.mean / 1e6 - RESOLUTION_MS - TIMER_GRID_MS : 0;
    return Math.max(0, timersMs, this.inBand.percentileMs(99));
  }
}

/** Counts delays in buckets an eighth of a doubling wide, from 1 µs up. */
export class DelayHistogram {
  private readonly counts = new Uint32Array(BUCKETS);
  private total = 0;

  add(delayMs: number): void {
    this.counts[bucketOf(delayMs)]!++;
    this.total++;
  }

  /** Upper edge of the bucket that holds the percentile, ms; 0 for at most 1 µs or nothing. */
  percentileMs(percent: number): number {
    let left = Math.ceil((this.total * percent) / 100);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.counts[bucket]!;
      if (left <= 0) return bucket === 0 ? 0 : 0.001 * 2 ** (bucket / BUCKETS_PER_DOUBLING);
    }
    return 0;
  }
}

/** Bucket 0: at most 1 µs. */
function bucketOf(lagMs: number): number {
  if (lagMs <= 0.001) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log2(lagMs * 1000) * BUCKETS_PER_DOUBLING));
}
