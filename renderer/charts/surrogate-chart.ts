import { formatFixed, formatValue } from '../../main/domain/format.ts';
import { KNOBS, isKnobName } from '../../main/domain/knobs.ts';
import { bestTrial, type Study } from '../../main/domain/study.ts';
import { linearAxis, logAxis, measuredAxis, tickText } from './axis.ts';
import { describeTrial } from './describe-trial.ts';
import { objectiveScale, type ObjectiveScale } from './objective-scale.ts';
import { parameterLabel } from './parameter-axis.ts';
import { NO_RUG, type Annotation, type Axis, type ChartValue, type Mark, type Panel, type Point, type Series } from './chart-value.ts';
import type { Parameter } from '../../main/domain/parameter.ts';
import type { SurrogateSlice } from '../../main/domain/suggestion.ts';
import type { Trial } from '../../main/domain/trial.ts';

/**
 * The surrogate along one parameter: mean with ±1σ and ±2σ above, expected gain below on the same axis.
 * Infeasible stretches are hatched; the point the model chose next is marked.
 */
export function surrogateChart(study: Study, slice: SurrogateSlice, chosen: Trial | null): ChartValue {
  // A slice through another configuration says nothing about this trial.
  const next = chosen !== null && liesOn(study, chosen, slice) ? chosen : null;
  const scale = objectiveScale(study);
  const parameter = study.spec.space.find(({ name }) => name === slice.parameter)!;
  const positions = slice.positions.map((value, i) => (typeof value === 'number' ? value : i));
  const x = sliceAxis(parameter, positions);
  const title = 'What the model believes';
  const label = parameterLabel(slice.parameter);
  return {
    id: `model-${slice.parameter}`,
    title,
    finding: sliceFinding(study, slice),
    name: `Model of ${scale.label.toLowerCase()} over ${label} with uncertainty and expected gain.`,
    x,
    panels: [posteriorPanel(study, slice, positions, scale, next), gainPanel(slice, positions, scale, next)],
    describe: ({ index }) => describeTrial(study, study.trials[index]!, scale),
    table: () => ({
      head: [
        label + unitOf(slice.parameter), `Predicted mean (${scale.unit})`, `−2σ (${scale.unit})`, `−1σ (${scale.unit})`,
        `+1σ (${scale.unit})`, `+2σ (${scale.unit})`, `Expected gain (${scale.unit})`, 'Can run',
      ],
      rows: slice.positions.map((value, i) => [
        value, ...[slice.mean, slice.low2, slice.low1, slice.high1, slice.high2, slice.expectedGain].map((column) => column[i]! * scale.factor),
        slice.feasible[i] === true ? 'yes' : 'no',
      ]),
    }),
  };
}

function unitOf(name: string): string {
  const unit = isKnobName(name) ? KNOBS[name].unit : '';
  return unit === '' ? '' : ` (${unit})`;
}

function posteriorPanel(study: Study, slice: SurrogateSlice, positions: readonly number[], scale: ObjectiveScale, next: Trial | null): Panel {
  const line = (values: readonly number[]): readonly Point[] => values.map((value, i) => ({ x: positions[i]!, y: value * scale.factor }));
  const marks = nearbyTrials(study, slice, scale);
  const best = bestTrial(study)?.value;
  const level = best == null ? [] : [best * 0.97];
  const values = [...slice.mean, ...slice.low1, ...slice.high1, ...slice.high2, ...slice.low2.map((value) => Math.max(value, 0)), ...level].map((value) => value * scale.factor);
  const y = measuredAxis({ label: scale.label, unit: scale.unit, values: [...values, ...marks.flatMap((series) => (series.kind === 'points' ? series.marks.map((mark) => mark.y) : []))] });
  const floor = y.scale === 'log' ? y.min : -Infinity;
  const clip = (points: readonly Point[]): readonly Point[] => points.map((point) => ({ x: point.x, y: Math.max(point.y, floor) }));
  return {
    y,
    series: [
      { kind: 'band', role: 'bayes', label: '±2σ', low: clip(line(slice.low2)), high: line(slice.high2), opacity: 0.13 },
      { kind: 'band', role: 'bayes', label: '±1σ', low: clip(line(slice.low1)), high: line(slice.high1), opacity: 0.22 },
      { kind: 'line', role: 'bayes', label: 'predicted mean, ±1σ and ±2σ', points: line(slice.mean), stepped: false, dashed: false },
      ...marks,
      ...nextMark(next, slice, scale),
    ],
    annotations: [...infeasible(slice, positions), ...bestLevel(study, scale), ...nextLine(next, slice, true)],
    rug: NO_RUG,
    weight: 3.4,
  };
}

