import { formatCount, formatInterval, formatValue } from '../../main/domain/format.ts';
import { isBetter } from '../../main/domain/objective.ts';
import { bestTrial, countFinished, type Study } from '../../main/domain/study.ts';
import { formatTuple } from '../../main/domain/serving-configuration.ts';
import { countAxis, measuredAxis, withFoot } from './axis.ts';
import { describeTrial, originWord } from './describe-trial.ts';
import { failedRug } from './failed-rug.ts';
import { halfWidthOf, objectiveScale, type ObjectiveScale } from './objective-scale.ts';
import { verdictOf } from '../../main/domain/trial-verdict.ts';
import type { Annotation, ChartValue, Mark, Panel, Point, Role, Series, Table } from './chart-value.ts';
import type { Trial } from '../../main/domain/trial.ts';

export interface HistoryOptions {
  /** Trials in focus; all of them by default. The best-so-far line is drawn over these. */
  readonly trials?: readonly Trial[];
  readonly selected?: number | null;
  readonly finding?: string;
}

/** Objective of every trial in order, with the best so far, failed ones in the rug (source report Fig 5). */
export function historyChart(study: Study, options: HistoryOptions = {}): ChartValue {
  const trials = options.trials ?? study.trials;
  const scale = objectiveScale(study);
  const measured = trials.filter(({ state, value }) => state === 'complete' && value !== null);
  const marks = measured.map((trial) => markOf(study, trial, scale));
  const y = measuredAxis({ label: scale.label, unit: scale.unit, values: withFoot(withIntervals(marks)) });
  const best = bestTrial(study);
  const panel: Panel = {
    y,
    series: historySeries(study, measured, marks, scale),
    annotations: [...phases(study), ...runningMark(study), ...bestLabel(best, marks, scale, study)],
    rug: failedRug(trials, y.min, ({ number }) => number),
    weight: 1,
  };
  return {
    id: 'search-history',
    title: 'Search history',
    finding: options.finding ?? finding(study),
    name: historyName(study, best, scale),
    x: countAxis('Trial', 1, Math.max(study.spec.budget.trials, study.trials.length, 2)),
    panels: [panel],
    describe: ({ index }) => describeTrial(study, study.trials[index]!, scale),
    table: () => historyTable(study, trials, scale),
  };
}

/** The ends of the intervals too, unless one is so wide that it would squeeze everything else. */
function withIntervals(marks: readonly Mark[]): readonly number[] {
  const values = marks.map(({ y }) => y);
  const high = values.reduce((most, value) => Math.max(most, value), 0) * 1.5;
  const low = values.reduce((least, value) => Math.min(least, value), Infinity) / 1.5;
  return [...values, ...marks.flatMap((mark) => [mark.low ?? mark.y, mark.high ?? mark.y]).filter((end) => end >= low && end <= high)];
}

function markOf(study: Study, trial: Trial, { factor }: ObjectiveScale): Mark {
  const y = trial.value! * factor;
  const half = halfWidthOf(study, trial);
  const interval = half === null ? {} : { low: y - half * factor, high: y + half * factor };
  return { x: trial.number, y, trial: trial.number, index: trial.number - 1, ...interval };
}

function historySeries(study: Study, measured: readonly Trial[], marks: readonly Mark[], scale: ObjectiveScale): readonly Series[] {
  const pick = (keep: (trial: Trial) => boolean): readonly Mark[] => marks.filter((_, i) => keep(measured[i]!));
  const isBest = ({ number }: Trial): boolean => number === study.incumbent;
  const points = (role: Role, label: string, keep: (trial: Trial) => boolean, hollow = false): Series => ({
    kind: 'points', role, label, marks: pick(keep), size: role === 'best' ? 'star' : 'mark', hollow,
  });
  const all: readonly Series[] = [
    { kind: 'line', role: 'best', label: 'best so far', points: bestSoFar(study, measured, scale), stepped: true, dashed: false },
    points('infeasible', 'a condition not met', (trial) => !trial.feasible, true),
    points('random', 'random', (trial) => trial.feasible && trial.origin === 'random' && !isBest(trial)),
    points('bayes', 'Bayesian', (trial) => trial.feasible && trial.origin === 'bayes' && !isBest(trial)),
    points('user', 'chosen by hand', (trial) => trial.feasible && trial.origin === 'user' && !isBest(trial)),
    points('best', 'best', isBest),
  ];
  return all.filter((series) => series.kind !== 'points' || series.marks.length > 0);
}

