import type { Configuration } from '../../../main/domain/parameter.ts';
import { createRandom } from '../../../main/domain/random.ts';
import { categorical, integer, ordinal, queueMs, real, type Noise, type Surface } from './surface.ts';

/** The second hold-out set, looked at once; then it served to understand where the sampler lost to random search. */
const at = (configuration: Configuration, name: string): number => Number(configuration[name]);
const USUAL: Noise = { sigma: 0.06, bursts: 0.08 };
const always = (): boolean => true;

/** A text generator whose cache of keys and values must fit: blocks, sequences at once, share of memory set aside. */
const generation: Surface = {
  name: 'generation',
  space: [integer('sequences', 1, 256, 'log'), ordinal('block', [8, 16, 32, 64, 128]), real('memoryShare', 0.3, 0.98), ordinal('parallel', [1, 2, 4, 8]), categorical('weights', ['16 bit', '8 bit', '4 bit'])],
  isAllowed: always, noise: USUAL,
  cost: (c) => {
    const [sequences, block, share, parallel] = [at(c, 'sequences'), at(c, 'block'), at(c, 'memoryShare'), at(c, 'parallel')];
    const weightsGb = { '16 bit': 14, '8 bit': 8, '4 bit': 5 }[String(c.weights)]!;
    const freeGb = 24 * parallel * share - weightsGb * 1.1;
    if (freeGb < 0.05 * sequences * (1 + block / 256) || share > 0.95) return null;
    const quick = { '16 bit': 1, '8 bit': 0.75, '4 bit': 0.7 }[String(c.weights)]!;
    const step = (9 * quick) / parallel ** 0.75 + 0.12 * sequences + 1.5 * Math.log2(parallel);
    return (step / sequences ** 0.8) * 6 + 2 * parallel + 0.6 * Math.abs(Math.log2(block / 24)) + 40 / (4 + sequences);
  },
};

/** Replicas pinned to sockets of four cores: whole sockets are fast, straddling ones pay. */
const sockets: Surface = {
  name: 'sockets',
  space: [integer('replicas', 1, 12), integer('threads', 1, 12), categorical('pinning', ['none', 'core', 'socket']), real('memoryGb', 0.5, 8, 'log'), integer('batch', 1, 48)],
  isAllowed: (c) => at(c, 'replicas') * at(c, 'threads') <= 32, noise: USUAL,
  cost: (c) => {
    const [n, threads, batch, memory] = [at(c, 'replicas'), at(c, 'threads'), at(c, 'batch'), at(c, 'memoryGb')];
    const sockets = Math.ceil(threads / 4);
    const pinned = { none: 1.12, core: threads > 4 ? 1.35 : 1, socket: 1 + 0.03 * n }[String(c.pinning)]!;
    const speed = threads / (1 + 0.09 * (threads - 1)) / (1 + 0.35 * (sockets - 1));
    return queueMs(n, ((11 + 1.4 * batch) * pinned) / (speed * batch ** 0.75), 0.6) + 0.35 * batch + 4 * Math.exp(-memory) + 0.3 * memory;
  },
};

/** A small model answers what it is sure of, a large one the rest. */
const cascade: Surface = {
  name: 'cascade',
  space: [real('threshold', 0.3, 0.999), integer('small', 1, 10), integer('large', 1, 10), real('cpuSmall', 0.1, 2, 'log'), real('cpuLarge', 0.5, 8, 'log'), integer('queue', 4, 400, 'log')],
  isAllowed: (c) => at(c, 'small') * at(c, 'cpuSmall') + at(c, 'large') * at(c, 'cpuLarge') <= 24, noise: USUAL,
  cost: (c) => {
    const threshold = at(c, 'threshold');
    const passed = 0.04 + 0.9 * threshold ** 6;
    const wrong = 60 * (1 - threshold) ** 2;
    const small = queueMs(at(c, 'small'), 2.2 / at(c, 'cpuSmall') ** 0.9, 0.5);
    const large = queueMs(at(c, 'large'), 28 / at(c, 'cpuLarge') ** 0.8, 0.5 * passed);
    return small + passed * large + wrong + 8 * Math.exp(-at(c, 'queue') / 30) + 0.01 * at(c, 'queue');
  },
};

