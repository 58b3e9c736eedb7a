import { formatDuration, formatSeconds } from '../../main/domain/format.ts';
import { formatTuple } from '../../main/domain/serving-configuration.ts';
import { countAxis, linearAxis } from './axis.ts';
import { failedRug } from './failed-rug.ts';
import { originWord } from './describe-trial.ts';
import { type ChartValue, type Point, type Series } from './chart-value.ts';
import type { Study } from '../../main/domain/study.ts';
import type { StageSeconds, Trial } from '../../main/domain/trial.ts';

const STAGES: readonly { readonly key: keyof StageSeconds; readonly label: string; readonly role: 'neutral' | 'bayes' | 'acquisition'; readonly opacity: number }[] = [
  { key: 'deploy', label: 'deploying', role: 'neutral', opacity: 0.45 },
  { key: 'measure', label: 'measuring', role: 'neutral', opacity: 0.2 },
  { key: 'other', label: 'everything else', role: 'acquisition', opacity: 0.4 },
];

/** Where the time of every trial went: stages stacked, one step per trial. */
export function timelineChart(study: Study, trials: readonly Trial[] = study.trials): ChartValue {
  const timed = trials.filter(({ seconds }) => seconds !== null);
  const total = (trial: Trial): number => STAGES.reduce((sum, { key }) => sum + trial.seconds![key], 0);
  const all = timed.reduce((sum, trial) => sum + total(trial), 0);
  return {
    id: 'time-per-trial',
    title: 'Time per trial',
    finding: timed.length === 0 ? '' : `${formatDuration(all)} in all, ${formatDuration(all / timed.length)} each`,
    name: `Seconds per trial for deploying and measuring; ${formatDuration(all)} in all over ${timed.length} trials.`,
    x: countAxis('Trial', 1, Math.max(study.trials.length + 1, 2)),
    panels: [{
      y: linearAxis({ label: 'Time', unit: 's', values: timed.length === 0 ? [0, 1] : timed.map(total), fromZero: true }),
      series: [
        ...STAGES.map((_, i) => stageBand(timed, i)),
        { kind: 'points', role: 'neutral', label: 'trial', size: 'dot', hollow: false, marks: timed.map((trial) => ({ x: trial.number + 0.5, y: total(trial), trial: trial.number, index: trial.number - 1 })) },
      ],
      annotations: timed.length === 0 ? [] : stageLabels(timed),
      rug: failedRug(trials, 0, ({ number }) => number + 0.5),
      weight: 1,
    }],
    describe: ({ index }) => {
      const trial = study.trials[index]!;
      const parts = trial.seconds === null ? [] : STAGES.map(({ key, label }) => `${label} ${formatSeconds(trial.seconds![key])}`);
      return { title: `Trial ${trial.number}, ${originWord(trial.origin)}`, lines: [formatTuple(study.spec, trial.configuration), ...(trial.failure === null ? [] : [trial.failure.message]), parts.join(', ')].filter((line) => line !== ''), formula: [] };
    },
    table: () => ({
      head: ['Trial', 'Sampler', ...STAGES.map(({ label }) => `${label[0]!.toUpperCase()}${label.slice(1)} (s)`)],
      rows: timed.map((trial) => [trial.number, originWord(trial.origin), ...STAGES.map(({ key }) => trial.seconds![key])]),
    }),
  };
}

/** A step per trial, from its number to the next; trials that are filtered out leave a gap of zero height. */
function stageBand(trials: readonly Trial[], stage: number): Series {
  const height = (trial: Trial, upTo: number): number => STAGES.slice(0, upTo).reduce((sum, { key }) => sum + trial.seconds![key], 0);
  const outline = (upTo: number): readonly Point[] => trials.flatMap((trial, i) => {
    const y = height(trial, upTo);
    const next = trials[i + 1]?.number ?? trial.number + 1;
    const end = trial.number + 1;
    const corners = [{ x: trial.number, y }, { x: end, y }];
    return next > end ? [...corners, { x: end, y: 0 }, { x: next, y: 0 }] : corners;
  });
  const { role, label, opacity } = STAGES[stage]!;
  return { kind: 'band', role, label, opacity, low: outline(stage), high: outline(stage + 1) };
}

function stageLabels(trials: readonly Trial[]): ChartValue['panels'][number]['annotations'] {
  const mean = (key: keyof StageSeconds): number => trials.reduce((sum, { seconds }) => sum + seconds![key], 0) / trials.length;
  const x = trials[Math.floor(trials.length / 2)]!.number;
  let foot = 0;
  return STAGES.flatMap(({ key, label }) => {
    const share = mean(key);
    const y = foot + share / 2;
    foot += share;
    // Too thin to hold its words.
    if (share < 0.12 * (mean('deploy') + mean('measure') + mean('other'))) return [];
    return [{ kind: 'text' as const, x, y, role: 'baseline' as const, text: `${label}, ${formatSeconds(share)} on average`, align: 'center' as const, place: 'beside' as const, strong: false }];
  });
}