function gainPanel(slice: SurrogateSlice, positions: readonly number[], scale: ObjectiveScale, next: Trial | null): Panel {
  // A gain in the far tail of the normal law is none; it would only give the axis labels such as 5e−38.
  const least = Math.max(...slice.mean.map(Math.abs), 0) * LEAST_GAIN;
  const gains = slice.expectedGain.map((gain, i) => (slice.feasible[i] === false || gain < least ? 0 : gain * scale.factor));
  const y = gainAxis(gains, scale.unit);
  const points = gains.map((gain, i) => ({ x: positions[i]!, y: gain }));
  const feet = points.map(({ x }) => ({ x, y: 0 }));
  return {
    y,
    series: [
      { kind: 'band', role: 'acquisition', label: 'expected gain', low: feet, high: points, opacity: 0.25 },
      { kind: 'line', role: 'acquisition', label: 'expected gain', points, stepped: false, dashed: false },
    ],
    annotations: [...infeasible(slice, positions), ...nextLine(next, slice, false)],
    rug: NO_RUG,
    weight: 1,
  };
}

/** Share of the largest prediction below which a gain is drawn as none. */
const LEAST_GAIN = 1e-9;

/** Two labels are enough: none and the largest. */
function gainAxis(gains: readonly number[], unit: string): Axis {
  const axis = linearAxis({ label: 'Expected gain', unit, values: gains, fromZero: true });
  const largest = Math.max(...gains, 0);
  if (largest === 0) return { ...axis, ticks: [{ value: 0, text: '0' }] };
  return { ...axis, max: largest * 1.08, ticks: [{ value: 0, text: '0' }, { value: largest, text: shortNumber(largest) }] };
}

/** As many digits as fit beside an axis: 0.58, 0.0053, 6e−5. */
function shortNumber(value: number): string {
  if (value >= 0.001) return String(Number(value.toPrecision(2)));
  return value >= 0.0001 ? formatFixed(value, 4) : value.toExponential(0).replace('-', '−');
}

/** Measured trials that differ from the slice's configuration in this parameter alone, or nearly so, sit on it. */
function nearbyTrials(study: Study, slice: SurrogateSlice, scale: ObjectiveScale): readonly Series[] {
  const others = study.spec.space.filter(({ name }) => name !== slice.parameter);
  const near = study.trials.filter((trial) => trial.value !== null && trial.feasible && others.every((parameter) => isNear(parameter, trial, slice)));
  const marks = (keep: (trial: Trial) => boolean): readonly Mark[] =>
    near.filter(keep).map((trial) => ({ x: Number(trial.configuration[slice.parameter]), y: trial.value! * scale.factor, trial: trial.number, index: trial.number - 1 }));
  const best = study.incumbent;
  const series: readonly Series[] = [
    { kind: 'points', role: 'random', label: 'random', marks: marks(({ origin, number }) => origin === 'random' && number !== best), size: 'mark', hollow: false },
    { kind: 'points', role: 'bayes', label: 'Bayesian', marks: marks(({ origin, number }) => origin !== 'random' && number !== best), size: 'mark', hollow: false },
    { kind: 'points', role: 'best', label: 'best', marks: marks(({ number }) => number === best), size: 'star', hollow: false },
  ];
  return series.filter((one) => one.kind === 'points' && one.marks.length > 0);
}

function liesOn(study: Study, { configuration }: Trial, slice: SurrogateSlice): boolean {
  return study.spec.space.every(({ name }) => name === slice.parameter || configuration[name] === slice.at[name]);
}

function isNear(parameter: Parameter, trial: Trial, slice: SurrogateSlice): boolean {
  const value = trial.configuration[parameter.name];
  const at = slice.at[parameter.name];
  if (typeof value !== 'number' || typeof at !== 'number' || parameter.kind === 'categorical') return value === at;
  const [low, high] = parameter.kind === 'ordinal' ? [parameter.values[0]!, parameter.values[parameter.values.length - 1]!] : [parameter.low, parameter.high];
  if (parameter.scale === 'log') return Math.abs(Math.log(value / at)) <= Math.log(high / low) * 0.15;
  return Math.abs(value - at) <= (high - low) * 0.15;
}

