import { decode, type SearchSpace } from '../domain/search-space.ts';
import type { Random } from '../domain/random.ts';
import { openRegion } from './allowed-region.ts';
import { dimensionsOf } from './dimension.ts';
import { bestObserved, suggestRandom } from './random-sampler.ts';
import type { Sampler, SamplerRequest, SamplerSuggestion } from './sampler.ts';

/**
 * Every combination of evenly spread values, in an order shuffled by the seed, so that a run that ends early has looked
 * everywhere. When the grid is used up, one with nearly twice as many values per parameter follows.
 */
export function gridSampler(levels = 3): Sampler {
  return { name: 'grid', suggest: (request) => suggest(request, levels), recommend: bestObserved };
}

const MOST_LISTED = 100_000;
const MOST_REFINEMENTS = 6;

function suggest(request: SamplerRequest, levels: number): SamplerSuggestion | null {
  const region = openRegion(request);
  for (let round = 0, count = levels; round < MOST_REFINEMENTS; round++, count = 2 * count - 1) {
    const lists = gridLevels(request.space, count);
    const total = lists.reduce((product, list) => product * list.length, 1);
    if (total > MOST_LISTED) break;
    for (const index of shuffled(total, request.random.split(`grid-${count}`))) {
      const configuration = decode(request.space, pointAt(lists, index));
      if (!region.isOpen(configuration)) continue;
      return {
        configuration, origin: 'random', prediction: null, largestExpectedGain: null,
        reason: `From the grid of ${total} combinations, up to ${count} values per parameter.`,
      };
    }
  }
  return suggestRandom(request);
}

/** Positions per dimension: all cells of a short list or category, otherwise `count` from end to end. */
export function gridLevels(space: SearchSpace, count: number): readonly (readonly number[])[] {
  return dimensionsOf(space).map(({ kind, cells, snap }) => {
    const all = kind === 'categorical' || cells <= count;
    const positions = Array.from({ length: all ? cells : count }, (_, i) =>
      all ? (i + 0.5) / cells : snap(count === 1 ? 0.5 : i / (count - 1)),
    );
    return [...new Set(positions.map((u) => (all ? snap(u) : u)))];
  });
}

function pointAt(lists: readonly (readonly number[])[], index: number): number[] {
  let rest = index;
  return lists.map((list) => {
    const u = list[rest % list.length]!;
    rest = Math.floor(rest / list.length);
    return u;
  });
}

function shuffled(total: number, random: Random): readonly number[] {
  const order = Array.from({ length: total }, (_, i) => i);
  for (let i = total - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
