import { ServingError, invalidArgument } from './serving-status.ts';

/** Time in microseconds and one-shot timers; injected, so that tests own the time. */
export interface Clock {
  nowMicros(): number;
  /** @returns a function that forgets the timer */
  after(delayMicros: number, run: () => void): () => void;
}

export interface BatchTask {
  /** Rows this task adds to a batch. */
  readonly size: number;
}

export interface BatchSchedulerOptions<Task extends BatchTask> {
  readonly maxBatchSize: number;
  readonly batchTimeoutMicros: number;
  /** Batches that may wait, the open one included; those being processed do not count. */
  readonly maxEnqueuedBatches: number;
  readonly numBatchThreads: number;
  readonly clock: Clock;
  /** Resolves when the batch thread is free again. Must not reject. */
  readonly process: (tasks: readonly Task[]) => Promise<void>;
}

interface Batch<Task> {
  readonly tasks: Task[];
  size: number;
  openedMicros: number;
}

/**
 * TensorFlow Serving's BasicBatchScheduler: one open batch at the end of a queue, taken by the next idle batch
 * thread once it is full, once its first task has waited `batchTimeoutMicros`, or once it is closed by a task that
 * did not fit. While all threads are busy the open batch keeps growing, whatever the timeout.
 */
export class BatchScheduler<Task extends BatchTask> {
  readonly #options: BatchSchedulerOptions<Task>;
  readonly #batches: Batch<Task>[] = [emptyBatch()];
  #idleThreads: number;
  #forgetTimer: (() => void) | undefined;

  constructor(options: BatchSchedulerOptions<Task>) {
    this.#options = options;
    this.#idleThreads = options.numBatchThreads;
  }

  /** Tasks waiting, not those being processed. */
  get enqueuedTasks(): number {
    return this.#batches.reduce((sum, batch) => sum + batch.tasks.length, 0);
  }

  /**
   * Adds a task to the open batch.
   * @throws ServingError INVALID_ARGUMENT when the task alone is too large, UNAVAILABLE when the queue is full
   */
  schedule(task: Task): void {
    const { maxBatchSize, maxEnqueuedBatches, clock } = this.#options;
    if (task.size > maxBatchSize) {
      throw invalidArgument(`Task size ${task.size} is larger than maximum input batch size ${maxBatchSize}`);
    }
    if (this.#open.size + task.size > maxBatchSize) {
      if (this.#batches.length >= maxEnqueuedBatches) {
        throw new ServingError('UNAVAILABLE', 'The batch scheduling queue to which this task was submitted is full');
      }
      this.#batches.push(emptyBatch());
    }
    const open = this.#open;
    if (open.tasks.length === 0) open.openedMicros = clock.nowMicros();
    open.tasks.push(task);
    open.size += task.size;
    this.#dispatch();
  }

  get #open(): Batch<Task> {
    return this.#batches.at(-1) as Batch<Task>;
  }

  /** Hands batches to idle threads as long as one is due, then sets the timer for the open one. */
  #dispatch(): void {
    while (this.#idleThreads > 0) {
      const batch = this.#takeDueBatch();
      if (batch === undefined) break;
      this.#idleThreads -= 1;
      void this.#options.process(batch.tasks).then(() => {
        this.#idleThreads += 1;
        this.#dispatch();
      });
    }
    this.#setTimer();
  }

  #takeDueBatch(): Batch<Task> | undefined {
    if (this.#batches.length === 1) {
      if (!this.#isOpenDue()) return undefined;
      this.#batches.push(emptyBatch());
    }
    return this.#batches.shift();
  }

  #isOpenDue(): boolean {
    const open = this.#open;
    const { maxBatchSize, batchTimeoutMicros, clock } = this.#options;
    if (open.tasks.length === 0) return false;
    return open.size >= maxBatchSize || clock.nowMicros() >= open.openedMicros + batchTimeoutMicros;
  }

  #setTimer(): void {
    this.#forgetTimer?.();
    this.#forgetTimer = undefined;
    const open = this.#open;
    if (this.#idleThreads === 0 || open.tasks.length === 0) return;
    const { batchTimeoutMicros, clock } = this.#options;
    const leftMicros = Math.max(0, open.openedMicros + batchTimeoutMicros - clock.nowMicros());
    this.#forgetTimer = clock.after(leftMicros, () => this.#dispatch());
  }
}

function emptyBatch<Task>(): Batch<Task> {
  return { tasks: [], size: 0, openedMicros: 0 };
}

/** Smallest allowed size that holds `size` rows; `size` itself when nothing is prescribed. */
export function roundToAllowedSize(allowedBatchSizes: readonly number[], size: number): number {
  return allowedBatchSizes.find((allowed) => allowed >= size) ?? size;
}
