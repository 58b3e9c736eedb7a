import { CPU_QUOTA_FIELD_COUNT, CpuQuota, openCpuQuota, type ThrottlingFacts } from './cpu-quota.ts';

const PERIOD_MICROS = 100_000;
/** How often the main thread looks when nothing else makes it. */
const TICK_MS = 10;
const LOCK_BYTES = 8;
const LOCK = 0;
/** Nobody ever wakes this: it is only slept on. */
const SLEEP = 1;

/**
 * Holds the whole process to a share of a core where no cgroup can: every thread passes here between two pieces of
 * work and sleeps, as a process throttled by the kernel does, while the current 100 ms period's quota is spent.
 */
export class CpuThrottle {
  /** Hand this to worker threads; they build their own CpuThrottle from it. */
  readonly shared: SharedArrayBuffer;
  readonly #ints: Int32Array;
  readonly #quota: CpuQuota;

  constructor(shared: SharedArrayBuffer) {
    this.shared = shared;
    this.#ints = new Int32Array(shared, 0, LOCK_BYTES / Int32Array.BYTES_PER_ELEMENT);
    this.#quota = new CpuQuota(new Float64Array(shared, LOCK_BYTES, CPU_QUOTA_FIELD_COUNT));
  }

  /** Blocks the calling thread until the process has processor time left. */
  pass(): void {
    for (;;) {
      const pauseMicros = this.#locked(() => this.#quota.pauseMicros(nowMicros(), usedMicros()));
      if (pauseMicros <= 0) return;
      Atomics.wait(this.#ints, SLEEP, 0, pauseMicros / 1000);
    }
  }

  /** Also looks on a beat, so that work outside our own code (HTTP, garbage collection) is stopped soon. */
  startTicking(): void {
    setInterval(() => this.pass(), TICK_MS).unref();
  }

  get facts(): ThrottlingFacts {
    return this.#locked(() => this.#quota.facts);
  }

  #locked<Result>(run: () => Result): Result {
    while (Atomics.compareExchange(this.#ints, LOCK, 0, 1) !== 0) Atomics.wait(this.#ints, LOCK, 1, 1);
    try {
      return run();
    } finally {
      Atomics.store(this.#ints, LOCK, 0);
      Atomics.notify(this.#ints, LOCK, 1);
    }
  }
}

/** @param cores share of one processor core, as in `docker run --cpus`; the start of the process counts in */
export function createCpuThrottle(cores: number): CpuThrottle {
  const bytes = LOCK_BYTES + CPU_QUOTA_FIELD_COUNT * Float64Array.BYTES_PER_ELEMENT;
  const shared = new SharedArrayBuffer(bytes);
  const processStartMicros = nowMicros() - process.uptime() * 1e6;
  openCpuQuota(new Float64Array(shared, LOCK_BYTES, CPU_QUOTA_FIELD_COUNT), cores, PERIOD_MICROS, processStartMicros);
  return new CpuThrottle(shared);
}

/** The one clock all threads agree on. */
function nowMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

function usedMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
