import { decode, encode } from '../domain/search-space.ts';
import { openRegion } from './allowed-region.ts';
import { dimensionsOf, snapPoint } from './dimension.ts';
import { bestObserved, suggestRandom, trialStream } from './random-sampler.ts';
import type { Sampler, SamplerRequest, SamplerSuggestion } from './sampler.ts';

/**
 * With probability ε a random configuration, otherwise the best one exploited: a step from it in one parameter, two when
 * those are used up, since the same configuration again would only measure chance.
 */
export function epsilonGreedySampler(epsilon = 0.3): Sampler {
  return { name: 'epsilon-greedy', suggest: (request) => suggest(request, epsilon), recommend: bestObserved };
}

const MOST_TRIES = 200;

function suggest(request: SamplerRequest, epsilon: number): SamplerSuggestion | null {
  const random = trialStream(request);
  const best = bestObserved(request);
  if (best === null || random.split('coin').next() < epsilon) {
    const drawn = suggestRandom(request);
    return drawn && { ...drawn, reason: best === null ? 'Drawn at random: there is no best yet.' : `Drawn at random, as one in ${formatShare(epsilon)} is.` };
  }
  const { space } = request;
  const region = openRegion(request);
  const dimensions = dimensionsOf(space);
  const start = snapPoint(dimensions, encode(space, best));
  const steps = random.split('steps');
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const point = start.slice();
    for (let change = 0; change <= Math.floor(attempt / 60); change++) {
      const j = steps.integer(0, point.length - 1);
      const { kind, move } = dimensions[j]!;
      if (kind === 'categorical') point[j] = steps.next();
      else if (kind === 'grid') point[j] = move(point[j]!, (steps.next() < 0.5 ? -1 : 1) * steps.integer(1, 2 + Math.floor(attempt / 20)));
      else point[j] = Math.min(Math.max(point[j]! + 0.1 * steps.normal(), 0), 1);
    }
    const configuration = decode(space, [...point]);
    if (region.isOpen(configuration)) {
      return { configuration, origin: 'bayes', prediction: null, largestExpectedGain: null, reason: 'A step from the best so far.' };
    }
  }
  return suggestRandom(request);
}

function formatShare(epsilon: number): string {
  return epsilon > 0 ? String(Number((1 / epsilon).toPrecision(2))) : '∞';
}
