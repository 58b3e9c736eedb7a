import { drawOpen, openRegion } from './allowed-region.ts';
import type { Sampler, SamplerRequest, SamplerSuggestion } from './sampler.ts';
import { hasCost } from './surrogate.ts';
import { createSobol } from './sobol.ts';
import { decode } from '../domain/search-space.ts';

/** Every parameter uniform within its range, on its own scale; only what the machine allows, nothing twice. */
export function randomSampler(): Sampler {
  return { name: 'random', suggest: suggestRandom, recommend: bestObserved };
}

/** Scrambled Sobol points: as even as random ones are not (Owen 1998). */
export function sobolSampler(): Sampler {
  return { name: 'sobol', suggest: suggestSobol, recommend: bestObserved };
}

export function suggestRandom(request: SamplerRequest): SamplerSuggestion | null {
  const configuration = drawOpen(request, openRegion(request), trialStream(request));
  return configuration === null ? null : atRandom(configuration);
}

const MOST_SOBOL_TRIES = 4096;

/** The first point of the run's scrambled Sobol sequence that is open; uniform when there is none. */
export function suggestSobol(request: SamplerRequest): SamplerSuggestion | null {
  const region = openRegion(request);
  const sobol = createSobol(request.space.length, request.random.split('sobol'));
  // Trial t starts at point t − 1: a failed look-up costs a point, never a repeat.
  for (let i = request.trialNumber - 1; i < MOST_SOBOL_TRIES; i++) {
    const configuration = decode(request.space, [...sobol.point(i)]);
    if (region.isOpen(configuration)) return atRandom(configuration);
  }
  return suggestRandom(request);
}

/** A run's stream for one trial: a resumed run continues as the uninterrupted one would have. */
export function trialStream({ random, trialNumber }: SamplerRequest): SamplerRequest['random'] {
  return random.split(`trial-${trialNumber}`);
}

export function bestObserved({ observations }: SamplerRequest): SamplerSuggestion['configuration'] | null {
  const ran = observations.filter(hasCost);
  if (ran.length === 0) return null;
  return ran.reduce((best, observation) => (observation.cost! < best.cost! ? observation : best)).configuration;
}

function atRandom(configuration: SamplerSuggestion['configuration']): SamplerSuggestion {
  return { configuration, origin: 'random', prediction: null, largestExpectedGain: null };
}
