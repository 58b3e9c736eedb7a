import { decode, encode } from '../../../main/domain/search-space.ts';
import { expectedImprovement } from '../../../main/optimizer/acquisition/expected-improvement.ts';
import { openRegion } from '../../../main/optimizer/allowed-region.ts';
import type { Dimension } from '../../../main/optimizer/dimension.ts';
import { fitCosts, PLAIN_FIT } from '../../../main/optimizer/gp/fit.ts';
import { bestObserved, suggestRandom, trialStream } from '../../../main/optimizer/random-sampler.ts';
import type { Sampler } from '../../../main/optimizer/sampler.ts';
import { hasCost } from '../../../main/optimizer/surrogate.ts';

/**
 * The yardstick: Bayesian optimisation as usual packages do it out of the box (scikit-optimize, bayesian-optimization).
 *
 *   start         five random configurations
 *   inputs        unit cube, categories one-hot, whole numbers rounded only when a point is run
 *   outputs       standardised; a crash is given the worst cost seen
 *   model         one Gaussian process, Matérn 5/2 with a length scale per dimension, noise fitted, priors that hardly bind
 *   acquisition   expected improvement over the best observation, ξ = 0.01 standard deviations
 *   maximised     over 5,000 random allowed candidates
 *   advice        the best observation
 */
const STARTUP_TRIALS = 5;
const CANDIDATES = 5000;
const XI = 0.01;
const REAL: Dimension = { kind: 'real', cells: Infinity, snap: (u) => u, move: (u) => u };

export function textbookGp(): Sampler {
  return {
    name: 'textbook-gp',
    recommend: bestObserved,
    suggest: (request) => {
      const { space, observations, random, trialNumber } = request;
      const ran = observations.filter(hasCost);
      if (trialNumber <= STARTUP_TRIALS || ran.length === 0) return suggestRandom(request);
      const place = (at: readonly number[]): Float64Array => Float64Array.from(at.flatMap((u, j) => {
        const parameter = space[j]!;
        if (parameter.kind !== 'categorical') return [u];
        const { length } = parameter.values;
        return Array.from({ length }, (_, i) => (i === Math.floor(u * length) ? 1 : 0));
      }));
      const points = observations.map(({ configuration }) => place(encode(space, configuration)));
      const worst = Math.max(...ran.map(({ cost }) => cost!));
      const costs = observations.map((observation) => (hasCost(observation) ? observation.cost! : worst));
      const data = { dimensions: Array.from(points[0]!, () => REAL), points, costs, standardErrors: costs.map(() => null) };
      const { process, transform } = fitCosts(data, PLAIN_FIT, random.split('fit'));
      const best = transform.toModel(Math.min(...ran.map(({ cost }) => cost!)));
      const region = openRegion(request);
      const stream = trialStream(request);
      let chosen: { at: readonly number[]; gain: number } | null = null;
      for (let i = 0; i < CANDIDATES; i++) {
        const at = space.map(() => stream.next());
        const gain = expectedImprovement(process.posteriorAtCell(place(at)), best, XI);
        if ((chosen === null || gain > chosen.gain) && region.isOpen(decode(space, at))) chosen = { at, gain };
      }
      if (chosen === null) return suggestRandom(request);
      return { configuration: decode(space, chosen.at), origin: 'bayes', prediction: null, largestExpectedGain: null };
    },
  };
}
