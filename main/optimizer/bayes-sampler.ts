import { countConfigurations, decode } from '../domain/search-space.ts';
import { confidenceBound, logExpectedImprovement } from './acquisition/expected-improvement.ts';
import { maximise, type Candidate, type Landscape } from './acquisition/maximise.ts';
import { drawOpen, listConfigurations, openRegion } from './allowed-region.ts';
import type { Point } from './dimension.ts';
import { DEFAULT_FIT, type FitOptions } from './gp/fit.ts';
import { suggestRandom, suggestSobol, trialStream } from './random-sampler.ts';
import type { Sampler, SamplerRequest, SamplerSuggestion } from './sampler.ts';
import { encode } from '../domain/search-space.ts';
import { fitSurrogate, type Surrogate } from './surrogate.ts';

export type Acquisition =
  | { readonly kind: 'expected-improvement'; readonly xi: number }
  | { readonly kind: 'confidence-bound'; readonly beta: number };

export interface BayesOptions {
  /** `trials: null`: one more than there are parameters, at least 4. */
  readonly startup: { readonly kind: 'random' | 'sobol'; readonly trials: number | null };
  readonly acquisition: Acquisition;
  readonly fit: FitOptions;
}

export const DEFAULT_BAYES: BayesOptions = {
  startup: { kind: 'sobol', trials: null },
  acquisition: { kind: 'expected-improvement', xi: 1e-4 },
  fit: DEFAULT_FIT,
};

/** Start-up trials, then the configuration with the best acquisition under a Gaussian process. */
export function bayesSampler(options: BayesOptions = DEFAULT_BAYES): Sampler {
  const model = rememberLast((request) => fitRequest(request, options.fit));
  return {
    name: 'bayes',
    suggest: (request) => {
      if (request.trialNumber <= startupTrials(options, request)) {
        return options.startup.kind === 'random' ? suggestRandom(request) : suggestSobol(request);
      }
      const surrogate = model(request);
      return surrogate === null ? suggestRandom(request) : suggestByModel(request, surrogate, options.acquisition);
    },
    recommend: (request) => model(request)?.ranked[0]!.configuration ?? null,
  };
}

function startupTrials({ startup }: BayesOptions, { space }: SamplerRequest): number {
  return startup.trials ?? Math.max(space.length + 1, 4);
}

/** The model of everything observed. Its own stream depends on how much was observed, not on the trial asked for. */
export function fitRequest({ space, observations, random }: SamplerRequest, fit: FitOptions): Surrogate | null {
  return fitSurrogate(space, observations, fit, random.split(`fit-${observations.length}`));
}

function suggestByModel(request: SamplerRequest, surrogate: Surrogate, acquisition: Acquisition): SamplerSuggestion | null {
  const region = openRegion(request);
  const random = trialStream(request);
  const landscape: Landscape = {
    dimensions: surrogate.dimensions,
    score: (point) => score(surrogate, acquisition, point),
    isOpen: (point) => region.isOpen(decode(request.space, [...point])),
    centres: surrogate.ranked.map(({ point }) => point),
  };
  const candidates = isSmall(request) ? listAll(request, landscape) : maximise(landscape, random);
  const chosen = candidates[0];
  if (chosen === undefined) {
    const configuration = drawOpen(request, region, random);
    return configuration === null ? null : withPrediction(request, surrogate, configuration, []);
  }
  return withPrediction(request, surrogate, decode(request.space, [...chosen.point]), candidates);
}

function score(surrogate: Surrogate, acquisition: Acquisition, point: Point): number {
  const posterior = surrogate.posteriorAtCell(point);
  // A configuration that does not run gains nothing: EI is multiplied by the chance to run, here by its logarithm.
  const logChance = Math.log(Math.max(surrogate.chanceToRunAtCell(point), 1e-12));
  return acquisition.kind === 'expected-improvement'
    ? logExpectedImprovement(posterior, surrogate.best, acquisition.xi) + logChance
    : confidenceBound(posterior, acquisition.beta) + logChance;
}

function withPrediction(
  request: SamplerRequest, surrogate: Surrogate, configuration: SamplerSuggestion['configuration'],
  candidates: readonly Candidate[],
): SamplerSuggestion {
  const prediction = surrogate.predict(encode(request.space, configuration));
  const gains = candidates.slice(0, 8).map(({ point }) => surrogate.predict(point).expectedGain);
  return { configuration, origin: 'bayes', prediction, largestExpectedGain: Math.max(prediction.expectedGain, ...gains) };
}

const MOST_SCORED = 1500;

function isSmall({ space }: SamplerRequest): boolean {
  return countConfigurations(space) <= MOST_SCORED;
}

/** Small finite spaces are scored whole. */
function listAll({ space }: SamplerRequest, { isOpen, score }: Landscape): readonly Candidate[] {
  const candidates: Candidate[] = [];
  for (const configuration of listConfigurations(space)) {
    // Encoding rounds to cells.
    const point = Float64Array.from(encode(space, configuration));
    if (isOpen(point)) candidates.push({ point, score: score(point) });
  }
  return candidates.sort((a, b) => b.score - a.score);
}

/** Asking and advising need the same fit. It depends on nothing but the request, so the last one may be kept. */
function rememberLast<T>(compute: (request: SamplerRequest) => T): (request: SamplerRequest) => T {
  let last: { readonly request: SamplerRequest; readonly result: T } | null = null;
  return (request) => {
    if (
      last === null || last.request.observations !== request.observations || last.request.space !== request.space ||
      last.request.random !== request.random
    ) {
      last = { request, result: compute(request) };
    }
    return last.result;
  };
}
