import type { Random } from './random.ts';
import { countValues, isLegalValue, type Configuration, type Parameter, type ParameterValue } from './parameter.ts';

/**
 * Search space ↔ unit cube, in this file only. A coordinate is in [0, 1]:
 * integer and stepped values own equal-width cells and decode to the cell, encode to its centre;
 * ordinals by rank; categoricals by index; log scale by logarithm.
 */
export type SearchSpace = readonly Parameter[];
export type UnitPoint = readonly number[];

export function encode(space: SearchSpace, configuration: Configuration): UnitPoint {
  return space.map((parameter) => encodeValue(parameter, configuration[parameter.name]!));
}

export function decode(space: SearchSpace, point: UnitPoint): Configuration {
  return Object.fromEntries(space.map((parameter, i) => [parameter.name, decodeValue(parameter, point[i]!)]));
}

/** The nearest legal configuration in unit-cube terms: what the point would really be run as. */
export function snap(space: SearchSpace, point: UnitPoint): UnitPoint {
  return encode(space, decode(space, point));
}

export function sampleUniform(space: SearchSpace, random: Random): Configuration {
  return decode(space, space.map(() => random.next()));
}

export function contains(space: SearchSpace, configuration: Configuration): boolean {
  return space.every((parameter) => {
    const value = configuration[parameter.name];
    return value !== undefined && isLegalValue(parameter, value);
  });
}

/** Number of configurations, Infinity when any parameter is continuous. */
export function countConfigurations(space: SearchSpace): number {
  return space.reduce((product, parameter) => product * countValues(parameter), 1);
}

/** Same configuration, said as text: the key for "tried already". */
export function configurationKey(space: SearchSpace, configuration: Configuration): string {
  return space.map((parameter) => String(configuration[parameter.name])).join('|');
}

export function encodeValue(parameter: Parameter, value: ParameterValue): number {
  if (parameter.kind === 'categorical' || parameter.kind === 'ordinal') {
    const index = (parameter.values as readonly ParameterValue[]).indexOf(value);
    return (Math.max(index, 0) + 0.5) / parameter.values.length;
  }
  const count = countValues(parameter);
  if (count === 1) return 0.5;
  const { low, high, scale } = parameter;
  const number = Math.min(Math.max(Number(value), low), high);
  if (!Number.isFinite(count)) return fraction(number, low, high, scale);
  const edge = gridEdges(parameter, count);
  return fraction(Math.min(number, lastOnGrid(parameter, count)), edge.low, edge.high, scale);
}

export function decodeValue(parameter: Parameter, coordinate: number): ParameterValue {
  const u = Math.min(Math.max(coordinate, 0), 1);
  if (parameter.kind === 'categorical' || parameter.kind === 'ordinal') {
    return parameter.values[Math.min(Math.floor(u * parameter.values.length), parameter.values.length - 1)]!;
  }
  const { low, high, scale } = parameter;
  const count = countValues(parameter);
  if (count === 1) return low;
  if (!Number.isFinite(count)) return roundReal(interpolate(u, low, high, scale), low, high);
  return Number((low + gridIndex(parameter, count, u) * gridStep(parameter)).toPrecision(12));
}

/** Index of the value a coordinate decodes to, from 0; for a parameter with finitely many values. */
export function cellAt(parameter: Parameter, coordinate: number): number {
  const u = Math.min(Math.max(coordinate, 0), 1);
  const count = countValues(parameter);
  if (parameter.kind === 'categorical' || parameter.kind === 'ordinal') return Math.min(Math.floor(u * count), count - 1);
  return count === 1 ? 0 : gridIndex(parameter, count, u);
}

function gridIndex(parameter: Parameter & { kind: 'integer' | 'real' }, count: number, u: number): number {
  const edge = gridEdges(parameter, count);
  const index = Math.round((interpolate(u, edge.low, edge.high, parameter.scale) - parameter.low) / gridStep(parameter));
  return Math.min(Math.max(index, 0), count - 1);
}

function gridStep(parameter: Parameter & { kind: 'integer' | 'real' }): number {
  return parameter.step ?? 1;
}

/** The highest value a step reaches; `high` itself may lie between two steps. */
function lastOnGrid(parameter: Parameter & { kind: 'integer' | 'real' }, count: number): number {
  return parameter.low + (count - 1) * gridStep(parameter);
}

/** Half a cell beyond each end, so that the first and last value get a full cell; never to zero on a log scale. */
function gridEdges(parameter: Parameter & { kind: 'integer' | 'real' }, count: number): { low: number; high: number } {
  const { low, scale } = parameter;
  const half = gridStep(parameter) / 2;
  return { low: scale === 'log' ? Math.max(low - half, low / 2) : low - half, high: lastOnGrid(parameter, count) + half };
}

function fraction(value: number, low: number, high: number, scale: 'linear' | 'log'): number {
  return scale === 'log' ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

function interpolate(u: number, low: number, high: number, scale: 'linear' | 'log'): number {
  return scale === 'log' ? low * (high / low) ** u : low + u * (high - low);
}

/** Four significant digits are finer than any knob can be set; the configuration stays readable. */
function roundReal(value: number, low: number, high: number): number {
  return Math.min(Math.max(Number(value.toPrecision(4)), low), high);
}
