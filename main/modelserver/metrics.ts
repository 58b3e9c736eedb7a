import type { ThrottlingFacts } from './cpu-quota.ts';
import type { BatchObserver } from './batching-session.ts';

const PREFIX = ':tensorflow:serving:';

/** TensorFlow Serving's counters and histograms, in Prometheus' text form under its own names. Times in microseconds. */
export class Metrics {
  readonly #requestCounts = new Map<string, number>();
  readonly #requestLatency: Histogram;
  readonly #runtimeLatency: Histogram;
  readonly #batching: readonly Histogram[];
  readonly #modelName: string;
  readonly batchObserver: BatchObserver;

  constructor(modelName: string, threadPoolName: string) {
    this.#modelName = modelName;
    const model = `model_name="${escapeLabel(modelName)}"`;
    const pool = `thread_pool_name="${escapeLabel(threadPoolName)}"`;
    this.#requestLatency = new Histogram('request_latency', `${model},API="predict",entrypoint="REST"`, exponential(10, 1.8, 33));
    this.#runtimeLatency = new Histogram('runtime_latency', `${model},API="Predict",runtime="onnxruntime"`, exponential(10, 1.8, 33));
    const queuing = new Histogram('batching_session:queuing_latency', pool, exponential(100, 1.2, 52));
    const processed = new Histogram('batching_session:processed_batch_size', pool, exponential(1, 2, 11));
    const input = new Histogram('batching_session:input_batch_size', pool, exponential(1, 2, 11));
    const padding = new Histogram('batching_session:padding_size', pool, [0, ...exponential(1, 2, 11)]);
    this.#batching = [queuing, processed, input, padding];
    this.batchObserver = {
      queued: (waitMicros) => queuing.add(waitMicros),
      inputBatch: (size) => input.add(size),
      processedBatch: (size, paddingSize) => {
        processed.add(size);
        padding.add(paddingSize);
      },
    };
  }

  countRequest(status: string, latencyMicros: number): void {
    this.#requestCounts.set(status, (this.#requestCounts.get(status) ?? 0) + 1);
    this.#requestLatency.add(latencyMicros);
  }

  addRuntime(runtimeMicros: number): void {
    this.#runtimeLatency.add(runtimeMicros);
  }

  /** @param throttling facts of our own CPU throttle, named as the kernel names them */
  page(throttling: ThrottlingFacts | undefined): string {
    const lines = [`# TYPE ${PREFIX}request_count counter`];
    for (const [status, count] of this.#requestCounts) {
      lines.push(`${PREFIX}request_count{model_name="${escapeLabel(this.#modelName)}",status="${status}"} ${count}`);
    }
    for (const histogram of [this.#requestLatency, this.#runtimeLatency, ...this.#batching]) lines.push(...histogram.lines());
    if (throttling !== undefined) {
      const { periods, throttledPeriods, throttledMicros } = throttling;
      for (const [name, value] of [['nr_periods', periods], ['nr_throttled', throttledPeriods], ['throttled_usec', throttledMicros]]) {
        lines.push(`# TYPE :servescape:cpu:${name} counter`, `:servescape:cpu:${name}{} ${value}`);
      }
    }
    return `${lines.join('\n')}\n`;
  }
}

class Histogram {
  readonly #name: string;
  readonly #labels: string;
  readonly #limits: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** @param limits upper ends of the buckets, increasing; one more bucket takes the rest */
  constructor(name: string, labels: string, limits: readonly number[]) {
    this.#name = `${PREFIX}${name}`;
    this.#labels = labels;
    this.#limits = limits;
    this.#counts = new Array<number>(limits.length + 1).fill(0);
  }

  add(value: number): void {
    const found = this.#limits.findIndex((limit) => value <= limit);
    const bucket = found < 0 ? this.#limits.length : found;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  lines(): readonly string[] {
    let cumulative = 0;
    const buckets = this.#counts.map((count, i) => {
      cumulative += count;
      return `${this.#name}_bucket{${this.#labels},le="${this.#limits[i] ?? '+Inf'}"} ${cumulative}`;
    });
    return [
      `# TYPE ${this.#name} histogram`,
      ...buckets,
      `${this.#name}_sum{${this.#labels}} ${this.#sum}`,
      `${this.#name}_count{${this.#labels}} ${cumulative}`,
    ];
  }
}

function exponential(scale: number, growth: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => scale * growth ** i);
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
