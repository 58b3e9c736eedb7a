import type { Configuration } from '../../../main/domain/parameter.ts';
import { createRandom } from '../../../main/domain/random.ts';
import { categorical, integer, ordinal, queueMs, real, type Noise, type Surface } from './surface.ts';

/**
 * Surfaces no default was chosen on, of other structures than those of the tuning set and of the two seen sets. Looked at
 * once; whoever changes a default because of a figure from here moves the set over to those and makes a new one.
 */
const at = (configuration: Configuration, name: string): number => Number(configuration[name]);
const USUAL: Noise = { sigma: 0.06, bursts: 0.08 };
const always = (): boolean => true;

/** A small model drafts several tokens, a large one checks them at once. */
const speculation: Surface = {
  name: 'speculation',
  space: [integer('draftLength', 0, 12), categorical('draft', ['tiny', 'small', 'medium']), integer('batch', 1, 64, 'log'), real('memoryShare', 0.4, 0.95), integer('streams', 1, 6)],
  isAllowed: always, noise: USUAL,
  cost: (c) => {
    const [k, batch, share, streams] = [at(c, 'draftLength'), at(c, 'batch'), at(c, 'memoryShare'), at(c, 'streams')];
    const { gb, ms, right } = { tiny: { gb: 0.5, ms: 0.5, right: 0.58 }, small: { gb: 1.6, ms: 1.1, right: 0.72 }, medium: { gb: 4, ms: 2.6, right: 0.81 } }[String(c.draft)]!;
    if (24 * share < 14 + gb + 0.09 * batch * streams) return null;
    const accepted = (1 - right ** (k + 1)) / (1 - right);
    const step = k * ms * (1 + 0.02 * batch) + 14 + 0.16 * batch * (k + 1) ** 0.7 + 0.8 * (streams - 1);
    return (step / accepted) * (1 + 3 / batch) * (1 + 0.5 / streams) + 6 * Math.max(share - 0.85, 0) * 10;
  },
};

/** Reading, decoding and computing overlap: the slowest one counts, the others hardly. */
const bottleneck: Surface = {
  name: 'bottleneck',
  space: [integer('readers', 1, 16), integer('decoders', 1, 24), real('cpuPerDecoder', 0.1, 2, 'log'), integer('prefetch', 1, 64, 'log'), ordinal('chunkMb', [1, 2, 4, 8, 16, 32, 64, 128]), categorical('memory', ['pinned', 'pageable'])],
  isAllowed: (c) => at(c, 'decoders') * at(c, 'cpuPerDecoder') <= 14, noise: USUAL,
  cost: (c) => {
    const [readers, decoders, cpu, prefetch, chunk] = [at(c, 'readers'), at(c, 'decoders'), at(c, 'cpuPerDecoder'), at(c, 'prefetch'), at(c, 'chunkMb')];
    const reading = (26 * (1 + 5 / chunk)) / Math.min(readers, 7) + 0.25 * readers;
    const decoding = 42 / (decoders * Math.min(cpu, 1) ** 0.9) + 0.1 * decoders;
    const computing = 4.4 + (c.memory === 'pinned' ? 0.3 : 1.9);
    return Math.max(reading, decoding, computing) + 0.12 * (reading + decoding + computing) + 5 / prefetch + 0.02 * prefetch * chunk ** 0.5;
  },
};

/** Requests beyond the queue are turned away: what waits against what is lost. */
const admission: Surface = {
  name: 'admission',
  space: [integer('queue', 1, 1000, 'log'), real('deadlineMs', 5, 2000, 'log'), integer('workers', 1, 24), real('cpu', 0.25, 3), real('hedge', 0, 1)],
  isAllowed: (c) => at(c, 'workers') * at(c, 'cpu') <= 18, noise: { sigma: 0.12, bursts: 0.1 },
  cost: (c) => {
    const [queue, deadline, workers, cpu, hedge] = [at(c, 'queue'), at(c, 'deadlineMs'), at(c, 'workers'), at(c, 'cpu'), at(c, 'hedge')];
    const service = 14 / Math.min(cpu, 1.6) ** 0.85;
    const wait = queueMs(workers, service * (1 + 0.25 * hedge), 0.55) - service;
    const waited = Math.min(wait, queue * service / workers, deadline);
    const lost = 1 / (1 + (queue / 9) ** 1.2) + Math.exp(-deadline / (service * 4)) + Math.max(wait - waited, 0) / (wait + 20);
    return service * (1 - 0.12 * hedge) + waited + 55 * lost + 0.25 * workers + 1.5 * cpu;
  },
};

