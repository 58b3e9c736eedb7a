import type { Configuration, Parameter } from '../../main/domain/parameter.ts';
import { createRandom, type Random } from '../../main/domain/random.ts';
import { sampleUniform, type SearchSpace } from '../../main/domain/search-space.ts';
import type { Observation, Sampler, SamplerRequest } from '../../main/optimizer/sampler.ts';

/** A made-up serving system: what a configuration costs, null where it crashes. Noise is multiplicative, sometimes heavy. */
export interface Surface {
  readonly name: string;
  readonly space: SearchSpace;
  readonly isAllowed: (configuration: Configuration) => boolean;
  /** Without noise. */
  readonly cost: (configuration: Configuration) => number | null;
}

const integer = (name: string, low: number, high: number, scale: 'linear' | 'log' = 'linear'): Parameter => ({
  kind: 'integer', name, low, high, scale,
});
const real = (name: string, low: number, high: number, scale: 'linear' | 'log' = 'linear'): Parameter => ({
  kind: 'real', name, low, high, scale,
});
const at = (configuration: Configuration, name: string): number => Number(configuration[name]);

/** Mean response time of M/M/N by Erlang C, milliseconds; grows linearly with the overload beyond saturation. */
function queueMs(servers: number, serviceMs: number, arrivalsPerMs: number): number {
  const offered = arrivalsPerMs * serviceMs;
  if (offered >= 0.97 * servers) return serviceMs * (12 + 20 * (offered / servers - 0.97));
  let blocking = 1;
  for (let k = 1; k <= servers; k++) blocking = (offered * blocking) / (k + offered * blocking);
  const waits = blocking / (1 - (offered / servers) * (1 - blocking));
  return serviceMs + (waits * serviceMs) / (servers - offered);
}

/** Replicas, CPU, memory, batch and time-out on a machine with 8 cores: batching pays, waiting does not, little memory crashes. */
export const BATCHING: Surface = {
  name: 'batching',
  space: [
    integer('replicas', 1, 8), real('cpuCores', 0.25, 4, 'log'), integer('memoryMb', 64, 2048, 'log'),
    integer('maxBatchSize', 1, 64, 'log'), real('batchTimeoutMicros', 50, 20_000, 'log'),
  ],
  isAllowed: (c) => at(c, 'replicas') * at(c, 'cpuCores') <= 8,
  cost: (c) => {
    const [n, cpu, memory] = [at(c, 'replicas'), at(c, 'cpuCores'), at(c, 'memoryMb')];
    const [batch, timeoutMs] = [at(c, 'maxBatchSize'), at(c, 'batchTimeoutMicros') / 1000];
    if (memory < 120 + 3 * batch) return null;
    const inFlight = 24;
    const filled = Math.min(batch, 1 + (inFlight / n) * Math.min(1, timeoutMs / 3));
    const workMs = (4 + 1.1 * filled) / cpu ** 0.8;
    const waitMs = filled < batch ? timeoutMs : 0.2 * timeoutMs;
    return queueMs(n, workMs / filled, 0.55) + workMs * (1 - 1 / filled) + waitMs + 0.6 * n;
  },
};

/** Listed batch sizes, a category of balancing, thread count: an interaction and a plateau. */
export const MIXED: Surface = {
  name: 'mixed',
  space: [
    integer('replicas', 1, 12), integer('threads', 1, 16),
    { kind: 'ordinal', name: 'batch', values: [1, 2, 4, 8, 16, 32, 64], scale: 'log' },
    { kind: 'categorical', name: 'balancing', values: ['round-robin', 'least-outstanding', 'random', 'first'] },
    real('share', 0.1, 1),
  ],
  isAllowed: () => true,
  cost: (c) => {
    const [n, threads, batch, share] = [at(c, 'replicas'), at(c, 'threads'), at(c, 'batch'), at(c, 'share')];
    if (threads * batch > 512) return null;
    const skew = { 'round-robin': 1.25, 'least-outstanding': 1, random: 1.5, first: 3 }[String(c.balancing)]!;
    const power = Math.min(n * share, 6);
    const contention = 1 + 0.04 * (n * threads - 24) ** 2 / 24 + 0.02 * n;
    return (30 * skew * contention) / (power * batch ** 0.35) + 1.5 * batch + 4 * (share - 0.55) ** 2;
  },
};

