import { badInput } from '../domain/errors.ts';
import type { Capacity } from '../domain/machine.ts';
import { fromCost } from '../domain/objective.ts';
import { countValues, listValues, type Configuration, type Parameter, type ParameterValue } from '../domain/parameter.ts';
import { decodeValue, encode } from '../domain/search-space.ts';
import type { StudySpec } from '../domain/study-spec.ts';
import type { SurrogateSlice } from '../domain/suggestion.ts';
import { modelFor, requestFor, type AskOptions, type TaughtStudy } from './study-request.ts';
import type { Surrogate } from './surrogate.ts';

/** Longer lists and continuous parameters are drawn as a curve through this many positions. */
const SLICE_POSITIONS = 61;

/** The model along `parameter` with the others held at `at`; null while there is too little to learn from. */
export function sliceForStudy(
  study: TaughtStudy, capacity: Capacity, parameter: string, at: Configuration, options: AskOptions = {},
): SurrogateSlice | null {
  const { spec } = study;
  const searched = spec.space.find(({ name }) => name === parameter);
  if (searched === undefined) throw badInput('parameter', parameter, spec.space.map(({ name }) => name).join(', '));
  const missing = spec.space.find(({ name }) => name !== parameter && at[name] === undefined);
  if (missing !== undefined) throw badInput(`at.${missing.name}`, undefined, 'a value for every searched parameter');
  const request = requestFor(study, capacity, options);
  const surrogate = modelFor(request);
  if (surrogate === null) return null;
  const positions = gridPositions(searched, SLICE_POSITIONS);
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
export function gridPositions(parameter: Parameter, most: number): readonly ParameterValue[] {
  if (countValues(parameter) <= most) return listValues(parameter) ?? [decodeValue(parameter, 0.5)];
  const spread = Array.from({ length: most }, (_, i) => decodeValue(parameter, i / (most - 1)));
  return [...new Set(spread)];
}
