import type { Configuration } from '../../../main/domain/parameter.ts';
import { BATCHING, CLOCK, MIXED } from '../../optimizer/serving-surfaces.ts';
import { categorical, integer, ordinal, queueMs, real, type Noise, type Surface } from './surface.ts';

/** Surfaces the defaults of the sampler were chosen on. Those it is judged on are in `holdout-set.ts`. */
const at = (configuration: Configuration, name: string): number => Number(configuration[name]);
const USUAL: Noise = { sigma: 0.06, bursts: 0.08 };
const always = (): boolean => true;
const CLOCKS = Array.from({ length: 40 }, (_, i) => 135 + 45 * i);

/** The six knobs of a translation model: replicas share a machine, memory matters only where it crashes. */
const translation: Surface = {
  name: 'translation',
  space: [
    integer('replicas', 1, 20), real('cpu', 0.2, 0.6), integer('memoryMb', 1000, 10_000),
    ordinal('batch', [4, 8, 16, 32, 64, 128]), real('timeoutMicros', 100, 10_000), ordinal('clockMhz', CLOCKS),
  ],
  isAllowed: (c) => at(c, 'replicas') * at(c, 'cpu') <= 7 && at(c, 'replicas') * at(c, 'memoryMb') <= 64_000,
  noise: USUAL,
  cost: (c) => {
    const [n, batch, clock] = [at(c, 'replicas'), at(c, 'batch'), at(c, 'clockMhz') / 1000];
    if (at(c, 'memoryMb') < 1300 + 14 * batch) return null;
    const perReplica = 20 / n;
    const filled = Math.min(batch, Math.max(1, perReplica));
    const workMs = (40 + 9 * filled ** 0.9) / (clock ** 0.7 * (at(c, 'cpu') / 0.4) ** 0.5);
    const share = 1 + 0.06 * n * (1 + 0.02 * n);
    return workMs * share + (filled < batch ? 1 : 0.1) * (at(c, 'timeoutMicros') / 1000) + 2.2 * n;
  },
};

/** Everything pays at its end of the range, with saturation: the optimum sits in a corner. */
const corner: Surface = {
  name: 'corner',
  space: [real('cpu', 0.25, 8, 'log'), integer('threads', 1, 32), real('timeoutMicros', 10, 50_000, 'log'), integer('replicas', 1, 6)],
  isAllowed: always, noise: { sigma: 0.04, bursts: 0.05 },
  cost: (c) => 3 + 20 / (at(c, 'cpu') + 0.5) + 12 / (1 + 0.3 * at(c, 'threads')) + 0.4 * (at(c, 'timeoutMicros') / 1000) ** 0.7 + 6 / at(c, 'replicas'),
};

/** Two of eight knobs matter. */
const mostlyIdle: Surface = {
  name: 'mostly idle',
  space: [
    integer('replicas', 1, 16), ordinal('batch', [1, 2, 4, 8, 16, 32, 64, 128]), real('a', 0, 1), real('b', 1, 1e4, 'log'),
    integer('c', 1, 50), ordinal('d', [1, 2, 3, 5, 8]), categorical('e', ['x', 'y', 'z']), real('f', -1, 1),
  ],
  isAllowed: always, noise: USUAL,
  cost: (c) => {
    const [n, batch] = [at(c, 'replicas'), at(c, 'batch')];
    return queueMs(n, (2 + 0.5 * batch) / 1.3, 0.35 / batch ** 0.5 + 0.05) + 0.9 * n + 0.25 * batch;
  },
};

/** The cheapest configuration lies right beside a wide region that dies of too little memory. */
const cliff: Surface = {
  name: 'cliff',
  space: [integer('memoryMb', 64, 8192, 'log'), ordinal('batch', [1, 2, 4, 8, 16, 32, 64]), real('cpu', 0.2, 4, 'log'), integer('workers', 1, 8), categorical('allocator', ['system', 'arena'])],
  isAllowed: always, noise: USUAL,
  cost: (c) => {
    const [memory, batch, cpu, workers] = [at(c, 'memoryMb'), at(c, 'batch'), at(c, 'cpu'), at(c, 'workers')];
    const needed = (90 + 11 * batch) * workers ** 0.8 * (c.allocator === 'arena' ? 1.25 : 1);
    if (memory < needed) return null;
    const speed = c.allocator === 'arena' ? 1.15 : 1;
    return (30 + 4 * batch) / (Math.min(workers, 2 * cpu) * batch ** 0.55 * speed) + 6 * cpu + 0.35 * Math.sqrt(memory) + 1.5 * workers;
  },
};