/** Replicas come and go with the load: each start is slow, each idle one costs. */
const autoscaler: Surface = {
  name: 'autoscaler',
  space: [integer('least', 0, 10), integer('spread', 1, 20), real('target', 0.2, 0.98), real('cooldownS', 1, 900, 'log'), categorical('signal', ['cpu', 'queue', 'latency'])],
  isAllowed: always, noise: { sigma: 0.08, bursts: 0.12 },
  cost: (c) => {
    const [least, spread, target, cooldown] = [at(c, 'least'), at(c, 'spread'), at(c, 'target'), at(c, 'cooldownS')];
    const lag = { cpu: 1.5, queue: 0.7, latency: 1 }[String(c.signal)]!;
    const wanted = 5.2 / target;
    const n = Math.min(Math.max(wanted, least), least + spread);
    const load = Math.min(5.2 / n, 1.2);
    const starts = Math.max(wanted - least, 0) * (20 / (20 + cooldown)) + (least === 0 ? 3 : 0);
    return 9 + (load < 0.96 ? 3 * load ** 4 / (1 - load) : 75 + 150 * (load - 0.96)) + 2.2 * starts * lag + 1.1 * n * (1 + 0.15 * Math.log(cooldown)) + 2 * Math.abs(lag - 0.7) * target;
  },
};

/** Shards and copies of a table: too few of either does not fit or does not answer, too many talk too much. */
const shards: Surface = {
  name: 'shards',
  space: [integer('shards', 1, 48), integer('copies', 1, 6), integer('memoryMb', 256, 16_384, 'log'), ordinal('page', [4, 8, 16, 32, 64, 128, 256]), real('hotShare', 0, 0.6), integer('fanout', 1, 32, 'log')],
  isAllowed: (c) => at(c, 'shards') * at(c, 'copies') <= 96, noise: USUAL,
  cost: (c) => {
    const [n, copies, memory, page, hot, fanout] = [at(c, 'shards'), at(c, 'copies'), at(c, 'memoryMb'), at(c, 'page'), at(c, 'hotShare'), at(c, 'fanout')];
    if (memory * (1 - hot) < 26_000 / n + 2.5 * page) return null;
    const missing = Math.exp((-hot * memory) / 420);
    const hops = Math.ceil(n / fanout);
    return 5 + 1.1 * hops ** 0.8 + 0.12 * fanout + 9 * missing * (1 + page / 90) + 18 / (page + 6) + queueMs(copies, 2.4 * (1 + missing), 0.5) + 0.0007 * memory + 0.07 * n * copies ** 0.5;
  },
};

/** Faster clocks until it is too hot; then slower than before. */
const thermal: Surface = {
  name: 'thermal',
  space: [real('clockMhz', 210, 2100), integer('batch', 1, 96), real('fan', 0.2, 1), integer('instances', 1, 8), ordinal('voltage', [700, 750, 800, 850, 900, 950, 1000])],
  isAllowed: always, noise: { sigma: 0.05, bursts: 0.08 },
  cost: (c) => {
    const [clock, batch, fan, instances, volt] = [at(c, 'clockMhz') / 1000, at(c, 'batch'), at(c, 'fan'), at(c, 'instances'), at(c, 'voltage') / 1000];
    if (clock > 2.4 * volt - 0.15) return null;
    const busy = 1 - Math.exp(-batch * instances / 60);
    const watts = 30 + 230 * busy * clock * volt ** 2 / 1.3;
    const degrees = 32 + watts / (1.4 + 2.2 * fan);
    const reached = degrees > 83 ? clock * (1 - Math.min(0.022 * (degrees - 83), 0.6)) : clock;
    const ms = (4 + 0.42 * batch * instances ** 0.4) / reached;
    return (ms / (batch * instances ** 0.8)) * 22 + 0.05 * watts + 3.5 * fan ** 3 + 0.06 * ms;
  },
};

/** Two services call each other: only the ratio of their threads matters, and a breaker that opens too early. */
const mesh: Surface = {
  name: 'mesh',
  space: [integer('front', 1, 64, 'log'), integer('back', 1, 64, 'log'), real('breaker', 0.01, 0.9), integer('connections', 1, 200), integer('retries', 0, 6), real('jitterMs', 0.1, 500, 'log'), categorical('codec', ['json', 'proto', 'flat', 'raw'])],
  isAllowed: always, noise: { sigma: 0.07, bursts: 0.1 },
  cost: (c) => {
    const [front, back, breaker, connections, retries] = [at(c, 'front'), at(c, 'back'), at(c, 'breaker'), at(c, 'connections'), at(c, 'retries')];
    const codec = { json: 6, proto: 2, flat: 1.4, raw: 2.6 }[String(c.codec)]!;
    const total = Math.log((front * back) / 220);
    return 11 + 4.5 * Math.log(back / (2.6 * front)) ** 2 + 1.8 * total ** 2 + codec * (1 + 8 / (connections + 4)) + 9 * Math.exp(-breaker / 0.09) + 7 * breaker ** 2 + 0.02 * connections + 0.7 * Math.abs(retries - 2) + 0.15 * Math.abs(Math.log(at(c, 'jitterMs') / 12));
  },
};

