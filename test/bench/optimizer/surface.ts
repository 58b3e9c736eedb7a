import type { Configuration, Parameter } from '../../../main/domain/parameter.ts';
import { createRandom, type Random } from '../../../main/domain/random.ts';
import { decode, encode, sampleUniform, type SearchSpace } from '../../../main/domain/search-space.ts';
import type { Observation, Sampler, SamplerRequest } from '../../../main/optimizer/sampler.ts';

/** A made-up system: what a configuration costs, null where it crashes. */
export interface Surface {
  readonly name: string;
  readonly space: SearchSpace;
  readonly isAllowed: (configuration: Configuration) => boolean;
  /** Without noise. */
  readonly cost: (configuration: Configuration) => number | null;
  readonly noise: Noise;
}

/** Multiplicative, mean near 1: log-normal of `sigma`, and with chance `bursts` a Pareto tail (shape 2.5, at most fivefold). */
export interface Noise {
  readonly sigma: number;
  readonly bursts: number;
}

export const integer = (name: string, low: number, high: number, scale: 'linear' | 'log' = 'linear'): Parameter => ({
  kind: 'integer', name, low, high, scale,
});
export const real = (name: string, low: number, high: number, scale: 'linear' | 'log' = 'linear'): Parameter => ({
  kind: 'real', name, low, high, scale,
});
export const ordinal = (name: string, values: readonly number[]): Parameter => ({
  kind: 'ordinal', name, values: [...values], scale: 'linear',
});
export const categorical = (name: string, values: readonly string[]): Parameter => ({
  kind: 'categorical', name, values: [...values],
});

export function noisy({ sigma, bursts }: Noise, cost: number, random: Random): number {
  const burst = random.next() < bursts ? Math.min((1 - random.next()) ** (-1 / 2.5), 5) : 1;
  const factor = Math.exp(sigma * random.normal()) * burst;
  return cost < 0 ? cost / factor : cost * factor;
}

/** Mean response time of M/M/N by Erlang C, milliseconds; grows linearly with the overload beyond saturation. */
export function queueMs(servers: number, serviceMs: number, arrivalsPerMs: number): number {
  const offered = arrivalsPerMs * serviceMs;
  if (offered >= 0.97 * servers) return serviceMs * (12 + 20 * (offered / servers - 0.97));
  let blocking = 1;
  for (let k = 1; k <= servers; k++) blocking = (offered * blocking) / (k + offered * blocking);
  const waits = blocking / (1 - (offered / servers) * (1 - blocking));
  return serviceMs + (waits * serviceMs) / (servers - offered);
}

/**
 * Cost without noise of the sampler's recommendation after each of `checkpoints` trials; Infinity when it advises a crash.
 * `parallel` trials are under way at any time and finish in the order they were asked.
 */
export function recommendedCosts(
  surface: Surface, sampler: Sampler, seed: number, checkpoints: readonly number[], parallel = 1,
): readonly number[] {
  const root = createRandom(`${surface.name}-${seed}`);
  const noise = root.split('noise');
  const found: number[] = [];
  let observations: readonly Observation[] = [];
  let pending: readonly Configuration[] = [];
  const request = (): SamplerRequest => ({
    space: surface.space, observations, pending, isAllowed: surface.isAllowed, random: root,
    trialNumber: observations.length + pending.length + 1,
  });
  while (found.length < checkpoints.length) {
    const next = pending.length < parallel ? sampler.suggest(request()) : null;
    if (next !== null) {
      pending = [...pending, next.configuration];
      continue;
    }
    const [configuration, ...others] = pending;
    if (configuration === undefined) break;
    pending = others;
    const cost = surface.cost(configuration);
    const seen = cost === null ? null : noisy(surface.noise, cost, noise.split(observations.length));
    observations = [...observations, { configuration, cost: seen, standardError: null }];
    if (observations.length === checkpoints[found.length]) found.push(advisedCost(surface, sampler, request()));
  }
  // A space tried to its end: its last advice stands.
  while (found.length < checkpoints.length) found.push(advisedCost(surface, sampler, request()));
  return found;
}

function advisedCost(surface: Surface, sampler: Sampler, request: SamplerRequest): number {
  const advised = sampler.recommend(request);
  return (advised === null ? null : surface.cost(advised)) ?? Infinity;
}

export interface Yardstick {
  readonly optimum: number;
  readonly median: number;
}

/** Scale of the regret: 0 at the optimum, 1 at the median random configuration; 20,000 draws, then steps from the best six. */
export function yardstick(surface: Surface): Yardstick {
  const random = createRandom(`yardstick-${surface.name}`);
  const costOf = (configuration: Configuration): number | null => (surface.isAllowed(configuration) ? surface.cost(configuration) : null);
  const drawn: { at: Configuration; cost: number }[] = [];
  while (drawn.length < 20_000) {
    const at = sampleUniform(surface.space, random);
    const cost = costOf(at);
    if (cost !== null) drawn.push({ at, cost });
  }
  drawn.sort((a, b) => a.cost - b.cost);
  let optimum = Infinity;
  for (const start of drawn.slice(0, 6)) optimum = Math.min(optimum, descend(surface, start, costOf, random));
  return { optimum, median: drawn[drawn.length / 2]!.cost };
}

const DESCENT_STEPS = 8000;

function descend(
  { space }: Surface, start: { at: Configuration; cost: number }, costOf: (configuration: Configuration) => number | null,
  random: Random,
): number {
  let { at, cost: best } = start;
  for (let step = 0; step < DESCENT_STEPS; step++) {
    const width = 0.3 * 0.01 ** (step / DESCENT_STEPS);
    const point = encode(space, at).map((u, j) => {
      if (random.next() < 0.5) return u;
      return space[j]!.kind === 'categorical' ? random.next() : Math.min(Math.max(u + width * random.normal(), 0), 1);
    });
    const next = decode(space, point);
    const cost = costOf(next);
    if (cost !== null && cost < best) [best, at] = [cost, next];
  }
  return best;
}

export function regret({ optimum, median }: Yardstick, cost: number): number {
  return Math.min((cost - optimum) / (median - optimum), 2);
}

export function isHit({ optimum }: Yardstick, cost: number): boolean {
  return cost - optimum <= 0.05 * Math.abs(optimum);
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 0 ? (sorted[middle - 1]! + sorted[middle]!) / 2 : sorted[Math.floor(middle)]!;
}
