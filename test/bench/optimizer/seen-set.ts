import type { Configuration } from '../../../main/domain/parameter.ts';
import { createRandom } from '../../../main/domain/random.ts';
import { categorical, integer, ordinal, queueMs, real, type Noise, type Surface } from './surface.ts';

/** The first hold-out set, looked at once with the first defaults. Since then the defaults are chosen on it as well. */
const at = (configuration: Configuration, name: string): number => Number(configuration[name]);
const USUAL: Noise = { sigma: 0.06, bursts: 0.08 };
const always = (): boolean => true;

/** Two stages in a row share the cores. */
const pipeline: Surface = {
  name: 'pipeline',
  space: [integer('first', 1, 12), integer('second', 1, 12), real('cpu', 0.3, 3, 'log'), ordinal('chunk', [1, 2, 4, 8, 16, 32]), integer('buffer', 1, 256, 'log')],
  isAllowed: (c) => (at(c, 'first') + at(c, 'second')) * at(c, 'cpu') <= 16, noise: USUAL,
  cost: (c) => {
    const [a, b, cpu, chunk, buffer] = [at(c, 'first'), at(c, 'second'), at(c, 'cpu'), at(c, 'chunk'), at(c, 'buffer')];
    const stall = 1 + 2 / (1 + buffer / 8);
    return queueMs(a, (3 + 0.5 * chunk) / (cpu * chunk ** 0.5), 0.5) * stall + queueMs(b, (7 + chunk) / (cpu * chunk ** 0.6), 0.4) + 0.5 * chunk + 0.02 * buffer;
  },
};

/** Requests per second, so costs are negative. */
const throughput: Surface = {
  name: 'throughput',
  space: [integer('replicas', 1, 10), integer('batch', 1, 256, 'log'), real('cpu', 0.25, 4), categorical('precision', ['fp32', 'fp16', 'int8']), integer('threads', 1, 16)],
  isAllowed: (c) => at(c, 'replicas') * at(c, 'cpu') <= 12, noise: USUAL,
  cost: (c) => {
    const [n, batch, cpu, threads] = [at(c, 'replicas'), at(c, 'batch'), at(c, 'cpu'), at(c, 'threads')];
    if (c.precision === 'fp32' && batch * n > 1200) return null;
    const speed = { fp32: 1, fp16: 1.5, int8: 1.35 }[String(c.precision)]!;
    const used = Math.min(threads, 3 * cpu) / (1 + 0.03 * (threads - 3 * cpu) ** 2 / 8);
    return -(900 * n * speed * Math.max(used, 0.2) * batch ** 0.5) / ((n + 4) * (2 + 0.12 * batch));
  },
};

/** A cache that is useless until it holds the working set, and costs once it does. */
const cache: Surface = {
  name: 'cache',
  space: [integer('cacheMb', 1, 16_384, 'log'), integer('shards', 1, 64, 'log'), real('ttlS', 0.1, 1000, 'log'), categorical('policy', ['lru', 'lfu', 'fifo'])],
  isAllowed: always, noise: { sigma: 0.1, bursts: 0.05 },
  cost: (c) => {
    const hit = (0.97 / (1 + (350 / at(c, 'cacheMb')) ** 2.5)) * (1 - Math.exp(-at(c, 'ttlS') / 8)) * { lru: 1, lfu: 0.97, fifo: 0.88 }[String(c.policy)]!;
    return 45 * (1 - hit) + 2 + 0.0012 * at(c, 'cacheMb') + 0.004 * at(c, 'ttlS') + 3 * Math.abs(Math.log(at(c, 'shards') / 12)) ** 1.5;
  },
};

/** A managed heap: pauses against footprint, with a third of the space running out of it. */
const heap: Surface = {
  name: 'heap',
  space: [integer('heapMb', 128, 8192, 'log'), real('youngShare', 0.05, 0.9), integer('collectors', 1, 12), ordinal('regionMb', [1, 2, 4, 8, 16, 32]), categorical('collector', ['parallel', 'regional', 'concurrent']), integer('workers', 1, 32)],
  isAllowed: always, noise: { sigma: 0.1, bursts: 0.1 },
  cost: (c) => {
    const [heapMb, young, threads, region, workers] = [at(c, 'heapMb'), at(c, 'youngShare'), at(c, 'collectors'), at(c, 'regionMb'), at(c, 'workers')];
    if (heapMb * (1 - young) < 60 + 14 * workers) return null;
    const pause = { parallel: 18, regional: 9, concurrent: 6 }[String(c.collector)]! * (1 + 300 / (heapMb * young)) / Math.min(threads, 6) ** 0.5;
    const tax = { parallel: 1, regional: 1.08, concurrent: 1.2 }[String(c.collector)]!;
    return (queueMs(workers, 9 * tax * (1 + 0.04 * workers), 0.5) + pause + 0.5 * Math.abs(Math.log2(region / 8)) + 0.0009 * heapMb) * (1 + 0.02 * threads);
  },
};

/** A table of 4 × 5 × 6 × 3 measured values, smooth with a random part: every value known, nothing in between. */
const table: Surface = {
  name: 'table',
  space: [ordinal('batch', [1, 4, 16, 64]), integer('replicas', 1, 5), ordinal('threads', [1, 2, 4, 8, 12, 16]), categorical('engine', ['a', 'b', 'c'])],
  isAllowed: always, noise: { sigma: 0.05, bursts: 0.05 },
  cost: (c) => {
    const key = `${c.batch}-${c.replicas}-${c.threads}-${c.engine}`;
    const rough = 1 + 0.08 * createRandom(`table-${key}`).normal();
    const [batch, n, threads] = [at(c, 'batch'), at(c, 'replicas'), at(c, 'threads')];
    return rough * (4 + 3 * Math.abs(Math.log2(batch / 16)) + 2 * Math.abs(n - 3) + 1.4 * Math.abs(Math.log2((threads * n) / 18)) + { a: 0, b: 2, c: 5 }[String(c.engine)]!);
  },
};

