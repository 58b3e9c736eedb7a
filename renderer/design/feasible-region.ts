import { brokenRule, feasibilityRules, type FeasibilityRule } from '../../main/domain/feasibility.ts';
import { listValues, type Parameter } from '../../main/domain/parameter.ts';
import { servingConfiguration } from '../../main/domain/serving-configuration.ts';
import type { Capacity } from '../../main/domain/machine.ts';
import type { StudySpec } from '../../main/domain/study-spec.ts';

export type NumberParameter = Exclude<Parameter, { kind: 'categorical' }>;

/** One axis of the plot: value ↔ share of its length, 0–1. */
export interface RegionAxis {
  readonly parameter: NumberParameter;
  readonly ticks: readonly number[];
  readonly toShare: (value: number) => number;
  readonly toValue: (share: number) => number;
}

/** A run of infeasible y shares in one column; `rule` is what rules its middle out. */
export interface HatchedSpan {
  readonly from: number;
  readonly to: number;
  readonly rule: FeasibilityRule;
}

export interface FeasibleRegion {
  readonly x: RegionAxis;
  readonly y: RegionAxis;
  /** Per column from left to right, the parts nothing can run in whatever the other parameters are. */
  readonly columns: readonly (readonly HatchedSpan[])[];
}

const ROWS = 48;
const REFINEMENTS = 12;

/** Where two parameters leave room for a feasible configuration, the others at their least demanding value. */
export function feasibleRegion(spec: StudySpec, capacity: Capacity, xName: string, yName: string, columnCount: number): FeasibleRegion {
  const x = axisOf(find(spec, xName));
  const y = axisOf(find(spec, yName));
  const rules = feasibilityRules(spec, { capacity });
  const mildest = Object.fromEntries(spec.space.filter((parameter): parameter is NumberParameter => parameter.kind !== 'categorical').map((parameter) => [parameter.name, leastDemanding(parameter)]));
  const ruleAt = (xShare: number, yShare: number): FeasibilityRule | null =>
    brokenRule(rules, servingConfiguration(spec, { ...mildest, [xName]: x.toValue(xShare), [yName]: y.toValue(yShare) }));
  const columns = Array.from({ length: columnCount }, (_, i) => spansOf((yShare) => ruleAt((i + 0.5) / columnCount, yShare)));
  return { x, y, columns };
}

function spansOf(ruleAt: (share: number) => FeasibilityRule | null): readonly HatchedSpan[] {
  const spans: HatchedSpan[] = [];
  let start: number | null = ruleAt(0) === null ? null : 0;
  for (let row = 1; row <= ROWS; row++) {
    const broken = ruleAt(row / ROWS) !== null;
    if (broken === (start !== null)) continue;
    const edge = refine(ruleAt, (row - 1) / ROWS, row / ROWS);
    if (start === null) start = edge;
    else {
      spans.push({ from: start, to: edge, rule: ruleAt((start + edge) / 2)! });
      start = null;
    }
  }
  if (start !== null) spans.push({ from: start, to: 1, rule: ruleAt(Math.min(1, (start + 1) / 2 + 1e-9)) ?? ruleAt(1)! });
  return spans;
}

/** The share between `low` and `high` at which the answer changes. */
function refine(ruleAt: (share: number) => FeasibilityRule | null, low: number, high: number): number {
  const atLow = ruleAt(low) === null;
  let [a, b] = [low, high];
  for (let i = 0; i < REFINEMENTS; i++) {
    const middle = (a + b) / 2;
    if ((ruleAt(middle) === null) === atLow) a = middle;
    else b = middle;
  }
  return (a + b) / 2;
}

/** Fewer and smaller replicas ask for less; a larger batch limit allows more. */
function leastDemanding(parameter: NumberParameter): number {
  const [low, high] = rangeOf(parameter);
  return parameter.name === 'maxBatchSize' ? high : low;
}

export function rangeOf(parameter: NumberParameter): readonly [number, number] {
  return parameter.kind === 'ordinal' ? [parameter.values[0]!, parameter.values.at(-1)!] : [parameter.low, parameter.high];
}

function find(spec: StudySpec, name: string): NumberParameter {
  return spec.space.find((parameter): parameter is NumberParameter => parameter.name === name && parameter.kind !== 'categorical')!;
}

/** Whole values get half a step of room at both ends; a log scale is straight in the logarithm. */
export function axisOf(parameter: NumberParameter): RegionAxis {
  let [low, high] = rangeOf(parameter);
  const log = parameter.scale === 'log' && low > 0;
  if (parameter.kind === 'integer' && !log && high - low <= 40) [low, high] = [low - 0.5, high + 0.5];
  if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - 0.5, high + 0.5];
  const toShare = (value: number): number => (log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low));
  const toValue = (share: number): number => (log ? low * (high / low) ** share : low + share * (high - low));
  return { parameter, ticks: ticksOf(parameter, low, high, log), toShare, toValue };
}

function ticksOf(parameter: NumberParameter, low: number, high: number, log: boolean): readonly number[] {
  const values = parameter.kind === 'real' ? null : (listValues(parameter) as readonly number[]);
  if (values && values.length <= 8) return values;
  if (log) {
    const decades = Array.from({ length: 13 }, (_, i) => 10 ** (i - 4)).filter((tick) => tick >= low && tick <= high);
    return decades.length >= 2 ? decades : [low, high];
  }
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? power;
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(10)));
}
