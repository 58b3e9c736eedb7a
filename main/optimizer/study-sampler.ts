import { badInput } from '../domain/errors.ts';
import { brokenRule, feasibilityRules } from '../domain/feasibility.ts';
import type { Capacity } from '../domain/machine.ts';
import { fromCost, toCost } from '../domain/objective.ts';
import { countValues, listValues, type Configuration, type Parameter, type ParameterValue } from '../domain/parameter.ts';
import { createRandom } from '../domain/random.ts';
import { contains, decodeValue, encode } from '../domain/search-space.ts';
import { servingConfiguration } from '../domain/serving-configuration.ts';
import { countFinished, type Study } from '../domain/study.ts';
import type { SamplerSpec, StudySpec } from '../domain/study-spec.ts';
import type { Suggestion, SurrogateSlice } from '../domain/suggestion.ts';
import type { Prediction, Trial } from '../domain/trial.ts';
import { bayesSampler, DEFAULT_BAYES, fitRequest } from './bayes-sampler.ts';
import { DEFAULT_FIT } from './gp/fit.ts';
import { randomSampler } from './random-sampler.ts';
import type { Observation, Sampler, SamplerRequest } from './sampler.ts';
import type { Surrogate } from './surrogate.ts';

/** Longer lists and continuous parameters are drawn as a curve through this many positions. */
const SLICE_POSITIONS = 61;
const LEAST_RUNS_FOR_A_MODEL = 2;

/** The configuration to run next; null when every allowed one of a finite space has been tried. */
export function suggestForStudy(study: Study, capacity: Capacity): Suggestion | null {
  const answer = samplerFor(study.spec.sampler).suggest(requestFor(study, capacity));
  if (answer === null) return null;
  const { configuration, origin, prediction, largestExpectedGain } = answer;
  return {
    configuration, origin, largestExpectedGain,
    prediction: prediction === null ? null : inObjectiveUnit(study.spec, prediction),
  };
}

/** What the model expects of any configuration of the space; null while there is too little to learn from. */
export function predictForStudy(study: Study, capacity: Capacity, configuration: Configuration): Prediction | null {
  if (!contains(study.spec.space, configuration)) {
    throw badInput('configuration', configuration, 'a legal value for every searched parameter');
  }
  const surrogate = modelFor(requestFor(study, capacity));
  return surrogate && inObjectiveUnit(study.spec, surrogate.predict(encode(study.spec.space, configuration)));
}

/** The model along `parameter` with the others held at `at`; null while there is too little to learn from. */
export function sliceForStudy(
  study: Study, capacity: Capacity, parameter: string, at: Configuration,
): SurrogateSlice | null {
  const { spec } = study;
  const searched = spec.space.find(({ name }) => name === parameter);
  if (searched === undefined) throw badInput('parameter', parameter, spec.space.map(({ name }) => name).join(', '));
  const missing = spec.space.find(({ name }) => name !== parameter && at[name] === undefined);
  if (missing !== undefined) throw badInput(`at.${missing.name}`, undefined, 'a value for every searched parameter');
  const request = requestFor(study, capacity);
  const surrogate = modelFor(request);
  if (surrogate === null) return null;
  const positions = slicePositions(searched);
  const rows = positions.map((position) => {
    const configuration = { ...at, [parameter]: position };
    const point = encode(spec.space, configuration);
    return { ...bands(spec, surrogate, point), feasible: request.isAllowed(configuration) };
  });
  return {
    parameter, at, positions,
    mean: rows.map(({ mean }) => mean),
    low1: rows.map(({ low1 }) => low1),
    high1: rows.map(({ high1 }) => high1),
    low2: rows.map(({ low2 }) => low2),
    high2: rows.map(({ high2 }) => high2),
    expectedGain: rows.map(({ expectedGain }) => expectedGain),
    feasible: rows.map(({ feasible }) => feasible),
  };
}