/** Compression against the wire, connections against contention. */
const wire: Surface = {
  name: 'wire',
  space: [integer('level', 0, 9), integer('connections', 1, 128, 'log'), ordinal('frameKb', [1, 4, 16, 64, 256, 1024]), categorical('protocol', ['http/1', 'http/2', 'grpc']), real('keepAliveS', 0.1, 300, 'log')],
  isAllowed: always, noise: { sigma: 0.1, bursts: 0.12 },
  cost: (c) => {
    const [level, connections, frame] = [at(c, 'level'), at(c, 'connections'), at(c, 'frameKb')];
    const size = 700 * (0.25 + 0.75 * Math.exp(-level / 1.8));
    const setup = { 'http/1': 5, 'http/2': 2.5, grpc: 2 }[String(c.protocol)]!;
    const streams = { 'http/1': connections, 'http/2': connections * 6, grpc: connections * 8 }[String(c.protocol)]!;
    return size / 55 + 0.12 * 1.45 ** level + setup * (1 + 6 / at(c, 'keepAliveS')) + 40 / streams ** 0.8 + 0.035 * streams + Math.abs(Math.log2(frame / 32)) * 0.9;
  },
};

/** More than half of the space dies; what runs is an island and the best lies on its shore. */
const island: Surface = {
  name: 'island',
  space: [integer('memoryMb', 100, 20_000, 'log'), integer('workers', 1, 40), real('cacheShare', 0, 0.9), integer('stackKb', 16, 4096, 'log'), ordinal('batch', [1, 2, 4, 8, 16, 32, 64])],
  isAllowed: always, noise: USUAL,
  cost: (c) => {
    const [memory, workers, cache, stack, batch] = [at(c, 'memoryMb'), at(c, 'workers'), at(c, 'cacheShare'), at(c, 'stackKb'), at(c, 'batch')];
    if (memory * (1 - cache) < workers * (30 + 4 * batch + stack / 40) || stack < 40 + 6 * batch) return null;
    return 4 + queueMs(workers, (6 + batch) / batch ** 0.55, 0.8) + 14 * Math.exp((-3 * cache * memory) / 4000) + 0.0014 * memory + 0.004 * stack;
  },
};

/** A power limit under which a high clock is only a wish. */
const powerCap: Surface = {
  name: 'power cap',
  space: [ordinal('clockMhz', Array.from({ length: 30 }, (_, i) => 300 + 60 * i)), real('capW', 60, 320), integer('batch', 1, 128, 'log'), integer('instances', 1, 7)],
  isAllowed: always, noise: { sigma: 0.05, bursts: 0.06 },
  cost: (c) => {
    const [wish, cap, batch, instances] = [at(c, 'clockMhz') / 1000, at(c, 'capW'), at(c, 'batch'), at(c, 'instances')];
    const load = 1 - Math.exp(-(batch * instances) / 40);
    const reached = Math.min(wish, ((cap - 40) / (30 + 70 * load)) ** 0.45);
    const watts = 40 + (30 + 70 * load) * reached ** 2.2;
    const ms = (3 + 0.25 * batch * (1 + 0.15 * (instances - 1))) / reached;
    return (watts * ms) / (batch * instances ** 0.7) / 4 + 0.08 * ms * instances ** 0.3;
  },
};

/** Everything is flat until one knob passes its elbow. */
const elbow: Surface = {
  name: 'elbow',
  space: [real('rateLimit', 10, 10_000, 'log'), integer('pool', 1, 500, 'log'), integer('retries', 0, 8), real('backoff', 1, 4), integer('shards', 1, 32)],
  isAllowed: always, noise: { sigma: 0.05, bursts: 0.1 },
  cost: (c) => {
    const [rate, pool, shards] = [at(c, 'rateLimit'), at(c, 'pool'), at(c, 'shards')];
    const soft = (x: number): number => Math.log1p(Math.exp(4 * x)) / 4;
    return 10 + 6 * soft(Math.log(900 / rate)) + 5 * soft(Math.log(60 / pool)) + 2 * soft(Math.log(pool / 200)) + 3 * soft(Math.log(rate / 5000))
      + 0.08 * (shards - 11) ** 2 / (1 + 0.02 * (shards - 11) ** 2) + 0.3 * at(c, 'retries') * (at(c, 'backoff') - 1.6) ** 2;
  },
};

