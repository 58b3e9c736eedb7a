import { formatCount, formatValue } from '../../main/domain/format.ts';
import { bestTrial } from '../../main/domain/study.ts';
import { axisTitle, type Annotation, type ChartValue, type Mark, type Role, type Series, type Thread } from './chart-value.ts';
import { describeTrial, originWord } from './describe-trial.ts';
import { objectiveScale } from './objective-scale.ts';
import { brushText, heightOf, trialAxes, type TrialAxis } from './trial-axes.ts';
import type { Brush } from './filter.ts';
import type { Study } from '../../main/domain/study.ts';
import type { Trial } from '../../main/domain/trial.ts';

/**
 * Every trial as a line through its parameters and what was measured, the best on top. A failed one ends before the
 * measured axes and stands in the rug; it has no value.
 */
export function parallelChart(study: Study, trials: readonly Trial[] = study.trials, axes: readonly TrialAxis[] = trialAxes(study)): ChartValue {
  const scale = objectiveScale(study);
  const measured = trials.filter(({ state, value }) => state === 'complete' && value !== null);
  const failed = trials.filter(({ state }) => state === 'failed');
  const isBest = ({ number }: Trial): boolean => number === study.incumbent;
  const chosen = axes.filter(({ chosen: is }) => is).length;
  const series = (role: Role, label: string, of: readonly Trial[], strong = false): Series => ({ kind: 'threads', role, label, strong, threads: of.map((trial) => threadOf(axes, trial)) });
  const best = bestTrial(study);
  return {
    id: 'parallel-coordinates',
    title: 'Parallel coordinates',
    finding: `${formatCount(measured.length)} measured`,
    name: `Parallel coordinates of ${formatCount(measured.length)} measured trials over ${axes.map(({ axis }) => axis.label).join(', ')}; ${formatCount(failed.length)} failed.`,
    x: { label: '', unit: '', scale: 'linear', min: 0, max: Math.max(axes.length - 1, 1), ticks: [] },
    panels: [{
      y: { label: '', unit: '', scale: 'linear', min: -0.06, max: 1.02, ticks: [] },
      series: [
        series('failed', 'failed', failed),
        series('random', 'random', measured.filter((trial) => trial.origin === 'random' && !isBest(trial))),
        series('bayes', 'Bayesian', measured.filter((trial) => trial.origin === 'bayes' && !isBest(trial))),
        series('user', 'chosen by hand', measured.filter((trial) => trial.origin === 'user' && !isBest(trial))),
        series('best', 'best', measured.filter(isBest), true),
      ].filter((one) => one.kind === 'threads' && one.threads.length > 0),
      annotations: [...axes.map((one, i) => scaleOf(one, i, i === axes.length - 1)), ...bestText(best, axes, scale.factor, measured)],
      rug: { text: failed.length === 0 ? '' : `${formatCount(failed.length)} failed`, marks: failed.map((trial, i): Mark => ({ x: chosen - 1 + (0.12 + (0.5 * (i + 0.5)) / failed.length), y: 0, trial: trial.number, index: trial.number - 1 })) },
      weight: 1,
    }],
    describe: ({ index }) => describeTrial(study, study.trials[index]!, scale),
    table: () => ({
      head: ['Trial', 'Sampler', ...axes.map(({ axis }) => axisTitle({ ...axis, scale: 'linear' }))],
      rows: [...measured, ...failed].map((trial) => [trial.number, originWord(trial.origin), ...axes.map(({ key, chosen: is, valueOf }) => (is ? (trial.configuration[key] ?? null) : valueOf(trial)))]),
    }),
  };
}

/** The same chart with these ranges marked; cheap, because a drag asks for it once a frame. */
export function withRanges(chart: ChartValue, axes: readonly TrialAxis[], brushes: readonly Brush[]): ChartValue {
  const marked = axes.flatMap((axis, i) => brushOf(axis, i, brushes));
  if (marked.length === 0) return chart;
  const texts = axes.flatMap((axis) => brushes.filter((brush) => brush.axis === axis.key).map((brush) => brushText(axis, brush)));
  return { ...chart, finding: `in focus: ${texts.join(', ')}`, panels: chart.panels.map((panel) => ({ ...panel, annotations: [...panel.annotations, ...marked] })) };
}

function threadOf(axes: readonly TrialAxis[], trial: Trial): Thread {
  const points = axes.flatMap(({ axis, valueOf }, x) => {
    const value = valueOf(trial);
    return value === null ? [] : [{ x, y: heightOf(axis, value) }];
  });
  const at = axes.findIndex(({ chosen }) => !chosen);
  const end = points.find(({ x }) => x === at) ?? points[points.length - 1] ?? { x: 0, y: 0 };
  return { points, mark: { ...end, trial: trial.number, index: trial.number - 1 } };
}

function scaleOf({ axis }: TrialAxis, x: number, isLast: boolean): Annotation {
  const ticks = axis.ticks.filter(({ value }) => value >= axis.min && value <= axis.max);
  return { kind: 'scale', x, title: axisTitle(axis).replace('log scale', 'log'), side: isLast ? 'right' : 'left', ticks: ticks.map(({ value, text }) => ({ value: heightOf(axis, value), text })) };
}

function brushOf(axis: TrialAxis, x: number, brushes: readonly Brush[]): readonly Annotation[] {
  return brushes.filter((brush) => brush.axis === axis.key).map((brush) => ({
    kind: 'brush', x, low: heightOf(axis.axis, brush.low), high: heightOf(axis.axis, brush.high), text: brush.low === brush.high ? axis.text(brush.low) : `${axis.text(brush.low)}–${axis.text(brush.high)}`,
  }));
}

function bestText(best: Trial | null, axes: readonly TrialAxis[], factor: number, measured: readonly Trial[]): readonly Annotation[] {
  if (best?.value == null || !measured.includes(best)) return [];
  const x = axes.findIndex(({ key }) => key === 'objective');
  return [{ kind: 'text', x, y: heightOf(axes[x]!.axis, best.value * factor), role: 'best', text: formatValue(best.value * factor), align: 'start', place: 'beside', strong: true }];
}
