import { formatCount, formatInterval, formatPercent, formatValue, timeUnit } from './format.ts';
import { KNOBS, KNOB_NAMES, type KnobName } from './knobs.ts';
import { METRICS } from './metric.ts';
import { servingConfiguration } from './serving-configuration.ts';
import { variedAxis, type Sweep } from './sweep.ts';
import { toCost } from './objective.ts';
import type { TextTable } from './table-text.ts';
import type { Comparison, Contestant, Level } from './comparison.ts';

export interface TableOne extends TextTable {
  /** As shown: rounded to what the interval deserves, "–" for missing. Same shape as `rows`. */
  readonly shown: readonly (readonly string[])[];
  /** Value of what is varied, by row; marks the row in focus. */
  readonly values: readonly number[];
  /** First column of the configuration and first of the result: where rules are drawn. */
  readonly groups: readonly [number, number];
}

/**
 * Table 1 of the report with units: environment | best configuration found | its mean round trip and the gain over random.
 * The best of Bayesian search where there is a duel; of several seeds the best one.
 */
export function tableOne(sweep: Sweep, { levels }: Comparison): TableOne {
  const { base, vary, duel } = sweep.spec;
  const searched = new Set(base.space.map(({ name }) => name));
  const knobs = KNOB_NAMES.filter((name) => (searched.has(name) || name in base.fixed) && !(vary.kind === 'knob' && vary.knob === name));
  const { unit, label } = METRICS[base.objective.metric];
  const largest = Math.max(0, ...levels.map((level) => bestOf(level)?.best?.value ?? 0));
  const scale = unit === 'ms' ? timeUnit(largest || 1) : { unit, factor: 1 };
  const axis = variedAxis(vary);
  const head = [
    withUnit(vary.kind === 'concurrency' ? 'Concurrent' : axis.label, axis.unit), 'Items per request', ...knobs.map((name) => withUnit(SHORT[name] ?? KNOBS[name].label, KNOBS[name].unit)),
    withUnit(label, scale.unit), withUnit('± 95 %', scale.unit), ...(duel ? ['Gain (%)'] : []),
  ];
  const lines = levels.map((level) => lineOf(level, knobs, scale.factor, base.environment.requestBatchSize, duel));
  return { head, rows: lines.map(({ raw }) => raw), shown: lines.map(({ shown }) => shown), values: levels.map(({ value }) => value), groups: [2, 2 + knobs.length] };
}

const SHORT: Partial<Record<KnobName, string>> = { cpuCores: 'CPU', memoryMb: 'Memory', maxBatchSize: 'Max batch', batchTimeoutMicros: 'Timeout', batchThreads: 'Threads' };

function lineOf(level: Level, knobs: readonly KnobName[], factor: number, items: number, duel: boolean): { raw: (number | null)[]; shown: string[] } {
  const found = bestOf(level);
  const best = found?.best ?? null;
  const serving = best === null || found === null ? null : servingConfiguration(found.study.spec, best.configuration);
  const half = best?.measurement?.halfWidthMs != null && found?.study.spec.objective.metric === 'meanRoundTripMs' ? best.measurement.halfWidthMs * factor : null;
  const value = best?.value == null ? null : best.value * factor;
  const [mean, reach] = value === null ? ['–', '–'] : (formatInterval(value, half).split(' ± ') as [string, string | undefined]);
  const settings = knobs.map((name) => serving?.[name] ?? null);
  return {
    raw: [level.value, items, ...settings, value, half, ...(duel ? [level.gain?.value ?? null] : [])],
    shown: [
      String(level.value), formatCount(items), ...settings.map((setting, i) => showKnob(knobs[i]!, setting)), mean, reach ?? '–',
      ...(duel ? [level.gain === null ? '–' : formatPercent(level.gain.value).replace(' %', '')] : []),
    ],
  };
}

function showKnob(name: KnobName, value: number | null): string {
  if (value === null) return '–';
  if (name === 'cpuCores') return value.toFixed(2);
  return KNOBS[name].whole ? formatCount(value) : formatValue(value);
}

/** The contestant the table tells of: Bayesian, else alone, else random; of several seeds the best. */
export function bestOf({ bayes, alone, random }: Pick<Level, 'bayes' | 'alone' | 'random'>): Contestant | null {
  const side = [bayes, alone, random].find((list) => list.some(({ best }) => best !== null)) ?? [];
  return side.reduce<Contestant | null>((least, one) => {
    if (one.best?.value == null) return least;
    const { objective } = one.study.spec;
    return least?.best?.value == null || toCost(objective, one.best.value) < toCost(objective, least.best.value) ? one : least;
  }, null);
}

function withUnit(label: string, unit: string): string {
  return unit === '' ? label : `${label} (${unit})`;
}