/** Joules per request: clock, batch and replicas only make sense together. */
const energy: Surface = {
  name: 'energy',
  space: [ordinal('clockMhz', CLOCKS), integer('batch', 1, 128, 'log'), integer('replicas', 1, 8), real('timeoutMicros', 100, 20_000, 'log'), real('cpu', 0.2, 2)],
  isAllowed: always, noise: { sigma: 0.05, bursts: 0.03 },
  cost: (c) => {
    const [clock, batch, n, timeout, cpu] = [at(c, 'clockMhz') / 1000, at(c, 'batch'), at(c, 'replicas'), at(c, 'timeoutMicros') / 1000, at(c, 'cpu')];
    const filled = Math.min(batch, 1 + (30 / n) * Math.min(1, timeout / 4));
    const seconds = (5 + 0.7 * filled) / clock ** 0.8 + timeout * (filled < batch ? 1 : 0.3) + 3 / cpu;
    const watts = 25 + 18 * n ** 0.6 + 60 * clock ** 2.6 + 8 * cpu * n;
    return (watts * seconds) / filled / 20;
  },
};

/** Three categories that interact with the thread count. */
const categories: Surface = {
  name: 'categories',
  space: [
    categorical('runtime', ['a', 'b', 'c', 'd', 'e']), categorical('transport', ['http', 'grpc']), categorical('balancing', ['round-robin', 'least', 'random', 'sticky']),
    integer('threads', 1, 24), real('share', 0.05, 1),
  ],
  isAllowed: always, noise: { sigma: 0.08, bursts: 0.08 },
  cost: (c) => {
    const liked = { a: 4, b: 8, c: 12, d: 18, e: 22 }[String(c.runtime)]!;
    const base = { a: 12, b: 9, c: 10, d: 8, e: 11 }[String(c.runtime)]!;
    const skew = { 'round-robin': 1.15, least: 1, random: 1.35, sticky: 1.6 }[String(c.balancing)]!;
    const wire = c.transport === 'grpc' ? 1 : 3;
    return base * skew * (1 + 0.9 * (Math.log(at(c, 'threads') / liked) / 1.4) ** 2) + wire + 5 * (at(c, 'share') - 0.35) ** 2 * liked ** 0.5;
  },
};

/** The slowest percent, measured badly. */
const tail: Surface = {
  name: 'tail',
  space: [integer('replicas', 1, 10), integer('maxBatch', 1, 64, 'log'), real('timeoutMicros', 50, 30_000, 'log'), real('cpu', 0.5, 4), integer('queue', 1, 500, 'log')],
  isAllowed: (c) => at(c, 'replicas') * at(c, 'cpu') <= 14, noise: { sigma: 0.15, bursts: 0.12 },
  cost: (c) => {
    const [n, batch, timeout, cpu, queue] = [at(c, 'replicas'), at(c, 'maxBatch'), at(c, 'timeoutMicros') / 1000, at(c, 'cpu'), at(c, 'queue')];
    const filled = Math.min(batch, 1 + 16 / n);
    const work = (6 + 0.9 * filled) / cpu ** 0.9;
    return 3 * queueMs(n, work / filled ** 0.8, 0.4) + work + (filled < batch ? timeout : 0.3 * timeout) + 25 * Math.exp(-queue / 12) + 0.8 * n;
  },
};

const hartmann: Surface = {
  name: 'hartmann mixed',
  space: [real('x1', 0, 1), real('x2', 0, 1), real('x3', 0, 1), integer('x4', 0, 20), integer('x5', 0, 10), ordinal('x6', [0, 0.2, 0.4, 0.5, 0.6, 0.657, 0.7, 0.8, 1])],
  isAllowed: always, noise: USUAL,
  cost: (c) => {
    const x = [at(c, 'x1'), at(c, 'x2'), at(c, 'x3'), at(c, 'x4') / 20, at(c, 'x5') / 10, at(c, 'x6')];
    const A = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]];
    const P = [[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991], [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]];
    const value = [1, 1.2, 3, 3.2].reduce((sum, alpha, i) => sum + alpha * Math.exp(-x.reduce((s, v, j) => s + A[i]![j]! * (v - P[i]![j]! / 1e4) ** 2, 0)), 0);
    return 4.5 - value;
  },
};

const ackley: Surface = {
  name: 'ackley mixed',
  space: [real('x1', -3, 5), real('x2', -2, 4), integer('x3', -4, 6), integer('x4', -6, 3), categorical('x5', ['p', 'q', 'r'])],
  isAllowed: always, noise: { sigma: 0.03, bursts: 0 },
  cost: (c) => {
    const x = [at(c, 'x1'), at(c, 'x2'), at(c, 'x3'), at(c, 'x4')];
    const squares = x.reduce((s, v) => s + v * v, 0) / 4;
    const waves = x.reduce((s, v) => s + Math.cos(2 * Math.PI * v), 0) / 4;
    return 22 + Math.E - 20 * Math.exp(-0.2 * Math.sqrt(squares)) - Math.exp(waves) + { p: 0, q: 0.8, r: 2 }[String(c.x5)]! - 20;
  },
};

const earlier = [BATCHING, MIXED, CLOCK].map((surface): Surface => ({ ...surface, noise: USUAL }));
export const TUNING_SET: readonly Surface[] = [
  ...earlier, translation, corner, mostlyIdle, cliff, energy, categories, tail, hartmann, ackley,
];
