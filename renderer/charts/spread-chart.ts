import { counted, formatValue, timeUnit } from '../../main/domain/format.ts';
import { percentile, sortedCopy } from '../../main/domain/statistics.ts';
import { linearAxis } from './axis.ts';
import { NO_RUG, type Annotation, type Axis, type ChartValue, type Mark, type Role, type Series } from './chart-value.ts';

/** The counted round trips of one run, ms. */
export interface SpreadRun {
  readonly role: Extract<Role, 'random' | 'bayes' | 'neutral'>;
  /** "Bayesian, best run" */
  readonly label: string;
  /** "20 concurrent, trial 38" */
  readonly detail: string;
  readonly ms: readonly number[];
}

interface Box {
  readonly low: number;
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
  readonly high: number;
  readonly outliers: readonly number[];
}

/** More circles than this say no more. */
const MOST_OUTLIERS = 60;

/** Box plots of round trips (source report Fig 7): box from the first to the third quartile, whiskers to the last value within 1.5 box lengths (Tukey). */
export function spreadChart(runs: readonly SpreadRun[]): ChartValue {
  const boxes = runs.map(({ ms }) => boxOf(ms));
  const { unit, factor } = timeUnit(Math.max(0, ...boxes.map(({ high }) => high)) || 1);
  const rows: Axis = { label: '', unit: '', scale: 'linear', min: 0, max: Math.max(runs.length, 1), ticks: [] };
  const rowOf = (i: number): number => runs.length - i - 0.68;
  const text = (ms: number): string => formatValue(ms * factor);
  const x = linearAxis({ label: 'Round trip', unit, values: [0, ...boxes.map(({ high, outliers }) => Math.min(Math.max(high, ...outliers.slice(-1)), high * 1.8) * factor)], fromZero: true });
  const held = (ms: number): number => Math.min(ms * factor, x.max);
  const medians = (role: Role): Series => ({ kind: 'points', role, label: 'median', size: 'dot', hollow: false, marks: runs.flatMap((run, i): Mark[] => (run.role === role && run.ms.length > 0 ? [{ x: boxes[i]!.median * factor, y: rowOf(i), index: i }] : [])) });
  const outliers = (role: Role): Series => ({
    kind: 'points', role, label: 'outliers', size: 'dot', hollow: true,
    marks: runs.flatMap((run, i) => (run.role === role ? thin(boxes[i]!.outliers).map((ms): Mark => ({ x: held(ms), y: rowOf(i), index: i })) : [])),
  });
  const annotations = runs.flatMap((run, i): Annotation[] => {
    if (run.ms.length === 0) return [];
    const { low, q1, median, q3, high } = boxes[i]!;
    return [
      { kind: 'box', y: rowOf(i), low: low * factor, q1: q1 * factor, median: median * factor, q3: q3 * factor, high: high * factor, role: run.role },
      { kind: 'text', x: 0, y: rowOf(i) + 0.42, role: run.role === 'neutral' ? 'neutral' : run.role, text: `${run.label}, ${run.detail}: ${text(median)} (${text(q1)}–${text(q3)})`, align: 'start', place: 'at', strong: false },
    ];
  });
  const beyond = boxes.reduce((sum, box) => sum + box.outliers.filter((ms) => ms * factor > x.max).length, 0);
  const words = runs.map((run, i) => `${run.label} ${text(boxes[i]!.median)} ${unit}, middle half ${text(boxes[i]!.q1)} to ${text(boxes[i]!.q3)}`).join('; ');
  return {
    id: 'spread', title: 'Spread of round trips', finding: `median (middle half)${beyond === 0 ? '' : `, ${counted(beyond, 'outlier')} beyond the right edge`}`, name: runs.length === 0 ? 'Spread of round trips; no run to show yet.' : `Spread of round trips. ${words}.`,
    x, panels: [{ y: rows, series: (['random', 'bayes', 'neutral'] as const).flatMap((role) => [outliers(role), medians(role)]).filter((series) => series.kind !== 'points' || series.marks.length > 0), annotations, rug: NO_RUG, weight: 1 }],
    describe: ({ index }) => {
      const { low, q1, median, q3, high, outliers: far } = boxes[index]!;
      const run = runs[index]!;
      return { title: `${run.label}, ${run.detail}`, lines: [`median ${text(median)} ${unit}`, `middle half ${text(q1)} to ${text(q3)} ${unit}, whiskers ${text(low)} to ${text(high)} ${unit}`, `${far.length} outliers of ${run.ms.length}`], formula: ['whiskers: the last value within 1.5 × (third − first quartile)'] };
    },
    table: () => ({
      head: ['Run', `Lowest whisker (${unit})`, `First quartile (${unit})`, `Median (${unit})`, `Third quartile (${unit})`, `Highest whisker (${unit})`, 'Outliers', 'Requests'],
      rows: runs.map((run, i) => { const box = boxes[i]!; return [`${run.label}, ${run.detail}`, box.low * factor, box.q1 * factor, box.median * factor, box.q3 * factor, box.high * factor, box.outliers.length, run.ms.length]; }),
    }),
  };
}

export function boxOf(ms: readonly number[]): Box {
  const sorted = sortedCopy(ms);
  if (sorted.length === 0) return { low: 0, q1: 0, median: 0, q3: 0, high: 0, outliers: [] };
  const [q1, median, q3] = [25, 50, 75].map((share) => percentile(sorted, share)) as [number, number, number];
  const reach = 1.5 * (q3 - q1);
  const inside = sorted.filter((value) => value >= q1 - reach && value <= q3 + reach);
  return { low: inside[0]!, q1, median, q3, high: inside[inside.length - 1]!, outliers: [...sorted.filter((value) => value < q1 - reach || value > q3 + reach)] };
}

function thin(values: readonly number[]): readonly number[] {
  if (values.length <= MOST_OUTLIERS) return values;
  const every = values.length / MOST_OUTLIERS;
  return Array.from({ length: MOST_OUTLIERS }, (_, i) => values[Math.floor(i * every)]!);
}
