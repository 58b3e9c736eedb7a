import { counted } from '../../domain/format.ts';
import { ServescapeError } from '../../domain/errors.ts';
import type { Random } from '../../domain/random.ts';
import type { ServingConfiguration } from '../../domain/serving-configuration.ts';
import type { ReplicaObservation } from '../../study/ports.ts';
import { createCpuQuota } from './cpu-quota.ts';
import { GPU_BATCH_BURN, gpuBatchMs, type SimulatedGpu } from './simulated-gpu.ts';
import {
  batchBurn, batchMemoryMb, batchNoise, batchSpeed, batchWork, coldFactor, idleCores, idleMemoryMb, memoryPressure, memorySpikeMb,
  QUOTA_PERIOD_MS,
} from './surface.ts';

/** A request as the replica sees it. */
export interface Task {
  readonly items: number;
}

interface Waiting<T> {
  readonly task: T;
  readonly arrivedMs: number;
}

interface Batch<T> {
  readonly tasks: readonly T[];
  /** Core-ms; on a GPU ms. */
  left: number;
}

/** What sets a replica apart from a fresh one that is exactly the formulas. */
export interface ReplicaTraits {
  /** On the work of every batch: what a measured server takes, against the formulas. */
  readonly workFactor: number;
  /** It has answered before, so its first batches take no longer, and its memory is known to be enough. */
  readonly isProven: boolean;
}

const FRESH: ReplicaTraits = { workFactor: 1, isProven: false };

export interface BatchCounts {
  readonly batches: number;
  readonly items: number;
  readonly requests: number;
  readonly queueMs: number;
  /** Time its batch threads were at work, mean of all of them. */
  readonly busyMs: number;
}

export type WindowObservation = ReplicaObservation & { readonly counts: BatchCounts };

const ALMOST_DONE = 1e-9;
const NO_COUNTS: BatchCounts = { batches: 0, items: 0, requests: 0, queueMs: 0, busyMs: 0 };

/** One replica in virtual time: a queue, H batch threads, a CPU limit, a memory limit. Moved on by its owner's event loop. */
export class SimulatedReplica<T extends Task> {
  readonly index: number;
  /** When it became ready, ms of the lab's clock. Its own time counts from there, whatever ran before it. */
  readonly bornMs: number;
  /** Why it is no more; null while it lives. */
  death: ServescapeError | null = null;
  onDeath: (error: ServescapeError) => void = () => undefined;
  /** When it wants to be woken next; Infinity when nothing is pending. */
  nextWakeMs = Infinity;

  private readonly serving: ServingConfiguration;
  private readonly gpu: SimulatedGpu | null;
  private readonly quota: ReturnType<typeof createCpuQuota>;
  private readonly speed: number;
  private readonly burn: number;
  private readonly pressure: number;
  private queue: Waiting<T>[] = [];
  private head = 0;
  private queuedItems = 0;
  private active: Batch<T>[] = [];
  private batchesEver = 0;
  private timeMs = 0;
  private windowMs = 0;
  private peakMemoryMb: number;
  private counts = { ...NO_COUNTS };
  private readonly traits: ReplicaTraits;

  constructor(index: number, serving: ServingConfiguration, bornMs: number, gpu: SimulatedGpu | null = null, traits: ReplicaTraits = FRESH) {
    this.gpu = gpu;
    this.traits = traits;
    this.index = index;
    this.bornMs = bornMs;
    this.serving = serving;
    // Periods of different replicas are not in step.
    this.quota = createCpuQuota(serving.cpuCores, (index * 37) % QUOTA_PERIOD_MS);
    this.speed = gpu === null ? batchSpeed(serving.cpuCores) : 1;
    this.burn = gpu === null ? batchBurn(serving.cpuCores) : GPU_BATCH_BURN;
    this.pressure = memoryPressure(serving.memoryMb, serving.maxBatchSize, serving.batchThreads);
    this.peakMemoryMb = idleMemoryMb(serving.batchThreads);
  }

  /** False when the request is larger than any batch: refused, as the real server does. */
  arrive(task: T, nowMs: number, context: Context<T>): boolean {
    if (task.items > this.serving.maxBatchSize) return false;
    this.queue.push({ task, arrivedMs: nowMs });
    this.queuedItems += task.items;
    this.wake(nowMs, context);
    return true;
  }

  /** Brings the replica to `nowMs`: finished batches are answered, new ones begun. */
  wake(nowMs: number, context: Context<T>): void {
    if (this.death !== null) return;
    this.advance(nowMs);
    if (this.active.some(isDone)) {
      const done = this.active.filter(isDone);
      this.active = this.active.filter((batch) => !isDone(batch));
      for (const batch of done) {
        this.gpu?.end(nowMs);
        for (const task of batch.tasks) context.onServed(task, nowMs);
      }
    }
    while (this.active.length < this.serving.batchThreads && this.batchIsDue(nowMs) && this.death === null) this.begin(nowMs, context);
    this.nextWakeMs = this.death === null ? this.nextChangeMs(nowMs) : Infinity;
  }

  kill(error: ServescapeError): void {
    if (this.death !== null) return;
    this.death = error;
    this.nextWakeMs = Infinity;
    this.onDeath(error);
  }