function nextMark(next: Trial | null, slice: SurrogateSlice, { factor }: ObjectiveScale): readonly Series[] {
  if (next?.prediction == null) return [];
  const { mean, low, high } = next.prediction;
  const mark = { x: Number(next.configuration[slice.parameter]), y: mean * factor, low: low * factor, high: high * factor, trial: next.number, index: next.number - 1 };
  return [{ kind: 'points', role: 'accent', label: `trial ${next.number}`, marks: [mark], size: 'mark', hollow: true }];
}

function nextLine(next: Trial | null, slice: SurrogateSlice, named: boolean): readonly Annotation[] {
  if (next === null) return [];
  const x = Number(next.configuration[slice.parameter]);
  const numbers = slice.positions.filter((value) => typeof value === 'number');
  const side = x > ((numbers[0] ?? 0) + (numbers[numbers.length - 1] ?? 1)) / 2 ? 'left' : 'right';
  return [{ kind: 'vertical', x, role: 'accent', dashed: false, ...(named && { text: `trial ${next.number}` }), side }];
}

function bestLevel(study: Study, { factor, unit }: ObjectiveScale): readonly Annotation[] {
  const best = bestTrial(study);
  if (best?.value == null) return [];
  return [{ kind: 'horizontal', y: best.value * factor, role: 'best', dashed: true, text: `best so far ${formatValue(best.value * factor)} ${unit}`, at: 'start' }];
}

function infeasible(slice: SurrogateSlice, positions: readonly number[]): readonly Annotation[] {
  const regions: Annotation[] = [];
  for (let i = 0; i < positions.length; i++) {
    if (slice.feasible[i] !== false) continue;
    const from = i === 0 ? positions[0]! : (positions[i - 1]! + positions[i]!) / 2;
    while (i + 1 < positions.length && slice.feasible[i + 1] === false) i++;
    const to = i === positions.length - 1 ? positions[i]! : (positions[i]! + positions[i + 1]!) / 2;
    regions.push({ kind: 'region', from, to, fill: 'infeasible', text: 'cannot run' });
  }
  return regions;
}

function sliceAxis(parameter: Parameter, positions: readonly number[]): Axis {
  const label = parameterLabel(parameter.name);
  const unit = isKnobName(parameter.name) ? KNOBS[parameter.name].unit : '';
  const low = Math.min(...positions);
  const high = Math.max(...positions);
  if (parameter.kind === 'categorical') {
    const ticks = parameter.values.map((text, value) => ({ value, text }));
    return { label, unit, scale: 'linear', min: 0, max: Math.max(parameter.values.length - 1, 1), ticks };
  }
  const isLog = parameter.scale === 'log' && low > 0;
  const axis = (isLog ? logAxis : linearAxis)({ label, unit, values: [low, high] });
  const min = low;
  const max = high > low ? high : low + 1;
  const listed = parameter.kind === 'ordinal' && parameter.values.length <= 6 ? parameter.values.map((value) => ({ value, text: tickText(value) })) : null;
  return { ...axis, min, max, ticks: listed ?? axis.ticks.filter(({ value }) => value >= min - 1e-9 && value <= max + 1e-9) };
}

function sliceFinding(study: Study, slice: SurrogateSlice): string {
  const held = study.spec.space.filter(({ name }) => name !== slice.parameter).map(({ name }) => heldText(name, slice.at[name]));
  return `slice at ${held.slice(0, 3).join(', ')}`;
}

/** A value another parameter is held at, in few words. */
export function heldText(name: string, value: string | number | undefined): string {
  const text = typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value ?? '–');
  switch (name) {
    case 'replicas': return `${text} ${text === '1' ? 'replica' : 'replicas'}`;
    case 'maxBatchSize': return `batch ${text}`;
    case 'cpuCores': return `${text} cores`;
    case 'memoryMb': return `${text} MB`;
    case 'batchTimeoutMicros': return `${text} µs`;
    default: return `${parameterLabel(name)} ${text}`;
  }
}
