import type { Configuration } from '../domain/parameter.ts';
import { configurationKey, contains, countConfigurations, decode, encode } from '../domain/search-space.ts';
import { logBoundImprovement, logExpectedImprovement } from './acquisition/expected-improvement.ts';
import { expectedHypervolumeGain, frontOf } from './acquisition/hypervolume.ts';
import { maximise, type Candidate, type Landscape } from './acquisition/maximise.ts';
import { worthRepeating } from './acquisition/repeat.ts';
import { drawOpen, listConfigurations, openRegion } from './allowed-region.ts';
import { boxAround, isWithin, type Box, type Point } from './dimension.ts';
import { DEFAULT_FIT, PLAIN_FIT } from './gp/fit.ts';
import { suggestRandom, suggestSobol, trialStream } from './random-sampler.ts';
import type { Sampler, SamplerRequest, SamplerSuggestion } from './sampler.ts';
import { fitSurrogate, hasCost, type Surrogate, type SurrogateOptions } from './surrogate.ts';

export type Acquisition =
  | { readonly kind: 'expected-improvement'; readonly xi: number }
  | { readonly kind: 'confidence-bound'; readonly beta: number };

export interface BayesOptions extends SurrogateOptions {
  /** `trials: null`: one more than there are parameters, at least 4. */
  readonly startup: { readonly kind: 'random' | 'sobol'; readonly trials: number | null };
  readonly acquisition: Acquisition;
  /**
   * Every second trial looks around the advice, by confidence bound: the surroundings of the best are where a model of few
   * trials is wrong at the dearest, and the global search goes on in between. The idea of trust regions (Eriksson et al.
   * 2019, "TuRBO"), without giving up the rest. `halfWidth` in unit-cube units.
   */
  readonly local: { readonly halfWidth: number; readonly beta: number } | null;
  /** Measure a leading configuration again where that is worth more than a new one. */
  readonly repeats: boolean;
}

export const DEFAULT_BAYES: BayesOptions = {
  startup: { kind: 'sobol', trials: null },
  acquisition: { kind: 'expected-improvement', xi: 1e-4 },
  local: { halfWidth: 0.35, beta: 2 },
  repeats: false,
  fit: DEFAULT_FIT,
  classify: true,
  incumbent: 'posterior-mean',
  measurementError: 0.1,
};

/** A textbook search: plain Matérn kernel, outputs as they are, gain over the best observation. The report's has 25 random trials. */
export const PLAIN_BAYES: BayesOptions = {
  ...DEFAULT_BAYES, startup: { kind: 'random', trials: 5 }, acquisition: { kind: 'expected-improvement', xi: 1e-4 }, fit: PLAIN_FIT, incumbent: 'observed', local: null, measurementError: null,
};

/** Start-up trials, then the configuration with the best acquisition under a Gaussian process. */
export function bayesSampler(options: BayesOptions = DEFAULT_BAYES, name = 'bayes'): Sampler {
  const model = rememberLast((request) => fitRequest(request, options));
  return {
    name,
    suggest: (request) => {
      if (request.trialNumber <= startupTrials(options, request)) {
        return options.startup.kind === 'random' ? suggestRandom(request) : suggestSobol(request);
      }
      const surrogate = model(request);
      return surrogate === null ? suggestRandom(request) : suggestByModel(request, surrogate, options);
    },
    recommend: (request) => {
      const tried = model(request)?.ranked ?? [];
      if (tried.length === 0) return null;
      if (options.incumbent === 'posterior-mean') return tried[0]!.configuration;
      return tried.reduce((best, one) => (one.observedCost < best.observedCost ? one : best)).configuration;
    },
  };
}

/** Trials of other environments stand in for start-up trials. */
function startupTrials({ startup }: BayesOptions, { space, earlier = [] }: SamplerRequest): number {
  const wanted = startup.trials ?? Math.max(space.length + 1, 4);
  return Math.max(wanted - earlier.filter((trial) => hasCost(trial) && trial.context !== undefined).length, 0);
}

/** The model of everything observed. Its own stream depends on how much was observed, not on the trial asked for. */
export function fitRequest(request: SamplerRequest, options: SurrogateOptions): Surrogate | null {
  return fitSurrogate(request, options, request.random.split('fit'));
}