/** Requests per joule, so costs are negative; large batches on small memory die. */
const perJoule: Surface = {
  name: 'per joule',
  space: [integer('batch', 1, 512, 'log'), ordinal('clockMhz', Array.from({ length: 24 }, (_, i) => 300 + 75 * i)), integer('replicas', 1, 6), categorical('precision', ['fp32', 'bf16', 'int8', 'int4']), real('memoryGb', 1, 40, 'log')],
  isAllowed: (c) => at(c, 'replicas') * at(c, 'memoryGb') <= 80, noise: USUAL,
  cost: (c) => {
    const [batch, clock, n, memory] = [at(c, 'batch'), at(c, 'clockMhz') / 1000, at(c, 'replicas'), at(c, 'memoryGb')];
    const { gb, quick } = { fp32: { gb: 8, quick: 1 }, bf16: { gb: 4, quick: 1.8 }, int8: { gb: 2.4, quick: 2.1 }, int4: { gb: 1.5, quick: 1.7 } }[String(c.precision)]!;
    if (memory < gb + (0.02 * batch * gb) / 4) return null;
    const rate = (n ** 0.75 * quick * 60 * batch) / ((9 / clock ** 0.8) * (1 + 0.035 * batch));
    const watts = 45 + 26 * n + 75 * clock ** 2.5 * n ** 0.5 + 0.5 * memory * n;
    return -rate / watts - 0.05;
  },
};

/** 5 × 6 × 4 × 4 × 3 measured values: trends, a random effect of each pair of settings, and some that do not run. */
const ledger: Surface = {
  name: 'ledger',
  space: [ordinal('batch', [1, 2, 8, 32, 128]), ordinal('threads', [1, 2, 4, 8, 12, 24]), integer('replicas', 1, 4), categorical('runtime', ['a', 'b', 'c', 'd']), ordinal('memoryGb', [1, 2, 8])],
  isAllowed: always, noise: USUAL,
  cost: (c) => {
    const values = [c.batch, c.threads, c.replicas, c.runtime, c.memoryGb].map(String);
    if (at(c, 'memoryGb') * 40 < at(c, 'batch') * at(c, 'replicas') ** 0.5 || (c.runtime === 'd' && at(c, 'threads') > 12)) return null;
    let rough = 0;
    for (let i = 0; i < values.length; i++) for (let j = 0; j < i; j++) rough += 0.07 * createRandom(`ledger-${i}-${j}-${values[i]}-${values[j]}`).normal();
    const [batch, threads, n] = [at(c, 'batch'), at(c, 'threads'), at(c, 'replicas')];
    const runtime = { a: 1.25, b: 1, c: 1.1, d: 0.92 }[String(c.runtime)]!;
    return Math.exp(rough) * runtime * (5 + 9 / Math.min(threads * n, 16) ** 0.8 + 0.3 * Math.max(threads * n - 16, 0) + 4 / batch ** 0.7 + 0.06 * batch);
  },
};

/** Sharp valleys at places of their own in each dimension (Michalewicz), two of them on a grid. */
const michalewicz: Surface = {
  name: 'michalewicz mixed',
  space: [real('x1', 0, 3.14), real('x2', 0, 3.14), integer('x3', 0, 30), ordinal('x4', [0.2, 0.6, 1, 1.4, 1.7, 1.92, 2.2, 2.6, 3])],
  isAllowed: always, noise: { sigma: 0.04, bursts: 0.05 },
  cost: (c) => {
    const x = [at(c, 'x1'), at(c, 'x2'), at(c, 'x3') / 10, at(c, 'x4')];
    return 6 - x.reduce((sum, v, i) => sum + Math.sin(v) * Math.sin(((i + 1) * v * v) / Math.PI) ** 6, 0);
  },
};

/** A bowl with egg-box ripples (Rastrigin, gentle). */
const rastrigin: Surface = {
  name: 'rastrigin mixed',
  space: [real('x1', -4, 5), real('x2', -5, 3), integer('x3', -4, 5), integer('x4', -5, 4), categorical('x5', ['u', 'v', 'w'])],
  isAllowed: always, noise: USUAL,
  cost: (c) => 9 + { u: 1.5, v: 0, w: 3 }[String(c.x5)]! + [1, 2, 3, 4].reduce((sum, i) => {
    const x = at(c, `x${i}`);
    return sum + 0.5 * x * x + 2 * (1 - Math.cos(1.6 * Math.PI * x));
  }, 0),
};

/** A long bent valley (Dixon and Price). */
const dixonPrice: Surface = {
  name: 'dixon-price mixed',
  space: [real('x1', -4, 4), real('x2', -4, 4), integer('x3', -12, 12), real('x4', -4, 4), ordinal('x5', [-3, -1, -0.5, 0, 0.5, 1, 2, 3])],
  isAllowed: always, noise: USUAL,
  cost: (c) => {
    const x = [at(c, 'x1'), at(c, 'x2'), at(c, 'x3') / 4, at(c, 'x4'), at(c, 'x5')];
    let sum = (x[0]! - 1) ** 2;
    for (let i = 1; i < 5; i++) sum += (i + 1) * (2 * x[i]! ** 2 - x[i - 1]!) ** 2;
    return 30 + sum / 4;
  },
};

export const HOLDOUT_SET: readonly Surface[] = [
  speculation, bottleneck, admission, autoscaler, shards, thermal, mesh, perJoule, ledger, michalewicz, rastrigin, dixonPrice,
];
