import { KNOBS, isKnobName } from '../../main/domain/knobs.ts';
import { linearAxis, logAxis, tickText } from './axis.ts';
import type { Axis } from './chart-value.ts';
import type { Parameter, ParameterValue } from '../../main/domain/parameter.ts';

export function parameterLabel(name: string): string {
  return isKnobName(name) ? KNOBS[name].label : name;
}

/** Where a value stands on its axis: categories by their place in the list, numbers as they are. */
export function parameterPlace(parameter: Parameter, value: ParameterValue): number {
  return parameter.kind === 'categorical' ? parameter.values.indexOf(String(value)) : Number(value);
}

/** The whole range of a parameter, with ticks at listed values where they fit. */
export function parameterAxis(parameter: Parameter): Axis {
  const label = parameterLabel(parameter.name);
  const unit = isKnobName(parameter.name) ? KNOBS[parameter.name].unit : '';
  if (parameter.kind === 'categorical') {
    return { label, unit, scale: 'linear', min: -0.5, max: parameter.values.length - 0.5, ticks: parameter.values.map((text, value) => ({ value, text })) };
  }
  if (parameter.kind === 'integer' && parameter.scale === 'linear' && parameter.high - parameter.low <= 12) {
    const all = Array.from({ length: parameter.high - parameter.low + 1 }, (_, i) => parameter.low + i);
    const every = Math.ceil(all.length / 6);
    return { label, unit, scale: 'linear', min: parameter.low - 0.4, max: parameter.high + 0.4, ticks: all.filter((_, i) => i % every === 0).map((value) => ({ value, text: tickText(value) })) };
  }
  const values = parameter.kind === 'ordinal' ? parameter.values : [parameter.low, parameter.high];
  const isLog = parameter.scale === 'log' && values[0]! > 0;
  const axis = (isLog ? logAxis : linearAxis)({ label, unit, values });
  if (parameter.kind !== 'ordinal' || values.length > 6) return axis;
  return { ...axis, ticks: values.map((value) => ({ value, text: tickText(value) })) };
}

const SHORT: Readonly<Record<string, string>> = { replicas: 'Replicas', cpuCores: 'CPU', memoryMb: 'Memory', maxBatchSize: 'Batch', batchTimeoutMicros: 'Timeout', batchThreads: 'Threads', gpuClockMhz: 'GPU' };

/** In a row of buttons or a narrow list. */
export function shortLabel(name: string): string {
  return SHORT[name] ?? name;
}
