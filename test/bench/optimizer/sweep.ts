import type { Configuration } from '../../../main/domain/parameter.ts';
import { createRandom } from '../../../main/domain/random.ts';
import { bayesSampler } from '../../../main/optimizer/bayes-sampler.ts';
import type { Observation } from '../../../main/optimizer/sampler.ts';
import { integer, medianOf, noisy, ordinal, queueMs, real, regret, yardstick, type Surface, type Yardstick } from './surface.ts';

/**
 * What one model over a sweep is worth: the same search at eight concurrencies, each on its own and each with everything
 * the lower ones taught. Median regret of the advice over concurrencies 3 to 8 and all seeds:
 *   node test/bench/optimizer/sweep.ts [seeds]
 */
const CONCURRENCIES = [5, 10, 20, 30, 40, 50, 60, 70];
const FULL = 20;
const SEEDS = Number(process.argv[2] ?? 5);
const at = (configuration: Configuration, name: string): number => Number(configuration[name]);
const always = (): boolean => true;

/** Replicas, CPU, batch and time-out; the best of each moves with the requests in flight. */
const batching = (inFlight: number): Surface => ({
  name: `batching at ${inFlight}`,
  space: [integer('replicas', 1, 8), real('cpu', 0.25, 4, 'log'), integer('memoryMb', 64, 2048, 'log'), integer('batch', 1, 64, 'log'), real('timeoutMs', 0.05, 20, 'log')],
  isAllowed: (c) => at(c, 'replicas') * at(c, 'cpu') <= 8, noise: { sigma: 0.06, bursts: 0.08 },
  cost: (c) => {
    const [n, batch, timeout] = [at(c, 'replicas'), at(c, 'batch'), at(c, 'timeoutMs')];
    if (at(c, 'memoryMb') < 120 + 3 * batch) return null;
    const filled = Math.min(batch, 1 + (inFlight / n) * Math.min(1, timeout / 3));
    const workMs = (4 + 1.1 * filled) / at(c, 'cpu') ** 0.8;
    return queueMs(n, workMs / filled, 0.023 * inFlight) + workMs * (1 - 1 / filled) + (filled < batch ? timeout : 0.2 * timeout) + 0.6 * n;
  },
});

const translation = (inFlight: number): Surface => ({
  name: `translation at ${inFlight}`,
  space: [integer('replicas', 1, 12), real('cpu', 0.2, 0.8), ordinal('batch', [1, 2, 4, 8, 16, 32, 64, 128]), real('timeoutMs', 0.1, 10), real('clock', 0.3, 2)],
  isAllowed: always, noise: { sigma: 0.06, bursts: 0.08 },
  cost: (c) => {
    const [n, batch] = [at(c, 'replicas'), at(c, 'batch')];
    const filled = Math.min(batch, Math.max(1, inFlight / n));
    const rounds = Math.ceil(inFlight / (n * filled));
    const workMs = (14 + 3 * filled ** 0.9) / (at(c, 'clock') ** 0.7 * (at(c, 'cpu') / 0.4) ** 0.5);
    return rounds * workMs * (1 + 0.05 * n) + (filled < batch ? 1 : 0.1) * at(c, 'timeoutMs') + 4 * at(c, 'clock') ** 2 + 1.5 * n;
  },
});

const scales = new Map<string, Yardstick>();

function scaleOf(surface: Surface): Yardstick {
  const known = scales.get(surface.name) ?? yardstick(surface);
  scales.set(surface.name, known);
  return known;
}

/** Regret of the advice after each trial; 2 before there is one. */
function search(surface: Surface, concurrency: number, seed: number, trials: number, earlier: readonly Observation[]): { regrets: number[]; observations: readonly Observation[] } {
  const sampler = bayesSampler();
  const scale = scaleOf(surface);
  const random = createRandom(`${surface.name}-${seed}`);
  const context = [Math.log2(concurrency) / 8];
  let observations: readonly Observation[] = [];
  const regrets: number[] = [];
  while (observations.length < trials) {
    const request = { space: surface.space, observations, earlier, context, isAllowed: surface.isAllowed, random, trialNumber: observations.length + 1 };
    const { configuration } = sampler.suggest(request)!;
    const cost = surface.cost(configuration);
    observations = [...observations, { configuration, cost: cost === null ? null : noisy(surface.noise, cost, random.split(`noise-${observations.length}`)), standardError: null }];
    const advised = sampler.recommend({ ...request, observations });
    regrets.push(advised === null ? 2 : regret(scale, surface.cost(advised) ?? Infinity));
  }
  return { regrets, observations: observations.map((observation) => ({ ...observation, context })) };
}

const out = (line: string): void => void process.stdout.write(`${line}\n`);
out(`| regret at concurrencies 3 to 8, ${SEEDS} seeds | trial 1 | 3 | 5 | 10 | 20 |\n|---|---|---|---|---|---|`);
for (const [name, make] of Object.entries({ batching, translation })) {
  const rows: Record<'on its own' | 'one model', number[][]> = { 'on its own': [], 'one model': [] };
  for (let seed = 0; seed < SEEDS; seed++) {
    let earlier: readonly Observation[] = [];
    CONCURRENCIES.forEach((concurrency, level) => {
      if (level >= 2) rows['on its own'].push(search(make(concurrency), concurrency, seed, FULL, []).regrets);
      const shared = search(make(concurrency), concurrency, seed, level < 2 ? FULL : FULL / 2, earlier);
      if (level >= 2) rows['one model'].push(shared.regrets);
      earlier = [...earlier, ...shared.observations];
    });
  }
  for (const [how, runs] of Object.entries(rows)) {
    const cells = [1, 3, 5, 10, 20].map((trial) => (runs[0]!.length < trial ? '' : medianOf(runs.map((run) => run[trial - 1]!)).toFixed(3)));
    out(`| ${name}, ${how} | ${cells.join(' | ')} |`);
  }
}
