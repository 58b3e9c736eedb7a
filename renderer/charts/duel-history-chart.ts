import { formatValue } from '../../main/domain/format.ts';
import { percentile, sortedCopy } from '../../main/domain/statistics.ts';
import { describeValue, type Sweep } from '../../main/domain/sweep.ts';
import { countAxis, measuredAxis, withFoot } from './axis.ts';
import { NO_RUG, type Annotation, type ChartValue, type Mark, type Point, type Series } from './chart-value.ts';
import { bestSoFar } from './history-chart.ts';
import type { Comparison, Contestant, Level } from '../../main/domain/comparison.ts';
import type { SamplerSpec } from '../../main/domain/study-spec.ts';
import type { SweepScale } from './sweep-scale.ts';
import { sweepScale } from './sweep-scale.ts';

export interface Side {
  readonly role: 'random' | 'bayes' | 'neutral';
  readonly label: string;
  /** Median over the seeds after each trial; null before every seed has a value. */
  readonly median: readonly (number | null)[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

/** Best so far of both searches over the trials of one level. */
export function duelHistoryChart(sweep: Sweep, comparison: Comparison, level: Level): ChartValue {
  const scale = sweepScale(sweep, comparison);
  const { trials } = sweep.spec.base.budget;
  return bestSoFarChart({
    id: `best-so-far-${level.value}`, where: describeValue(sweep.spec.vary, level.value), trials, scale, seeds: Math.max(level.random.length, level.bayes.length, level.alone.length),
    sides: [
      sideOf('random', 'Random', level.random, trials, scale), sideOf('bayes', 'Bayesian', level.bayes, trials, scale),
      sideOf(roleOf(sweep.spec.base.sampler), 'Best', level.alone, trials, scale),
    ],
    startup: level.bayes[0]?.study.spec.sampler ?? level.alone[0]?.study.spec.sampler,
  });
}

/** The colour of a search without a rival: blue says that a model chose. */
export function roleOf({ kind }: SamplerSpec): 'random' | 'bayes' {
  return kind === 'random' || kind === 'sobol' || kind === 'grid' ? 'random' : 'bayes';
}

/** Best so far of two searches over their trials; the band is the range over the seeds. */
export function bestSoFarChart({ id, where, trials, scale, seeds, startup, sides: given }: {
  readonly id: string;
  /** "20 concurrent" */
  readonly where: string;
  readonly trials: number;
  readonly scale: SweepScale;
  readonly seeds: number;
  /** Marks where the model begins to choose. */
  readonly startup: SamplerSpec | undefined;
  readonly sides: readonly Side[];
}): ChartValue {
  const sides = given.filter(({ median }) => median.some((value) => value !== null));
  const values = sides.flatMap(({ low, high }) => [...low, ...high]).filter((value) => value !== null);
  const y = measuredAxis({ label: 'Best so far', unit: scale.unit, values: withFoot(values) });
  const x = countAxis('Trial', 1, Math.max(trials, 2));
  const last = (side: Side): number | null => side.median.findLast((value) => value !== null) ?? null;
  const ends = sides.map((side): Annotation => ({ kind: 'text', x: x.max, y: last(side)!, role: side.role, text: `${side.label} ${formatValue(last(side)!)}`, align: 'end', place: 'above', strong: true }));
  const marks = sides.flatMap((side, s) => side.median.flatMap((value, i): Mark[] => (value === null || (i > 0 && side.median[i - 1] === value && i < side.median.length - 1) ? [] : [{ x: i + 1, y: value, index: s * trials + i }])));
  return {
    id, title: 'Best so far', finding: `${where}${seeds > 1 ? `, median and range of ${seeds} seeds` : ''}`,
    name: `Best so far at ${where}: ${sides.map((side) => `${side.label} ${formatValue(last(side))} ${scale.unit}`).join(', ') || 'no value yet'}.`,
    x,
    panels: [{
      y, rug: NO_RUG, weight: 1,
      series: sides.flatMap((side): Series[] => [
        ...(seeds > 1 ? [{ kind: 'band' as const, role: side.role, label: `${side.label}, range`, low: pointsOf(side.low), high: pointsOf(side.high), opacity: 0.14 }] : []),
        { kind: 'line', role: side.role, label: side.label, points: pointsOf(side.median), stepped: true, dashed: false },
        { kind: 'points', role: side.role, label: side.label, size: 'dot', hollow: false, marks: marks.filter(({ index }) => Math.floor(index / trials) === sides.indexOf(side)) },
      ]),
      annotations: [
        ...(startup?.kind === 'bayes' && startup.startupTrials < trials ? [{ kind: 'vertical' as const, x: startup.startupTrials + 0.5, role: 'neutral' as const, dashed: true, text: 'Bayesian search starts', side: startup.startupTrials > trials / 2 ? 'left' as const : 'right' as const }] : []),
        ...spread(ends, y.max - y.min),
      ],
    }],
    describe: ({ index, y: value }) => ({ title: `${sides[Math.floor(index / trials)]!.label}, after trial ${(index % trials) + 1}`, lines: [`best so far ${formatValue(value)} ${scale.unit}`], formula: [] }),
    table: () => ({
      head: ['Trial', ...sides.flatMap(({ label }) => [`${label} (${scale.unit})`, `${label}, lowest (${scale.unit})`, `${label}, highest (${scale.unit})`])],
      rows: Array.from({ length: trials }, (_, i) => [i + 1, ...sides.flatMap(({ median, low, high }) => [median[i] ?? null, low[i] ?? null, high[i] ?? null])]),
    }),
  };
}

export function sideOf(role: Side['role'], label: string, contestants: readonly Contestant[], trials: number, scale: SweepScale): Side {
  const runs = contestants.map(({ study }) => {
    const steps = bestSoFar(study, study.trials, { ...scale, metric: study.spec.objective.metric });
    const done = study.trials.findLast(({ state }) => state === 'complete' || state === 'failed')?.number ?? 0;
    return Array.from({ length: trials }, (_, i) => (i + 1 > done ? null : (steps.findLast(({ x }) => x <= i + 1)?.y ?? null)));
  });
  const over = (share: number): (number | null)[] =>
    Array.from({ length: trials }, (_, i) => {
      const values = runs.flatMap((run) => (run[i] == null ? [] : [run[i]]));
      return runs.length === 0 || values.length < runs.length ? null : percentile(sortedCopy(values), share);
    });
  return { role, label, median: over(50), low: over(0), high: over(100) };
}

function pointsOf(values: readonly (number | null)[]): readonly Point[] {
  return values.flatMap((y, i) => (y === null ? [] : [{ x: i + 1, y }]));
}

/** Two labels at nearly the same height: the higher goes above its line, the lower below. */
function spread(labels: readonly Annotation[], height: number): readonly Annotation[] {
  const [first, second] = labels;
  if (first?.kind !== 'text' || second?.kind !== 'text' || Math.abs(first.y - second.y) > height * 0.25) return labels;
  const isFirstHigher = first.y >= second.y;
  return [{ ...first, place: isFirstHigher ? 'above' : 'below' }, { ...second, place: isFirstHigher ? 'below' : 'above' }];
}
