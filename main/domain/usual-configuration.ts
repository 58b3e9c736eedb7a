import { KNOBS, isKnobName } from './knobs.ts';
import { decodeValue, type SearchSpace } from './search-space.ts';
import type { Configuration, Parameter, ParameterValue } from './parameter.ts';

/** What a server runs with when nobody turns a knob, as near as the search space allows: the baseline of a study. */
export function usualConfiguration(space: SearchSpace): Configuration {
  return Object.fromEntries(space.map((parameter) => [parameter.name, nearestUsual(parameter)]));
}

function nearestUsual(parameter: Parameter): ParameterValue {
  if (parameter.kind === 'categorical') return parameter.values[0]!;
  if (!isKnobName(parameter.name)) return decodeValue(parameter, 0.5);
  const { usual } = KNOBS[parameter.name];
  if (parameter.kind === 'ordinal') return parameter.values.reduce((best, value) => (Math.abs(value - usual) < Math.abs(best - usual) ? value : best));
  const held = Math.min(Math.max(usual, parameter.low), parameter.high);
  const step = parameter.step ?? (parameter.kind === 'integer' ? 1 : null);
  return step === null ? held : Number((parameter.low + Math.round((held - parameter.low) / step) * step).toPrecision(12));
}
