import { badInput } from '../domain/errors.ts';
import type { Capacity } from '../domain/machine.ts';
import type { Configuration } from '../domain/parameter.ts';
import { configurationKey, contains, encode } from '../domain/search-space.ts';
import { startupTrialsOf, type StudySpec } from '../domain/study-spec.ts';
import type { Suggestion } from '../domain/suggestion.ts';
import type { Prediction } from '../domain/trial.ts';
import { randomSampler } from './random-sampler.ts';
import { baseRequest, inObjectiveUnit, modelFor, requestFor, samplerFor, type AskOptions, type TaughtStudy } from './study-request.ts';
import { suggestSobol } from './random-sampler.ts';

/** The configuration to run next; null when every allowed one of a finite space has been tried. */
export function suggestForStudy(study: TaughtStudy, capacity: Capacity, options: AskOptions = {}): Suggestion | null {
  const sampler = samplerFor(study.spec.sampler);
  const request = requestFor(study, capacity, options);
  const answer = sampler.suggest(request);
  if (answer === null) return null;
  const { configuration, origin, prediction, largestExpectedGain, regretBound = null, reason } = answer;
  const advised = prediction === null ? null : trialOf(study, sampler.recommend(request));
  return {
    configuration, origin, largestExpectedGain,
    prediction: prediction === null ? null : inObjectiveUnit(study.spec, prediction),
    ...(regretBound !== null && { regretBound }), ...(reason !== undefined && { reason }), ...(advised !== null && { advised }),
  };
}

/** Number of the first complete trial of this configuration. */
export function trialOf({ spec, trials }: TaughtStudy, configuration: Configuration | null): number | null {
  if (configuration === null) return null;
  const key = configurationKey(spec.space, configuration);
  const found = trials.find((trial) => trial.state === 'complete' && configurationKey(spec.space, trial.configuration) === key);
  return found?.number ?? null;
}

/** What the model expects of any configuration of the space; null while there is too little to learn from. */
export function predictForStudy(
  study: TaughtStudy, capacity: Capacity, configuration: Configuration, options: AskOptions = {},
): Prediction | null {
  if (!contains(study.spec.space, configuration)) {
    throw badInput('configuration', configuration, 'a legal value for every searched parameter');
  }
  const surrogate = modelFor(requestFor(study, capacity, options));
  return surrogate && inObjectiveUnit(study.spec, surrogate.predict(encode(study.spec.space, configuration)));
}

/** The first configurations a fresh run of this spec will try, in order; fewer when the space has no more or a model chooses. */
export function firstConfigurations(spec: StudySpec, capacity: Capacity, count: number): readonly Configuration[] {
  const { sampler } = spec;
  const random = randomSampler();
  const most = Math.min(count, startupTrialsOf(sampler) ?? spec.budget.trials);
  const tried: Configuration[] = [];
  while (tried.length < most) {
    const request = { ...baseRequest(spec, capacity), observations: [], pending: tried, trialNumber: tried.length + 1 };
    const next = sampler.kind === 'sobol' || (sampler.kind === 'bayes' && sampler.startup === 'sobol')
      ? suggestSobol(request)
      : sampler.kind === 'grid' ? samplerFor(sampler).suggest(request) : random.suggest(request);
    if (next === null) break;
    tried.push(next.configuration);
  }
  return tried;
}