/** Falls at each new best and reaches to the last finished trial. */
export function bestSoFar(study: Study, trials: readonly Trial[], { factor }: ObjectiveScale): readonly Point[] {
  const points: Point[] = [];
  let best: number | null = null;
  for (const { number, value, feasible } of trials) {
    if (value === null || !feasible) continue;
    if (best === null || isBetter(study.spec.objective, value, best)) {
      best = value;
      points.push({ x: number, y: best * factor });
    }
  }
  const last = trials[trials.length - 1];
  if (best !== null && last !== undefined && last.number > points[points.length - 1]!.x) points.push({ x: last.number, y: best * factor });
  return points;
}

/** Where the model starts to choose, and the trials still to come. */
function phases(study: Study): readonly Annotation[] {
  const { sampler, budget } = study.spec;
  const done = study.trials.length;
  const annotations: Annotation[] = [];
  if (done < budget.trials && study.state !== 'ended') {
    annotations.push({ kind: 'region', from: Math.max(done + 0.5, 1), to: budget.trials, fill: 'future' });
  }
  if ((sampler.kind === 'bayes' || sampler.kind === 'paper') && sampler.startupTrials < budget.trials) {
    const x = sampler.startupTrials + 0.5;
    const byHand = study.trials.filter(({ number, origin }) => origin === 'user' && number > sampler.startupTrials).length;
    const rest = budget.trials - sampler.startupTrials - byHand;
    annotations.push({ kind: 'vertical', x, role: 'random', dashed: true, text: `Random, ${formatCount(sampler.startupTrials)}`, side: 'left' });
    annotations.push({ kind: 'vertical', x, role: 'bayes', dashed: true, text: `Bayesian, ${formatCount(rest)}`, side: 'right' });
  }
  return annotations;
}

function runningMark(study: Study): readonly Annotation[] {
  const running = study.trials.findLast(({ state }) => state === 'running');
  if (running === undefined) return [];
  const side = running.number > study.spec.budget.trials * 0.75 ? 'left' : 'right';
  return [{ kind: 'vertical', x: running.number, role: 'accent', dashed: false, text: `${running.number}, measuring`, side }];
}

function bestLabel(best: Trial | null, marks: readonly Mark[], { factor, unit }: ObjectiveScale, study: Study): readonly Annotation[] {
  if (best?.value == null || !marks.some(({ trial }) => trial === best.number)) return [];
  const text = `Best: ${formatValue(best.value * factor)} ${unit}, trial ${best.number}`;
  const share = best.number / Math.max(study.spec.budget.trials, study.trials.length);
  const place = study.spec.objective.direction === 'minimise' ? 'below' : 'above';
  return [{ kind: 'text', x: best.number, y: best.value * factor, role: 'best', text, align: share < 0.25 ? 'start' : share > 0.75 ? 'end' : 'center', place, strong: true }];
}

function finding(study: Study): string {
  const failed = study.trials.filter(({ state }) => state === 'failed').length;
  const finished = `${formatCount(countFinished(study))} finished`;
  return failed === 0 ? finished : `${finished}, ${formatCount(failed)} failed`;
}

function historyName(study: Study, best: Trial | null, { factor, unit }: ObjectiveScale): string {
  if (best?.value == null) return `Search history. ${finding(study)}; no value yet.`;
  return `Search history. Best so far ${formatValue(best.value * factor)} ${unit} at trial ${best.number}; ${finding(study)}.`;
}

function historyTable(study: Study, trials: readonly Trial[], scale: ObjectiveScale): Table {
  const unit = scale.unit;
  const soFar = new Map<number, number>();
  let best: number | null = null;
  for (const { number, value, feasible } of trials) {
    if (value !== null && feasible && (best === null || isBetter(study.spec.objective, value, best))) best = value;
    if (best !== null) soFar.set(number, best);
  }
  return {
    head: ['Trial', 'Sampler', 'Configuration', `${scale.label} (${unit})`, `± 95 % (${unit})`, `Best so far (${unit})`, 'Verdict'],
    rows: trials.map((trial) => {
      const half = halfWidthOf(study, trial);
      const running = soFar.get(trial.number);
      return [
        trial.number, originWord(trial.origin), formatTuple(study.spec, trial.configuration),
        trial.value === null ? null : trial.value * scale.factor, half === null ? null : half * scale.factor,
        running === undefined ? null : running * scale.factor, verdictOf(trial).word,
      ];
    }),
  };
}

/** 5.15 ± 0.05 in the chart's unit, for a label. */
export function objectiveText(study: Study, trial: Trial): string {
  const { factor, unit } = objectiveScale(study);
  if (trial.value === null) return '–';
  const half = halfWidthOf(study, trial);
  return `${formatInterval(trial.value * factor, half === null ? null : half * factor)} ${unit}`;
}
