import { z } from 'zod';

/** One searched dimension. Bounds are inclusive. `log` scale needs positive bounds; `step` counts from `low`. */
const name = z.string().min(1).max(64);
const scale = z.enum(['linear', 'log']).default('linear');

const integerParameter = z.strictObject({
  kind: z.literal('integer'), name, low: z.int(), high: z.int(), step: z.int().positive().optional(), scale,
});
const realParameter = z.strictObject({
  kind: z.literal('real'), name, low: z.number(), high: z.number(), step: z.number().positive().optional(), scale,
});
/** Listed numbers with an order: the sampler works with their rank. Ascending, no duplicates. */
const ordinalParameter = z.strictObject({
  kind: z.literal('ordinal'), name, values: z.array(z.number()).min(1).max(1000), scale,
});
const categoricalParameter = z.strictObject({
  kind: z.literal('categorical'), name, values: z.array(z.string().min(1).max(64)).min(1).max(100),
});

export const parameterSchema = z
  .discriminatedUnion('kind', [integerParameter, realParameter, ordinalParameter, categoricalParameter])
  .superRefine((parameter, context) => {
    const refuse = (path: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [path], message });
    };
    if (parameter.kind === 'categorical') {
      if (new Set(parameter.values).size < parameter.values.length) refuse('values', 'each value once');
      return;
    }
    if (parameter.kind === 'ordinal') {
      if (parameter.values.some((value, i) => i > 0 && value <= parameter.values[i - 1]!)) {
        refuse('values', 'ascending values, each once');
      }
      if (parameter.scale === 'log' && parameter.values[0]! <= 0) refuse('values', 'values above 0 on a log scale');
      return;
    }
    if (parameter.low > parameter.high) refuse('high', `a highest value of at least ${parameter.low}`);
    if (parameter.scale === 'log' && parameter.low <= 0) refuse('low', 'a lowest value above 0 on a log scale');
    if (parameter.step !== undefined && parameter.step > parameter.high - parameter.low) {
      refuse('step', 'a step no larger than the range');
    }
  });

export type Parameter = z.infer<typeof parameterSchema>;
export type ParameterKind = Parameter['kind'];
export type ParameterValue = number | string;

/** An assignment of all parameters, searched and fixed alike. */
export type Configuration = Readonly<Record<string, ParameterValue>>;
export const configurationSchema = z.record(z.string(), z.union([z.number(), z.string()]));

/** The legal values of a discrete parameter in order, or null when it is continuous. */
export function listValues(parameter: Parameter): readonly ParameterValue[] | null {
  switch (parameter.kind) {
    case 'categorical':
    case 'ordinal':
      return parameter.values;
    case 'integer':
      return steps(parameter.low, parameter.high, parameter.step ?? 1);
    case 'real':
      return parameter.step === undefined ? null : steps(parameter.low, parameter.high, parameter.step);
  }
}

/** How many values a parameter can take; Infinity for a continuous one. */
export function countValues(parameter: Parameter): number {
  if (parameter.kind === 'categorical' || parameter.kind === 'ordinal') return parameter.values.length;
  const step = parameter.step ?? (parameter.kind === 'integer' ? 1 : undefined);
  if (step === undefined) return parameter.low === parameter.high ? 1 : Infinity;
  return Math.floor((parameter.high - parameter.low) / step + 1e-9) + 1;
}

export function isLegalValue(parameter: Parameter, value: ParameterValue): boolean {
  if (parameter.kind === 'categorical') return typeof value === 'string' && parameter.values.includes(value);
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if (parameter.kind === 'ordinal') return parameter.values.includes(value);
  if (value < parameter.low || value > parameter.high) return false;
  const step = parameter.step ?? (parameter.kind === 'integer' ? 1 : undefined);
  if (step === undefined) return true;
  const ratio = (value - parameter.low) / step;
  return Math.abs(ratio - Math.round(ratio)) < 1e-6;
}

function steps(low: number, high: number, step: number): readonly number[] {
  const count = Math.floor((high - low) / step + 1e-9) + 1;
  return Array.from({ length: count }, (_, i) => Number((low + i * step).toPrecision(12)));
}