function suggestByModel(request: SamplerRequest, surrogate: Surrogate, options: BayesOptions): SamplerSuggestion | null {
  const first = surrogate.ranked.length === 0 ? bestOfEarlier(request, surrogate) : null;
  if (first !== null) {
    return { ...withPrediction(request, surrogate, first, []), reason: 'The best of what earlier trials taught, measured here first.' };
  }
  const region = openRegion(request);
  const random = trialStream(request);
  const search = (acquisition: Acquisition, within?: Box): readonly Candidate[] => {
    const landscape: Landscape = {
      dimensions: surrogate.dimensions,
      score: scoreOf(request, surrogate, { ...options, acquisition }),
      isOpen: (point) => region.isOpen(decode(request.space, [...point])),
      centres: surrogate.ranked.map(({ point }) => point),
      ...(within !== undefined && { within }),
    };
    return isSmall(request) ? listAll(request, landscape) : maximise(landscape, random);
  };
  const nearby = surroundingsToSearch(request, surrogate, options);
  const close = nearby === null ? undefined : search({ kind: 'confidence-bound', beta: nearby.beta }, nearby.box)[0];
  if (close !== undefined) {
    const prediction = surrogate.predict(close.point);
    return {
      configuration: decode(request.space, [...close.point]), origin: 'bayes', prediction, largestExpectedGain: null,
      reason: 'Near the best so far, where the model may still be wrong: every second trial looks there.',
    };
  }
  const candidates = search(options.acquisition);
  const again = options.repeats ? repeatIn(request, surrogate, candidates) : null;
  if (again !== null) return again;
  const chosen = candidates[0];
  if (chosen === undefined) {
    const configuration = drawOpen(request, region, random);
    return configuration === null ? null : withPrediction(request, surrogate, configuration, []);
  }
  return withPrediction(request, surrogate, decode(request.space, [...chosen.point]), candidates);
}

/** Null where the whole space is searched. */
function surroundingsToSearch(
  { trialNumber, observations }: SamplerRequest, { dimensions, ranked }: Surrogate, { local }: BayesOptions,
): { readonly box: Box; readonly beta: number } | null {
  const [best] = ranked;
  const hasTwoObjectives = observations.some(({ secondCost }) => secondCost !== undefined);
  if (local === null || best === undefined || hasTwoObjectives || trialNumber % 2 === 0) return null;
  return { box: boxAround(dimensions, best.point, local.halfWidth), beta: local.beta };
}

/** Never twice in a row: a run goes on. */
function repeatIn(
  request: SamplerRequest, surrogate: Surrogate, candidates: readonly Candidate[],
): SamplerSuggestion | null {
  const { observations, space, pending = [], isAllowed } = request;
  const keys = observations.map(({ configuration }) => configurationKey(space, configuration));
  const last = keys[keys.length - 1];
  if (candidates.length === 0 || keys.indexOf(last!) < keys.length - 1) return null;
  const again = worthRepeating(surrogate, candidates.map(({ point }) => point));
  if (again === null || !isAllowed(again.configuration)) return null;
  const key = configurationKey(space, again.configuration);
  if (pending.some((configuration) => configurationKey(space, configuration) === key)) return null;
  return {
    ...withPrediction(request, surrogate, again.configuration, candidates),
    reason: 'Measured again: it is among the best, and the model is less sure of it than a new configuration is worth.',
  };
}

function bestOfEarlier({ space, earlier = [], pending = [], observations, isAllowed }: SamplerRequest, surrogate: Surrogate): Configuration | null {
  const known = new Set([...pending, ...observations.map(({ configuration }) => configuration)].map((c) => configurationKey(space, c)));
  let best: { configuration: Configuration; mean: number } | null = null;
  for (const trial of earlier) {
    const { configuration } = trial;
    if (!hasCost(trial) || !contains(space, configuration) || !isAllowed(configuration)) continue;
    if (known.has(configurationKey(space, configuration))) continue;
    const { mean } = surrogate.posterior(encode(space, configuration));
    if (best === null || mean < best.mean) best = { configuration, mean };
  }
  return best && Object.fromEntries(space.map(({ name }) => [name, best.configuration[name]!]));
}