/** Seven knobs, replicas × threads a ridge, work split unevenly. */
const ridge: Surface = {
  name: 'ridge',
  space: [integer('replicas', 1, 16), integer('threads', 1, 16), real('split', 0, 1), real('timeoutMicros', 50, 20_000, 'log'), integer('batch', 1, 64, 'log'), integer('retries', 0, 5), real('backoffMs', 1, 1000, 'log')],
  isAllowed: always, noise: USUAL,
  cost: (c) => {
    const product = at(c, 'replicas') * at(c, 'threads');
    const batch = at(c, 'batch');
    return 6 + 5 * Math.log(product / 28) ** 2 + 9 * (at(c, 'split') - 0.62) ** 2 + (at(c, 'timeoutMicros') / 1000) * (batch > 12 ? 0.5 : 0.15) + 10 / batch ** 0.7 + 0.15 * batch + 0.1 * at(c, 'retries');
  },
};

/** Crashes where two knobs are high together; the best is at the edge of it. */
const overload: Surface = {
  name: 'overload',
  space: [real('rate', 0.1, 10, 'log'), integer('inFlight', 1, 256, 'log'), real('memoryGb', 0.25, 16, 'log'), ordinal('quant', [4, 8, 16, 32])],
  isAllowed: always, noise: { sigma: 0.07, bursts: 0.1 },
  cost: (c) => {
    const [rate, inFlight, memory, bits] = [at(c, 'rate'), at(c, 'inFlight'), at(c, 'memoryGb'), at(c, 'quant')];
    if (rate * inFlight * bits > 700 * memory) return null;
    return 80 / (rate ** 0.6 * inFlight ** 0.5) + 1.6 * memory + 14 / bits ** 0.8 + 0.3 * rate + 0.02 * inFlight;
  },
};

/** GPU sharing: clock and streams, a bumpy plateau of local optima. */
const streams: Surface = {
  name: 'streams',
  space: [integer('streams', 1, 32), real('clockMhz', 300, 1980), integer('batch', 1, 96), real('reserve', 0, 0.5)],
  isAllowed: always, noise: USUAL,
  cost: (c) => {
    const [s, clock, batch] = [at(c, 'streams'), at(c, 'clockMhz') / 1000, at(c, 'batch')];
    const wave = Math.ceil(batch / 16) * 16;
    return ((4 + 0.35 * wave) / (clock * batch ** 0.85)) * 10 * (1 + 0.03 * Math.abs(s - 9)) + 1.1 * clock ** 2.2 + 0.05 * batch + 3 * at(c, 'reserve');
  },
};

const rosenbrock: Surface = {
  name: 'rosenbrock mixed',
  space: [real('x1', -2, 2), integer('x2', -8, 12), real('x3', -2, 2), ordinal('x4', [-1, 0, 0.5, 1, 1.5, 2])],
  isAllowed: always, noise: USUAL,
  cost: (c) => {
    const x = [at(c, 'x1'), at(c, 'x2') / 4, at(c, 'x3'), at(c, 'x4')];
    let sum = 0;
    for (let i = 0; i < 3; i++) sum += 100 * (x[i + 1]! - x[i]! ** 2) ** 2 + (1 - x[i]!) ** 2;
    return 20 + sum;
  },
};

const branin: Surface = {
  name: 'branin mixed',
  space: [real('x', -5, 10), integer('y', 0, 15), categorical('shift', ['none', 'left', 'up'])],
  isAllowed: always, noise: USUAL,
  cost: (c) => {
    const x = at(c, 'x') + (c.shift === 'left' ? 2 : 0);
    const y = at(c, 'y');
    const value = (y - (5.1 / (4 * Math.PI ** 2)) * x ** 2 + (5 / Math.PI) * x - 6) ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
    return 2 + value + (c.shift === 'up' ? 6 : 0);
  },
};

const levy: Surface = {
  name: 'levy',
  space: [real('x1', -5, 5), real('x2', -5, 5), real('x3', -5, 5), integer('x4', -5, 5), integer('x5', -5, 5)],
  isAllowed: always, noise: { sigma: 0.05, bursts: 0 },
  cost: (c) => {
    const w = ['x1', 'x2', 'x3', 'x4', 'x5'].map((name) => 1 + (at(c, name) - 1) / 4);
    let sum = Math.sin(Math.PI * w[0]!) ** 2;
    for (let i = 0; i < 4; i++) sum += (w[i]! - 1) ** 2 * (1 + 10 * Math.sin(Math.PI * w[i]! + 1) ** 2);
    return 2 + sum + (w[4]! - 1) ** 2 * (1 + Math.sin(2 * Math.PI * w[4]!) ** 2);
  },
};

const faint: Surface = {
  name: 'faint',
  space: [real('a', 0, 1), real('b', 0, 1), real('c', 1, 1000, 'log'), integer('d', 1, 30)],
  isAllowed: always, noise: { sigma: 0.2, bursts: 0.1 },
  cost: (c) => 10 + 6 * (at(c, 'a') - 0.3) ** 2 + 9 * Math.abs(at(c, 'b') - 0.75) + 1.2 * Math.log(at(c, 'c') / 40) ** 2 + 0.15 * Math.abs(at(c, 'd') - 21),
};

export const SEEN_SET: readonly Surface[] = [
  pipeline, throughput, cache, heap, table, ridge, overload, streams, rosenbrock, branin, levy, faint,
];