  /** A fresh observation window from `nowMs` on. */
  beginWindow(nowMs: number): void {
    this.windowMs = nowMs;
    this.quota.resetCounts();
    this.peakMemoryMb = idleMemoryMb(this.serving.batchThreads);
    this.counts = { ...NO_COUNTS };
  }

  observe(nowMs: number): WindowObservation {
    const { cpuCores, memoryMb, batchThreads } = this.serving;
    const spanMs = nowMs - this.windowMs;
    const { usedCpuMs, periods, throttledPeriods } = this.quota;
    const busy = spanMs > 0 ? usedCpuMs / spanMs : 0;
    return {
      cpuCores: Math.min(busy + idleCores(batchThreads), cpuCores),
      memoryMb: Math.min(this.peakMemoryMb, memoryMb),
      throttledShare: periods === 0 ? 0 : throttledPeriods / periods,
      counts: { ...this.counts },
    };
  }

  private advance(nowMs: number): void {
    const spanMs = nowMs - this.timeMs;
    this.timeMs = nowMs;
    const running = this.active.length > 0 && this.quota.isRunning();
    if (running) for (const batch of this.active) batch.left -= spanMs * this.speed;
    this.counts.busyMs += (spanMs * this.active.length) / this.serving.batchThreads;
    this.quota.advance(nowMs, running ? this.burn * this.active.length : 0);
  }

  private batchIsDue(nowMs: number): boolean {
    const oldest = this.queue[this.head];
    if (oldest === undefined) return false;
    return this.queuedItems >= this.serving.maxBatchSize || nowMs >= this.dueMs(oldest);
  }

  private dueMs({ arrivedMs }: Waiting<T>): number {
    return arrivedMs + this.serving.batchTimeoutMicros / 1000;
  }

  private begin(nowMs: number, { random, trialFactor }: Context<T>): void {
    const { maxBatchSize, batchThreads, memoryMb } = this.serving;
    const tasks: T[] = [];
    let items = 0;
    for (let next = this.queue[this.head]; next !== undefined && items + next.task.items <= maxBatchSize; next = this.queue[this.head]) {
      tasks.push(next.task);
      items += next.task.items;
      this.counts.queueMs += nowMs - next.arrivedMs;
      this.head++;
    }
    this.queuedItems -= items;
    if (this.head > 1024 && this.head * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.head);
      this.head = 0;
    }
    const neededMb = batchMemoryMb(items, batchThreads) + memorySpikeMb(random);
    this.peakMemoryMb = Math.max(this.peakMemoryMb, neededMb);
    const { workFactor, isProven } = this.traits;
    if (neededMb > memoryMb && !isProven) return this.kill(outOfMemoryUnderLoad(this.index, items, neededMb, this.serving));
    const noise = batchNoise(random) * trialFactor * (isProven ? 1 : coldFactor(this.batchesEver++)) * this.pressure * workFactor;
    const left = this.gpu === null ? batchWork(items, tasks.length) * noise : this.gpu.begin(nowMs, gpuBatchMs(items, tasks.length) * noise);
    this.active.push({ tasks, left });
    this.counts.batches++;
    this.counts.items += items;
    this.counts.requests += tasks.length;
  }

  private nextChangeMs(nowMs: number): number {
    let next = Infinity;
    if (this.active.length > 0) {
      next = this.quota.nextChangeMs(nowMs, this.burn * this.active.length);
      if (this.quota.isRunning()) {
        for (const { left } of this.active) next = Math.min(next, nowMs + left / this.speed);
      }
    }
    const oldest = this.queue[this.head];
    if (oldest !== undefined && this.active.length < this.serving.batchThreads) next = Math.min(next, this.dueMs(oldest));
    // Virtual time must move on even where a remainder is too small to change the sum.
    return next > nowMs ? next : nowMs + 1e-6;
  }
}

function isDone({ left }: { readonly left: number }): boolean {
  return left <= ALMOST_DONE;
}

/** What a replica needs of the run it serves. */
export interface Context<T> {
  readonly random: Random;
  readonly trialFactor: number;
  readonly onServed: (task: T, nowMs: number) => void;
}

export function outOfMemoryUnderLoad(index: number, items: number, neededMb: number, serving: ServingConfiguration): ServescapeError {
  const needed = Math.ceil(neededMb);
  return new ServescapeError(
    'out-of-memory',
    `Replica ${index + 1} was killed under load: a batch of ${counted(items, 'item')} needed ${needed} MB ` +
      `and its limit is ${serving.memoryMb} MB.`,
    {
      hint: `Raise the lowest memory to ${suggestedMemoryMb(serving)} MB or lower the max batch size.`,
      log: [`batch of ${items} items: ${needed} MB needed, limit ${serving.memoryMb} MB`, 'killed (simulated)'],
    },
  );
}

/** Enough for a full batch and its usual spikes. */
export function suggestedMemoryMb({ maxBatchSize, batchThreads }: ServingConfiguration): number {
  return Math.ceil((batchMemoryMb(maxBatchSize, batchThreads) + 40) / 10) * 10;
}
