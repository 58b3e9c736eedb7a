import { usableCores } from '../../main/domain/feasibility.ts';
import { formatCount, formatFixed } from '../../main/domain/format.ts';
import { KNOBS, type KnobName } from '../../main/domain/knobs.ts';
import { METRICS, type MetricName } from '../../main/domain/metric.ts';
import { describeConstraint } from '../../main/domain/objective.ts';
import type { Capacity } from '../../main/domain/machine.ts';
import type { Draft } from '../state/draft.svelte.ts';

const SYMBOLS: Partial<Record<MetricName, string>> = { meanRoundTripMs: 'ART', throughputRps: 'X', inferenceTimeMs: 'AIT', cpuCores: 'CPU', memoryMb: 'RAM', errorShare: 'E' };

export interface Formula {
  /** "−ART(N, C, M, B, T)" */
  readonly goal: string;
  /** "N ∈ [1, 8]", one per searched parameter, with its place in the form. */
  readonly ranges: readonly { readonly text: string; readonly path: string }[];
  /** "N · C ≤ 6" and the conditions. */
  readonly subjectTo: readonly string[];
}

/** The optimisation problem with the current parameters and bounds filled in; shows the form as it is, faults included. */
export function formulaOf(form: Draft, capacity: Capacity | null): Formula {
  const symbols = form.space.map(({ name }) => KNOBS[name as KnobName]?.symbol ?? name);
  const { metric, direction, constraints } = form.objective;
  const searched = (name: KnobName): string => (form.space.some((parameter) => parameter.name === name) ? KNOBS[name].symbol : String(form.fixed[name] ?? KNOBS[name].usual));
  return {
    goal: `${direction === 'minimise' ? '−' : ''}${SYMBOLS[metric] ?? METRICS[metric].label.replace(/.*\((.*)\)/, '$1')}(${symbols.join(', ')})`,
    ranges: form.space.map((parameter, i) => ({ text: `${symbols[i]} ∈ ${rangeText(parameter)}`, path: `space.${i}` })),
    subjectTo: [
      ...(capacity
        ? [`${searched('replicas')} · ${searched('cpuCores')} ≤ ${usableCores(form.backend, capacity)}`, `${searched('replicas')} · ${searched('memoryMb')} ≤ ${formatCount(capacity.memoryMb)}`]
        : []),
      ...constraints.map(describeConstraint),
    ],
  };
}

function rangeText(parameter: Draft['space'][number]): string {
  if (parameter.kind === 'categorical') return `{${parameter.values.join(', ')}}`;
  if (parameter.kind !== 'ordinal') {
    const shown = (value: unknown): string => (typeof value !== 'number' ? '?' : parameter.name === 'cpuCores' ? formatFixed(value, 2) : String(value));
    return `[${shown(parameter.low)}, ${shown(parameter.high)}]`;
  }
  const { values } = parameter;
  return values.length <= 3 ? `{${values.join(', ')}}` : `{${values[0]} … ${values.at(-1)}}`;
}
