import { formatCount, formatPercent, formatValue } from '../../main/domain/format.ts';
import { metricValue } from '../../main/domain/measurement.ts';
import { METRICS, type MetricName } from '../../main/domain/metric.ts';
import { countValues, listValues, type Parameter } from '../../main/domain/parameter.ts';
import { linearAxis, measuredAxis, tickText } from './axis.ts';
import { objectiveScale } from './objective-scale.ts';
import { parameterAxis, parameterPlace } from './parameter-axis.ts';
import type { Axis } from './chart-value.ts';
import type { Study } from '../../main/domain/study.ts';
import type { Trial } from '../../main/domain/trial.ts';

/** Something every trial has or may have: what parallel coordinates stand on and brushes choose from. */
export interface TrialAxis {
  readonly key: string;
  /** What was chosen; otherwise what was measured. */
  readonly chosen: boolean;
  readonly axis: Axis;
  /** In the axis's unit; null where it was not measured. */
  readonly valueOf: (trial: Trial) => number | null;
  /** The only values there are, ascending; null for a continuous one. */
  readonly steps: readonly number[] | null;
  /** A value in words, without its unit. */
  readonly text: (value: number) => string;
}

/** Longer lists are brushed like continuous parameters. */
const MOST_STEPS = 200;

/** Searched parameters in their order, then the objective and what it costs. */
export function trialAxes(study: Study, trials: readonly Trial[] = study.trials): readonly TrialAxis[] {
  const { metric, second } = study.spec.objective;
  const others = [...new Set<MetricName>([...(second === undefined ? [] : [second.metric]), 'cpuCores'])].filter((name) => name !== metric);
  return [
    ...study.spec.space.map(ofParameter),
    ofObjective(study, trials),
    ...others.flatMap((name) => ofMetric(name, trials)),
  ];
}

/** 0–1 from the foot of the axis to its top. */
export function heightOf({ scale, min, max }: Axis, value: number): number {
  const share = scale === 'log' ? Math.log(value / min) / Math.log(max / min) : (value - min) / (max - min);
  return Math.min(Math.max(share, 0), 1);
}

export function valueAt({ scale, min, max }: Axis, height: number): number {
  return scale === 'log' ? min * (max / min) ** height : min + (max - min) * height;
}

/** The range drawn by hand as the values it takes in: a listed parameter goes to its outermost values within. */
export function brushRange({ axis, steps }: TrialAxis, from: number, to: number): { readonly low: number; readonly high: number } {
  const [low, high] = [valueAt(axis, Math.min(from, to)), valueAt(axis, Math.max(from, to))];
  if (steps === null) return { low: Number(low.toPrecision(4)), high: Number(high.toPrecision(4)) };
  const inside = steps.filter((value) => value >= low && value <= high);
  if (inside.length > 0) return { low: inside[0]!, high: inside[inside.length - 1]! };
  const middle = (Math.min(from, to) + Math.max(from, to)) / 2;
  const nearest = steps.reduce((best, value) => (Math.abs(heightOf(axis, value) - middle) < Math.abs(heightOf(axis, best) - middle) ? value : best));
  return { low: nearest, high: nearest };
}

/** "CPU per replica 0.80–1.32 cores" */
export function brushText(one: TrialAxis, { low, high }: { readonly low: number; readonly high: number }): string {
  const range = low === high ? one.text(low) : `${one.text(low)}–${one.text(high)}`;
  return `${one.axis.label} ${range} ${one.axis.unit}`.trim();
}

function ofParameter(parameter: Parameter): TrialAxis {
  const listed = countValues(parameter) <= MOST_STEPS ? listValues(parameter) : null;
  const axis = endToEnd(parameter);
  return {
    key: parameter.name, chosen: true, axis,
    valueOf: ({ configuration }) => (configuration[parameter.name] === undefined ? null : parameterPlace(parameter, configuration[parameter.name]!)),
    steps: listed === null ? null : listed.map((value) => parameterPlace(parameter, value)),
    text: (value) => (parameter.kind === 'categorical' ? (parameter.values[Math.round(value)] ?? '') : Number.isInteger(value) ? formatCount(value) : formatValue(value)),
  };
}

/** From the lowest to the highest allowed value, both labelled. */
function endToEnd(parameter: Parameter): Axis {
  const axis = parameterAxis(parameter);
  if (parameter.kind === 'categorical') return axis;
  const [min, max] = parameter.kind === 'ordinal' ? [parameter.values[0]!, parameter.values[parameter.values.length - 1]!] : [parameter.low, parameter.high];
  if (min === max) return axis;
  const inner = axis.ticks.filter(({ value }) => value > min && value < max);
  return { ...axis, min, max, ticks: [{ value: min, text: tickText(min) }, ...inner, { value: max, text: tickText(max) }] };
}

function ofObjective(study: Study, trials: readonly Trial[]): TrialAxis {
  const { label, unit, factor } = objectiveScale(study);
  const valueOf = ({ value }: Trial): number | null => (value === null ? null : value * factor);
  return { key: 'objective', chosen: false, axis: measuredAxis({ label, unit, values: numbers(trials, valueOf) }), valueOf, steps: null, text: formatValue };
}

function ofMetric(name: MetricName, trials: readonly Trial[]): readonly TrialAxis[] {
  const { label, unit } = METRICS[name];
  const valueOf = ({ measurement }: Trial): number | null => (measurement === null ? null : metricValue(measurement, name));
  const values = numbers(trials, valueOf);
  if (values.length === 0) return [];
  return [{ key: `measured-${name}`, chosen: false, axis: linearAxis({ label, unit, values, fromZero: true }), valueOf, steps: null, text: unit === '%' ? formatPercent : formatValue }];
}

function numbers(trials: readonly Trial[], valueOf: (trial: Trial) => number | null): readonly number[] {
  return trials.flatMap((trial) => valueOf(trial) ?? []);
}
