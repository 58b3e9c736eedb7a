import type { Capacity } from '../domain/machine.ts';
import { fromCost } from '../domain/objective.ts';
import { encode } from '../domain/search-space.ts';
import type { LeftOut, StudyExplanation } from '../domain/suggestion.ts';
import { parameterImportance } from './importance.ts';
import { inObjectiveUnit, modelFor, requestFor, type AskOptions, type TaughtStudy } from './study-request.ts';
import { trialOf } from './study-sampler.ts';
import type { Surrogate } from './surrogate.ts';

const LEAST_TRIALS = 4;
const Z95 = 1.959964;

/** What the model of a study says about itself; null while fewer than four trials ran. */
export function explainStudy(study: TaughtStudy, capacity: Capacity, options: AskOptions = {}): StudyExplanation | null {
  const request = requestFor(study, capacity, options);
  const surrogate = modelFor(request);
  if (surrogate === null || surrogate.ranked.length < LEAST_TRIALS) return null;
  const { spec } = study;
  const configuration = surrogate.ranked[0]!.configuration;
  return {
    importance: parameterImportance(surrogate, spec.space.map(({ name }) => name), request.random),
    leaveOneOut: leaveOneOut(study, surrogate, request.observations),
    advised: {
      trial: trialOf(study, configuration)!, configuration,
      prediction: inObjectiveUnit(spec, surrogate.predict(encode(spec.space, configuration))),
    },
  };
}

function leaveOneOut(
  { spec, trials }: TaughtStudy, { fitted, toCost, trainedOn }: Surrogate, own: readonly Surrogate['trainedOn'][number][],
): StudyExplanation['leaveOneOut'] {
  const { process, training } = fitted;
  const numbers = new Map(trials.map((trial) => [trial.configuration, trial.number]));
  const left = process.leaveOneOut();
  const rows: LeftOut[] = [];
  let inside = 0;
  let errors = 0;
  const mine = trainedOn.flatMap((observation, i) => (own.includes(observation) ? [i] : []));
  const average = mine.reduce((sum, i) => sum + training.outputs[i]!, 0) / mine.length;
  const spread = mine.reduce((sum, i) => sum + (training.outputs[i]! - average) ** 2, 0);
  for (const i of mine) {
    const { mean, variance } = left[i]!;
    const noise = process.hyperparameters.noiseVariance + training.errorVariances[i]!;
    const sigma = Math.sqrt(variance + noise);
    const at = (z: number): number => fromCost(spec.objective, toCost(z));
    const ends = [at(mean - Z95 * sigma), at(mean + Z95 * sigma)];
    const z = training.outputs[i]!;
    if (Math.abs(z - mean) <= Z95 * sigma) inside++;
    errors += (z - mean) ** 2;
    rows.push({
      trial: numbers.get(trainedOn[i]!.configuration)!, observed: fromCost(spec.objective, trainedOn[i]!.cost!),
      mean: at(mean), low: Math.min(...ends), high: Math.max(...ends),
    });
  }
  return { trials: rows, coverage: inside / mine.length, skill: spread > 0 ? 1 - errors / spread : 0 };
}
