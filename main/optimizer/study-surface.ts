import { badInput } from '../domain/errors.ts';
import type { Capacity } from '../domain/machine.ts';
import { fromCost } from '../domain/objective.ts';
import type { Configuration } from '../domain/parameter.ts';
import { encode } from '../domain/search-space.ts';
import type { SurrogateSurface } from '../domain/suggestion.ts';
import { gridPositions } from './study-slice.ts';
import { modelFor, requestFor, type AskOptions, type TaughtStudy } from './study-request.ts';

/** Positions along each side; longer lists and continuous parameters are sampled. */
const SURFACE_POSITIONS = 25;

/** The model's mean over two numeric parameters with the others held at `at`; null while there is too little to learn from. */
export function surfaceForStudy(
  study: TaughtStudy, capacity: Capacity, parameters: readonly [string, string], at: Configuration, options: AskOptions = {},
): SurrogateSurface | null {
  const { spec } = study;
  const [across, up] = parameters.map((name) => {
    const found = spec.space.find((parameter) => parameter.name === name && parameter.kind !== 'categorical');
    if (found === undefined) throw badInput('parameters', name, spec.space.filter(({ kind }) => kind !== 'categorical').map((one) => one.name).join(', '));
    return found;
  });
  if (across === up) throw badInput('parameters', parameters.join(', '), 'two different parameters');
  const missing = spec.space.find(({ name }) => !parameters.includes(name) && at[name] === undefined);
  if (missing !== undefined) throw badInput(`at.${missing.name}`, undefined, 'a value for every searched parameter');
  const request = requestFor(study, capacity, options);
  const surrogate = modelFor(request);
  if (surrogate === null) return null;
  const [xs, ys] = [gridPositions(across!, SURFACE_POSITIONS).map(Number), gridPositions(up!, SURFACE_POSITIONS).map(Number)];
  const cells = ys.flatMap((y) => xs.map((x) => {
    const configuration = { ...at, [parameters[0]]: x, [parameters[1]]: y };
    const { mean } = surrogate.posterior(encode(spec.space, configuration));
    return { mean: fromCost(spec.objective, surrogate.toCost(mean)), feasible: request.isAllowed(configuration) };
  }));
  return { parameters, at, xs, ys, mean: cells.map(({ mean }) => mean), feasible: cells.map(({ feasible }) => feasible) };
}