/** The first random configurations a fresh run of this spec will try, in order; fewer when the space has no more. */
export function firstConfigurations(spec: StudySpec, capacity: Capacity, count: number): readonly Configuration[] {
  const random = randomSampler();
  const most = Math.min(count, spec.sampler.kind === 'bayes' ? spec.sampler.startupTrials : spec.budget.trials);
  const tried: Configuration[] = [];
  while (tried.length < most) {
    const next = random.suggest({
      ...baseRequest(spec, capacity), observations: [], underWay: tried, trialNumber: tried.length + 1,
    });
    if (next === null) break;
    tried.push(next.configuration);
  }
  return tried;
}

/** What a study's trials teach. Aborted trials teach nothing; those outside a changed space are left out. */
export function observationsOf({ spec, trials }: Pick<Study, 'spec' | 'trials'>): readonly Observation[] {
  return trials
    .filter(({ state, configuration }) => (state === 'complete' || state === 'failed') && contains(spec.space, configuration))
    .map((trial) => observe(spec, trial));
}

function observe({ objective }: StudySpec, trial: Trial): Observation {
  const { configuration, measurement } = trial;
  if (trial.state !== 'complete' || !trial.feasible || trial.value === null) {
    return { configuration, cost: null, standardError: null };
  }
  const standardError = objective.metric === 'meanRoundTripMs' ? (measurement?.standardErrorMs ?? null) : null;
  return { configuration, cost: toCost(objective, trial.value), standardError };
}

function samplerFor(spec: SamplerSpec): Sampler {
  if (spec.kind === 'random') return randomSampler();
  return bayesSampler({
    ...DEFAULT_BAYES,
    startup: { kind: 'random', trials: spec.startupTrials },
    acquisition: { kind: spec.acquisition, xi: spec.xi },
  });
}

function baseRequest(spec: StudySpec, capacity: Capacity): Pick<SamplerRequest, 'space' | 'isAllowed' | 'random'> {
  const rules = feasibilityRules(spec, { capacity });
  return {
    space: spec.space,
    isAllowed: (configuration) => brokenRule(rules, servingConfiguration(spec, configuration)) === null,
    random: createRandom(spec.seed),
  };
}

function requestFor(study: Study, capacity: Capacity): SamplerRequest {
  return {
    ...baseRequest(study.spec, capacity),
    observations: observationsOf(study),
    underWay: study.trials.filter(({ state }) => state === 'running').map(({ configuration }) => configuration),
    trialNumber: countFinished(study) + 1,
  };
}

function modelFor(request: SamplerRequest): Surrogate | null {
  const ran = request.observations.filter(({ cost }) => cost !== null).length;
  return ran < LEAST_RUNS_FOR_A_MODEL ? null : fitRequest(request, DEFAULT_FIT);
}

function inObjectiveUnit({ objective }: StudySpec, prediction: Prediction): Prediction {
  const ends = [fromCost(objective, prediction.low), fromCost(objective, prediction.high)] as const;
  return {
    ...prediction, mean: fromCost(objective, prediction.mean), low: Math.min(...ends), high: Math.max(...ends),
  };
}

interface Bands {
  readonly mean: number;
  readonly low1: number;
  readonly high1: number;
  readonly low2: number;
  readonly high2: number;
  readonly expectedGain: number;
}

function bands({ objective }: StudySpec, surrogate: Surrogate, point: ArrayLike<number>): Bands {
  const { mean, variance } = surrogate.posterior(point);
  const sigma = Math.sqrt(variance);
  const at = (deviations: number): number => fromCost(objective, surrogate.toCost(mean + deviations * sigma));
  const flip = objective.direction === 'minimise' ? 1 : -1;
  return {
    mean: at(0), low1: at(-flip), high1: at(flip), low2: at(-2 * flip), high2: at(2 * flip),
    expectedGain: surrogate.predict(point).expectedGain,
  };
}

/** Every value of a short list; otherwise evenly spread over the range on the parameter's own scale. */
function slicePositions(parameter: Parameter): readonly ParameterValue[] {
  if (countValues(parameter) <= SLICE_POSITIONS) return listValues(parameter) ?? [decodeValue(parameter, 0.5)];
  const spread = Array.from({ length: SLICE_POSITIONS }, (_, i) => decodeValue(parameter, i / (SLICE_POSITIONS - 1)));
  return [...new Set(spread)];
}
