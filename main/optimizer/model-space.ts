import { listValues, type Configuration, type Parameter, type ParameterValue } from '../domain/parameter.ts';
import { contains, decode, encode, type SearchSpace } from '../domain/search-space.ts';
import { dimensionsOf, type Dimension } from './dimension.ts';
import type { Observation } from './sampler.ts';

/**
 * The cube the model works in: the searched space, widened where earlier trials lie outside its bounds, and one
 * coordinate for each quantity of the environment that differs between trials. Searching happens in the searched space;
 * the model takes each point along (`embed`).
 */
export interface ModelSpace {
  readonly dimensions: readonly Dimension[];
  /** Where a trial lies in the model, shape (m). */
  readonly place: (observation: Observation) => readonly number[];
  /** A point of the searched space's cube, shape (d), in the present environment, shape (m). */
  readonly embed: (point: ArrayLike<number>) => ArrayLike<number>;
}

const CONTEXT: Dimension = { kind: 'real', cells: Infinity, snap: (u) => u, move: (u) => u };

export function modelSpace(
  space: SearchSpace, trials: readonly Observation[], context: readonly number[] = [],
): ModelSpace {
  const outside = trials.filter(({ configuration }) => !contains(space, configuration));
  const wide = outside.length === 0 ? space : space.map((parameter) => widen(parameter, outside));
  const varying = context.flatMap((now, i) => (trials.some((trial) => (trial.context?.[i] ?? now) !== now) ? [i] : []));
  const present = varying.map((i) => context[i]!);
  const place = ({ configuration, context: its }: Observation): readonly number[] => [
    ...encode(wide, configuration), ...varying.map((i) => its?.[i] ?? context[i]!),
  ];
  const dimensions = [...dimensionsOf(wide), ...varying.map(() => CONTEXT)];
  if (outside.length === 0 && varying.length === 0) return { dimensions, place, embed: (point) => point };
  return {
    dimensions, place,
    embed: outside.length === 0
      ? (point) => Float64Array.from([...Array.from(point), ...present])
      : (point) => Float64Array.from([...encode(wide, decode(space, Array.from(point))), ...present]),
  };
}

/** The same parameter with bounds that include what was tried. */
function widen(parameter: Parameter, trials: readonly Observation[]): Parameter {
  const seen = trials.map(({ configuration }: { configuration: Configuration }) => configuration[parameter.name]);
  if (parameter.kind === 'categorical') {
    const more = seen.filter((value): value is string => typeof value === 'string' && !parameter.values.includes(value));
    return { ...parameter, values: [...parameter.values, ...new Set(more)] };
  }
  const numbers = seen.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
  if (parameter.kind === 'ordinal') {
    return { ...parameter, values: [...new Set([...parameter.values, ...numbers])].sort((a, b) => a - b) };
  }
  const { low, high, scale, step = parameter.kind === 'integer' ? 1 : undefined } = parameter;
  const legal = numbers.filter((value) => scale === 'linear' || value > 0);
  const wish = { low: Math.min(low, ...legal), high: Math.max(high, ...legal) };
  if (step === undefined) return { ...parameter, ...wish };
  const wideLow = low - Math.ceil((low - wish.low) / step - 1e-9) * step;
  // Steps below zero have no place on a log scale: such trials count as the lowest value.
  return { ...parameter, low: scale === 'log' && wideLow <= 0 ? low : wideLow, high: wish.high };
}

/** Whether every searched parameter has a value of its kind in this configuration, whatever the bounds. */
export function speaksOf(space: SearchSpace, configuration: Configuration): boolean {
  return space.every((parameter) => isOfKind(parameter, configuration[parameter.name]));
}

function isOfKind(parameter: Parameter, value: ParameterValue | undefined): boolean {
  if (parameter.kind === 'categorical') return typeof value === 'string';
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  return parameter.kind !== 'integer' || Number.isInteger(value) || listValues(parameter)?.includes(value) === true;
}