/** Energy against clock: two knobs matter, three do nothing. */
export const CLOCK: Surface = {
  name: 'clock',
  space: [
    real('clockMhz', 300, 2000), integer('batch', 1, 128, 'log'), real('idleA', 0, 1), integer('idleB', 1, 20), real('idleC', 1, 1000, 'log'),
  ],
  isAllowed: () => true,
  cost: (c) => {
    const [clock, batch] = [at(c, 'clockMhz') / 1000, at(c, 'batch')];
    const latency = (8 + 0.4 * batch) / (clock * batch ** 0.6);
    return latency * (1 + 0.9 * clock ** 3) + 3 * Math.abs(Math.log(batch / 12)) ** 1.5;
  },
};

export const SURFACES: readonly Surface[] = [BATCHING, MIXED, CLOCK];

/** Multiplicative noise around 1: 6 %, and now and then half as much again. */
export function noisy(cost: number, random: Random): number {
  const burst = random.next() < 0.08 ? 1 + 0.6 * random.next() : 1;
  return cost * Math.exp(0.06 * random.normal()) * burst;
}

/** Cost without noise of the sampler's recommendation after each of `checkpoints` trials. */
export function recommendedCosts(
  surface: Surface, sampler: Sampler, seed: number, checkpoints: readonly number[],
): readonly number[] {
  const root = createRandom(`${surface.name}-${seed}`);
  const noise = root.split('noise');
  const found: number[] = [];
  let observations: readonly Observation[] = [];
  const request = (): SamplerRequest => ({
    space: surface.space, observations, isAllowed: surface.isAllowed, random: root, trialNumber: observations.length + 1,
  });
  while (found.length < checkpoints.length) {
    const { configuration } = sampler.suggest(request())!;
    const cost = surface.cost(configuration);
    const seen = cost === null ? null : noisy(cost, noise.split(observations.length));
    observations = [...observations, { configuration, cost: seen, standardError: null }];
    if (observations.length === checkpoints[found.length]) {
      const advised = sampler.recommend(request());
      found.push((advised === null ? null : surface.cost(advised)) ?? Infinity);
    }
  }
  return found;
}

/** Scale of the regret: 0 at the optimum, 1 at the median random configuration. Both by 40,000 draws, then a local search. */
export function yardstick(surface: Surface): { readonly optimum: number; readonly median: number } {
  const random = createRandom(`yardstick-${surface.name}`);
  const costs: number[] = [];
  let best: { configuration: Configuration; cost: number } | null = null;
  const consider = (configuration: Configuration): number | null => {
    const cost = surface.isAllowed(configuration) ? surface.cost(configuration) : null;
    if (cost !== null && (best === null || cost < best.cost)) best = { configuration, cost };
    return cost;
  };
  while (costs.length < 40_000) {
    const cost = consider(sampleUniform(surface.space, random));
    if (cost !== null) costs.push(cost);
  }
  for (let round = 0; round < 4000; round++) {
    const changed = sampleUniform(surface.space, random);
    const name = surface.space[random.integer(0, surface.space.length - 1)]!.name;
    consider({ ...best!.configuration, [name]: changed[name]! });
  }
  costs.sort((a, b) => a - b);
  return { optimum: best!.cost, median: costs[costs.length / 2]! };
}

export function regret({ optimum, median }: { readonly optimum: number; readonly median: number }, cost: number): number {
  return Math.min((cost - optimum) / (median - optimum), 2);
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 0 ? (sorted[middle - 1]! + sorted[middle]!) / 2 : sorted[Math.floor(middle)]!;
}
