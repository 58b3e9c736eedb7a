import { usableCores } from '../../main/domain/feasibility.ts';
import { formatCount, formatFixed, formatValue } from '../../main/domain/format.ts';
import { KNOBS, type KnobName } from '../../main/domain/knobs.ts';
import { metricValue } from '../../main/domain/measurement.ts';
import { METRICS, type MetricName } from '../../main/domain/metric.ts';
import { describeConstraint } from '../../main/domain/objective.ts';
import { formatTuple, servingConfiguration } from '../../main/domain/serving-configuration.ts';
import { replicaCapacity, type Capacity } from '../../main/domain/machine.ts';
import type { Study } from '../../main/domain/study.ts';
import type { Trial } from '../../main/domain/trial.ts';
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
    goal: `${goalSymbol(metric, direction)}(${symbols.join(', ')})`,
    ranges: form.space.map((parameter, i) => ({ text: `${symbols[i]} ∈ ${rangeText(parameter)}`, path: `space.${i}` })),
    subjectTo: [
      ...(capacity
        ? [`${searched('replicas')} · ${searched('cpuCores')} ≤ ${usableCores(form.backend, capacity)}`, `${searched('replicas')} · ${searched('memoryMb')} ≤ ${formatCount(capacity.memoryMb)}`]
        : []),
      ...constraints.map(describeConstraint),
    ],
  };
}

function goalSymbol(metric: MetricName, direction: Draft['objective']['direction']): string {
  return `${direction === 'minimise' ? '−' : ''}${SYMBOLS[metric] ?? METRICS[metric].label.replace(/.*\((.*)\)/, '$1')}`;
}

/** The same with the numbers of one measured trial in it: "−ART(4, 1.20, 230) = −5.15 ms", "N · C = 4 · 1.20 = 4.80 ≤ 6". */
export function formulaOfTrial({ spec, runs }: Study, { configuration, value, measurement }: Trial): readonly string[] {
  if (value === null || measurement === null) return [];
  const { metric, direction, constraints } = spec.objective;
  const { replicas: n, cpuCores: c, memoryMb: m } = servingConfiguration(spec, configuration);
  const machine = runs[runs.length - 1]?.machine;
  const limits = machine === undefined ? null : replicaCapacity(machine);
  const sign = direction === 'minimise' ? '−' : '';
  return [
    `${goalSymbol(metric, direction)}${formatTuple(spec, configuration)} = ${sign}${formatValue(value)} ${METRICS[metric].unit}`,
    ...(limits === null ? [] : [
      `N · C = ${n} · ${Math.round(c * 1000) / 1000} = ${formatFixed(n * c, 2)} ≤ ${usableCores(spec.backend, limits)} cores`,
      `N · M = ${n} · ${formatCount(m)} = ${formatCount(n * m)} ≤ ${formatCount(limits.memoryMb)} MB`,
    ]),
    ...constraints.map((constraint) => {
      const seen = metricValue(measurement, constraint.metric);
      const met = seen !== null && (constraint.relation === 'at-most' ? seen <= constraint.bound : seen >= constraint.bound);
      return `${describeConstraint(constraint)}: ${seen === null ? 'not observed' : `${formatValue(seen)}${met ? '' : ', not met'}`}`;
    }),
  ];
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
