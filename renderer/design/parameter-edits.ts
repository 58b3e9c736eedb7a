import { spreadClocks, type GpuClockList } from '../../main/domain/gpu.ts';
import { KNOBS, KNOB_NAMES, type KnobName } from '../../main/domain/knobs.ts';
import type { Parameter, ParameterKind } from '../../main/domain/parameter.ts';
import type { StudySpec } from '../../main/domain/study-spec.ts';

type NumberParameter = Exclude<Parameter, { kind: 'categorical' }>;

const order = (name: string): number => KNOB_NAMES.indexOf(name as KnobName);

/** Takes a knob into the search space, in the order of the knobs; `as` is what it was before it was switched off. */
export function searchKnob(spec: StudySpec, name: KnobName, as?: Parameter): StudySpec {
  const { [name]: _, ...fixed } = spec.fixed;
  const parameter = as ?? usualParameter(name, spec.fixed[name]);
  return { ...spec, fixed, space: [...spec.space, parameter].toSorted((a, b) => order(a.name) - order(b.name)) };
}

/** Clocks searched at first: enough to see the curve, few enough to read. */
const CLOCKS_AT_FIRST = 8;

/** Takes the GPU clock in with what the driver lists; `as` is what it was before, as far as the list still holds it. */
export function searchGpuClock(spec: StudySpec, list: GpuClockList, as?: Parameter): StudySpec {
  const before = as?.kind === 'ordinal' ? as.values.filter((mhz) => list.clocksMhz.includes(mhz)) : [];
  const values = before.length > 0 ? before : spreadClocks(list.clocksMhz, CLOCKS_AT_FIRST);
  return { ...searchKnob(spec, 'gpuClockMhz', { kind: 'ordinal', name: 'gpuClockMhz', values, scale: 'linear' }), gpuClocks: list };
}

/** Takes a knob out of the search space; it then always has one value. */
export function fixKnob(spec: StudySpec, name: KnobName): StudySpec {
  const parameter = spec.space.find((other) => other.name === name);
  const value = parameter ? middleOf(parameter, name) : KNOBS[name].usual;
  return { ...spec, space: spec.space.filter((other) => other.name !== name), fixed: { ...spec.fixed, [name]: value } };
}

/** Neither searched nor set: the knob runs at its usual value and its row goes. */
export function removeKnob(spec: StudySpec, name: KnobName): StudySpec {
  const { [name]: _, ...fixed } = spec.fixed;
  return { ...spec, fixed, space: spec.space.filter((other) => other.name !== name) };
}

/** The same range said another way. */
export function changeKind(parameter: Parameter, kind: ParameterKind): Parameter {
  if (parameter.kind === kind || parameter.kind === 'categorical' || kind === 'categorical') return parameter;
  const { name, scale } = parameter;
  if (kind === 'ordinal') return { kind, name, values: listFor(parameter), scale };
  const [low, high] = parameter.kind === 'ordinal' ? [parameter.values[0] ?? 1, parameter.values.at(-1) ?? 1] : [parameter.low, parameter.high];
  return kind === 'integer' ? { kind, name, low: Math.round(low), high: Math.round(high), scale } : { kind, name, low, high, scale };
}

/** The usual value where the range holds it, otherwise the nearer end. */
function middleOf(parameter: Parameter, name: KnobName): number {
  const { usual } = KNOBS[name];
  if (parameter.kind === 'categorical') return usual;
  if (parameter.kind !== 'ordinal') return Math.min(Math.max(usual, parameter.low), parameter.high);
  return parameter.values.reduce((best, value) => (Math.abs(value - usual) < Math.abs(best - usual) ? value : best), parameter.values[0] ?? usual);
}

function usualParameter(name: KnobName, around?: number): Parameter {
  const { usual, least, most, whole } = KNOBS[name];
  const centre = around ?? usual;
  const low = Math.max(least, centre / 4);
  const high = Math.min(most, Math.max(centre * 4, low));
  return whole
    ? { kind: 'integer', name, low: Math.max(least, Math.round(low)), high: Math.round(high), scale: 'linear' }
    : { kind: 'real', name, low, high, scale: 'linear' };
}

/** Every value of a short range; powers of two or five even steps of a long one. */
function listFor(parameter: NumberParameter): number[] {
  if (parameter.kind === 'ordinal') return [...parameter.values];
  const { kind, low, high } = parameter;
  if (kind === 'integer' && high - low < 10) return Array.from({ length: high - low + 1 }, (_, i) => low + i);
  const doubled: number[] = [];
  for (let value = Math.max(low, kind === 'integer' ? 1 : 0.001); value <= high && doubled.length < 12; value *= 2) doubled.push(Number(value.toPrecision(4)));
  if (doubled.length >= 3) return doubled;
  const even = Array.from({ length: 5 }, (_, i) => Number((low + ((high - low) * i) / 4).toPrecision(4)));
  return [...new Set(kind === 'integer' ? even.map(Math.round) : even)];
}
