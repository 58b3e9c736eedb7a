import { decode, encode } from '../domain/search-space.ts';
import type { Random } from '../domain/random.ts';
import { openRegion } from './allowed-region.ts';
import { dimensionsOf, type Dimension } from './dimension.ts';
import { bestObserved, suggestRandom, trialStream } from './random-sampler.ts';
import type { Sampler, SamplerRequest, SamplerSuggestion } from './sampler.ts';
import { hasCost } from './surrogate.ts';

/**
 * Tree-structured Parzen estimator (Bergstra et al. 2011, §4), each dimension on its own:
 *
 *   good, bad   the ⌈γ n⌉ trials of lowest cost and the others; what did not run is bad
 *   l, g        their densities per dimension: one kernel per trial and a uniform one, shape (d)
 *   next        of `draws` points drawn from l, the one with the largest Π_j l_j / g_j
 */
export interface TpeOptions {
  /** Random trials first. */
  readonly startupTrials: number;
  readonly gamma: number;
  readonly draws: number;
}

export const DEFAULT_TPE: TpeOptions = { startupTrials: 10, gamma: 0.2, draws: 64 };

export function tpeSampler(options: TpeOptions = DEFAULT_TPE): Sampler {
  return { name: 'tpe', suggest: (request) => suggest(request, options), recommend: bestObserved };
}

function suggest(request: SamplerRequest, { startupTrials, gamma, draws }: TpeOptions): SamplerSuggestion | null {
  const { space, observations, pending = [] } = request;
  const ran = observations.filter(hasCost).sort((a, b) => a.cost! - b.cost!);
  if (request.trialNumber <= startupTrials || ran.length < 2) return suggestRandom(request);
  const count = Math.max(1, Math.ceil(gamma * ran.length));
  const points = (list: typeof ran): readonly (readonly number[])[] => list.map(({ configuration }) => encode(space, configuration));
  const dimensions = dimensionsOf(space);
  const good = dimensions.map((dimension, j) => parzen(dimension, points(ran.slice(0, count)).map((point) => point[j]!)));
  // Pending trials count as bad, so that the next one goes elsewhere ("constant liar", Ginsbourger et al. 2010).
  const others = [
    ...points([...ran.slice(count), ...observations.filter((observation) => !hasCost(observation))]),
    ...pending.map((configuration) => encode(space, configuration)),
  ];
  const bad = dimensions.map((dimension, j) => parzen(dimension, others.map((point) => point[j]!)));
  const region = openRegion(request);
  const random = trialStream(request);
  let best: { configuration: SamplerSuggestion['configuration']; score: number } | null = null;
  for (let draw = 0; draw < draws; draw++) {
    const point = good.map((density) => density.draw(random));
    const configuration = decode(space, point);
    if (!region.isOpen(configuration)) continue;
    const at = encode(space, configuration);
    const score = at.reduce((sum, u, j) => sum + Math.log(good[j]!.density(u)) - Math.log(bad[j]!.density(u)), 0);
    if (best === null || score > best.score) best = { configuration, score };
  }
  if (best === null) return suggestRandom(request);
  return {
    configuration: best.configuration, origin: 'bayes', prediction: null, largestExpectedGain: null,
    reason: `Likely among the best ${count} and unlikely among the others, of ${draws} drawn.`,
  };
}

interface Parzen {
  density(u: number): number;
  draw(random: Random): number;
}

/** Normal kernels cut at the unit interval, as wide as the gap to the further neighbour; categories by smoothed counts. */
function parzen(dimension: Dimension, centres: readonly number[]): Parzen {
  const n = centres.length;
  if (dimension.kind === 'categorical') {
    const weight = (u: number): number => (1 + centres.filter((centre) => centre === u).length * dimension.cells) / (n + 1);
    return {
      density: weight,
      draw: (random) => {
        const pick = random.integer(0, n);
        return pick === n ? random.next() : centres[pick]!;
      },
    };
  }
  const sorted = [...centres].sort((a, b) => a - b);
  const least = Math.max(1 / Math.min(100, n + 2), dimension.kind === 'grid' ? 0.5 / dimension.cells : 0);
  const widths = sorted.map((u, i) => Math.min(Math.max(u - (sorted[i - 1] ?? 0), (sorted[i + 1] ?? 1) - u, least), 1));
  return {
    density: (u) =>
      (1 + sorted.reduce((sum, centre, i) => sum + Math.exp(-0.5 * ((u - centre) / widths[i]!) ** 2) / (widths[i]! * 2.5066), 0)) / (n + 1),
    draw: (random) => {
      const pick = random.integer(0, n);
      if (pick === n) return random.next();
      for (let attempt = 0; attempt < 20; attempt++) {
        const u = sorted[pick]! + widths[pick]! * random.normal();
        if (u >= 0 && u <= 1) return u;
      }
      return sorted[pick]!;
    },
  };
}