function scoreOf(request: SamplerRequest, surrogate: Surrogate, { acquisition, ...options }: BayesOptions): (point: Point) => number {
  // A configuration that does not run gains nothing: EI is multiplied by the chance to run, here by its logarithm.
  const logChance = (point: Point): number => Math.log(Math.max(surrogate.chanceToRunAtCell(point), 1e-12));
  const second = secondSurrogate(request, options);
  if (second !== null) {
    const front = frontOf(surrogate.ranked.map(({ point, mean }) => [mean, second.posterior(point).mean] as const));
    return (point) => {
      const gain = expectedHypervolumeGain(front, surrogate.posteriorAtCell(point), second.posteriorAtCell(point));
      return Math.log(Math.max(gain, 1e-300)) + logChance(point);
    };
  }
  if (acquisition.kind === 'confidence-bound') {
    return (point) => logBoundImprovement(surrogate.posteriorAtCell(point), surrogate.best, acquisition.beta) + logChance(point);
  }
  return (point) => logExpectedImprovement(surrogate.posteriorAtCell(point), surrogate.best, acquisition.xi) + logChance(point);
}

/** A model of its own for the second objective; null when there is only one. */
function secondSurrogate(request: SamplerRequest, options: SurrogateOptions): Surrogate | null {
  const observations = request.observations.filter((observation) => hasCost(observation) && observation.secondCost != null);
  if (observations.length < 2) return null;
  const costs = observations.map((observation) => ({ ...observation, cost: observation.secondCost!, standardError: null }));
  const data = { space: request.space, observations: costs, pending: request.pending };
  return fitSurrogate(data, options, request.random.split('fit-second'));
}

function withPrediction(
  request: SamplerRequest, surrogate: Surrogate, configuration: Configuration, candidates: readonly Candidate[],
): SamplerSuggestion {
  const prediction = surrogate.predict(encode(request.space, configuration));
  const gains = candidates.slice(0, 8).map(({ point }) => surrogate.predict(point).expectedGain);
  return {
    configuration, origin: 'bayes', prediction, largestExpectedGain: Math.max(prediction.expectedGain, ...gains),
    regretBound: regretBound(surrogate, candidates),
  };
}

/** One-sided 95 %: how far the advice's upper bound lies above the lowest lower bound anywhere (Makarova et al. 2022). */
function regretBound({ ranked, posterior, toCost }: Surrogate, candidates: readonly Candidate[]): number | null {
  if (ranked.length === 0) return null;
  const bound = (point: ArrayLike<number>, deviations: number): number => {
    const { mean, variance } = posterior(point);
    return toCost(mean + deviations * Math.sqrt(variance));
  };
  const points = [...ranked.slice(0, 10).map(({ point }) => point), ...candidates.slice(0, 8).map(({ point }) => point)];
  return Math.max(bound(ranked[0]!.point, 1.645) - Math.min(...points.map((point) => bound(point, -1.645))), 0);
}

const MOST_SCORED = 1500;

function isSmall({ space }: SamplerRequest): boolean {
  return countConfigurations(space) <= MOST_SCORED;
}

/** Small finite spaces are scored whole. */
function listAll({ space }: SamplerRequest, { isOpen, score, within }: Landscape): readonly Candidate[] {
  const candidates: Candidate[] = [];
  for (const configuration of listConfigurations(space)) {
    // Encoding rounds to cells.
    const point = Float64Array.from(encode(space, configuration));
    if (isWithin(point, within) && isOpen(point)) candidates.push({ point, score: score(point) });
  }
  return candidates.sort((a, b) => b.score - a.score);
}

/** Asking and advising need the same fit. It depends on nothing but the request, so the last one may be kept. */
function rememberLast<T>(compute: (request: SamplerRequest) => T): (request: SamplerRequest) => T {
  let last: { readonly request: SamplerRequest; readonly result: T } | null = null;
  return (request) => {
    if (
      last === null || last.request.observations !== request.observations || last.request.space !== request.space ||
      last.request.random !== request.random || last.request.earlier !== request.earlier || last.request.context !== request.context ||
      last.request.pending !== request.pending
    ) {
      last = { request, result: compute(request) };
    }
    return last.result;
  };
}
