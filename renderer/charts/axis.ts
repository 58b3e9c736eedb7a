import { formatCount } from '../../main/domain/format.ts';
import type { Axis, Tick } from './chart-value.ts';

const MOST_LABELS = 6;
/** Values that span at least this factor are shown on a log axis. */
const LOG_FROM = 4;
/** Bounds of a log axis move on this grid, so that marks do not crawl while values come in. */
const LOG_BOUNDS = [1, 1.5, 2, 3, 4, 5, 7];

interface AxisInput {
  readonly label: string;
  readonly unit: string;
  readonly values: readonly number[];
}

/** Round steps of 1, 2 or 5 times a power of ten; `fromZero` where lengths are compared. */
export function linearAxis({ label, unit, values, fromZero = false }: AxisInput & { readonly fromZero?: boolean }): Axis {
  let [low, high] = extent(values) ?? [0, 1];
  if (fromZero) [low, high] = [Math.min(low, 0), Math.max(high, 0)];
  if (low === high) {
    const spread = Math.abs(low) / 2 || 1;
    [low, high] = fromZero ? [low, high + spread] : [low - spread, high + spread];
  }
  const step = roundStep((high - low) / (MOST_LABELS - 2));
  const min = Math.floor(low / step + 1e-9) * step;
  const max = Math.ceil(high / step - 1e-9) * step;
  return { label, unit, scale: 'linear', min: tidy(min), max: tidy(max), ticks: stepTicks(min, max, step) };
}

/** Labels at 1-2-5; where fewer than two fit, round steps inside the range. Values must be above 0. */
export function logAxis({ label, unit, values }: AxisInput): Axis {
  const [low, high] = extent(values.filter((value) => value > 0)) ?? [1, 10];
  const min = below(low / 1.05);
  const max = above(high * 1.05);
  let ticks = decadeTicks(min, max, [1, 2, 5]);
  if (ticks.length > MOST_LABELS) ticks = decadeTicks(min, max, [1]);
  if (ticks.length > MOST_LABELS) ticks = thin(ticks);
  if (ticks.length < 2) {
    const step = roundStep((max - min) / (MOST_LABELS - 2));
    ticks = stepTicks(Math.ceil(min / step) * step, Math.floor(max / step) * step, step);
  }
  return { label, unit, scale: 'log', min, max, ticks };
}

/** Log where values span at least a factor of four and all are above 0; otherwise linear. */
export function measuredAxis(input: AxisInput): Axis {
  const range = extent(input.values);
  return range !== null && range[0] > 0 && range[1] / range[0] >= LOG_FROM ? logAxis(input) : linearAxis(input);
}

/** Whole numbers from `first` to at least `last`, labelled at the ends of round steps. */
export function countAxis(label: string, first: number, last: number): Axis {
  const most = Math.max(last, first + 1);
  const step = Math.max(1, roundStep((most - first) / (MOST_LABELS - 1)));
  const ticks: Tick[] = [tick(first)];
  for (let value = step; value <= most; value += step) if (value > first) ticks.push(tick(value));
  if (ticks.length > 2 && ticks[1]!.value - first < step / 2) ticks.splice(1, 1);
  return { label, unit: '', scale: 'linear', min: first, max: most, ticks };
}

/** Room below the lowest value for the rug and the label of the best. */
export function withFoot(values: readonly number[]): readonly number[] {
  if (values.length === 0) return values;
  const [low, high] = extent(values) ?? [0, 1];
  const isLog = low > 0 && high / low >= LOG_FROM;
  return [...values, isLog ? low / (high / low) ** 0.22 : Math.max(Math.min(low, 0), low - (high - low) * 0.25)];
}

export function tickText(value: number): string {
  if (Math.abs(value) >= 1000) return formatCount(value);
  return String(Number(value.toPrecision(6))).replace('-', '−');
}

function tick(value: number): Tick {
  return { value, text: tickText(value) };
}

function stepTicks(min: number, max: number, step: number): readonly Tick[] {
  const count = Math.round((max - min) / step);
  return Array.from({ length: count + 1 }, (_, i) => tick(tidy(min + i * step)));
}

function decadeTicks(min: number, max: number, factors: readonly number[]): readonly Tick[] {
  const ticks: Tick[] = [];
  for (let power = Math.floor(Math.log10(min)); power <= Math.log10(max); power++) {
    for (const factor of factors) {
      const value = tidy(factor * 10 ** power);
      if (value >= min && value <= max) ticks.push(tick(value));
    }
  }
  return ticks;
}

function thin(ticks: readonly Tick[]): readonly Tick[] {
  const every = Math.ceil(ticks.length / MOST_LABELS);
  return ticks.filter((_, i) => i % every === 0);
}

/** The smallest of 1, 2, 5 × 10ⁿ that is at least `rough`. */
function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= rough * (1 - 1e-9)) ?? 10;
  return tidy(factor * power);
}

function below(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = LOG_BOUNDS.findLast((candidate) => candidate * power <= value * (1 + 1e-9)) ?? 1;
  return tidy(factor * power);
}

function above(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = LOG_BOUNDS.find((candidate) => candidate * power >= value * (1 - 1e-9)) ?? 10;
  return tidy(factor * power);
}

function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

function extent(values: readonly number[]): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}