/** Eight knobs, each with a say, three of them together. */
const eight: Surface = {
  name: 'eight',
  space: [integer('a', 1, 20), integer('b', 1, 20), real('c', 0.1, 10, 'log'), ordinal('d', [1, 2, 4, 8, 16]), real('e', 0, 1), categorical('f', ['p', 'q']), integer('g', 0, 100), real('h', 1, 1000, 'log')],
  isAllowed: always, noise: USUAL,
  cost: (c) => 8 + 3 * Math.log((at(c, 'a') * at(c, 'b')) / 60) ** 2 + 2 * Math.abs(Math.log(at(c, 'c') / (0.3 + at(c, 'a') / 10))) + 1.2 * Math.abs(Math.log2(at(c, 'd') / 4)) +
    5 * (at(c, 'e') - 0.2) ** 2 + (c.f === 'q' ? 1.5 * at(c, 'e') : 0.6) + 0.0006 * (at(c, 'g') - 70) ** 2 + 0.25 * Math.log(at(c, 'h') / 30) ** 2,
};

/** A table with an entry for each of 6 × 6 × 5 × 4 settings, a sum of random bumps over smooth trends. */
const bumps: Surface = {
  name: 'bumps',
  space: [ordinal('w', [1, 2, 3, 4, 5, 6]), ordinal('x', [1, 2, 4, 8, 16, 32]), integer('y', 1, 5), categorical('z', ['a', 'b', 'c', 'd'])],
  isAllowed: (c) => at(c, 'w') * at(c, 'y') <= 20, noise: { sigma: 0.06, bursts: 0.08 },
  cost: (c) => {
    const random = createRandom('bumps-bench');
    const place = [at(c, 'w') / 6, Math.log2(at(c, 'x')) / 5, at(c, 'y') / 5, 'abcd'.indexOf(String(c.z)) / 8];
    let sum = 0;
    for (let i = 0; i < 12; i++) {
      const centre = place.map(() => random.next());
      const height = random.normal();
      sum += height * Math.exp(-place.reduce((s, v, j) => s + ((v - centre[j]!) / 0.45) ** 2, 0));
    }
    return 12 + 5 * sum + 6 * (place[0]! - 0.6) ** 2 + 2 * place[1]!;
  },
};

const griewank: Surface = {
  name: 'griewank mixed',
  space: [real('x1', -6, 9), integer('x2', -8, 6), real('x3', -5, 8), integer('x4', -7, 9), ordinal('x5', [-5, -2, -1, 0, 1, 3, 6])],
  isAllowed: always, noise: { sigma: 0.05, bursts: 0.05 },
  cost: (c) => {
    const x = [1, 2, 3, 4, 5].map((i) => at(c, `x${i}`));
    return 3 + 0.12 * x.reduce((s, v) => s + v * v, 0) - x.reduce((product, v, i) => product * Math.cos(v / Math.sqrt(i + 1)), 1);
  },
};

const camel: Surface = {
  name: 'camel mixed',
  space: [real('x', -2, 2), integer('y', -10, 10), categorical('tilt', ['flat', 'left', 'right']), real('idle', 0, 1)],
  isAllowed: always, noise: USUAL,
  cost: (c) => {
    const [x, y] = [at(c, 'x'), at(c, 'y') / 10];
    const tilt = { flat: 0.4, left: 0.35 * x, right: -0.35 * x }[String(c.tilt)]!;
    return 4 + (4 - 2.1 * x ** 2 + x ** 4 / 3) * x ** 2 + x * y + 4 * (y ** 2 - 1) * y ** 2 + tilt;
  },
};

const styblinski: Surface = {
  name: 'styblinski mixed',
  space: [real('x1', -5, 5), real('x2', -5, 5), integer('x3', -5, 5), integer('x4', -5, 5), ordinal('x5', [-4, -3, -2, 0, 2, 3, 4])],
  isAllowed: always, noise: { sigma: 0.04, bursts: 0.06 },
  cost: (c) => 60 + [1, 2, 3, 4, 5].reduce((sum, i) => {
    const x = at(c, `x${i}`);
    return sum + (x ** 4 - 16 * x ** 2 + 5 * x) / 8;
  }, 0),
};

export const SECOND_SEEN_SET: readonly Surface[] = [
  generation, sockets, cascade, wire, island, powerCap, elbow, eight, bumps, griewank, camel, styblinski,
];
