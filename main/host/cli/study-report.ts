import { counted, formatCount, formatInterval, formatMs, formatValue, timeUnit } from '../../domain/format.ts';
import { labelInSentence, METRICS, type MetricName } from '../../domain/metric.ts';
import { paretoFront } from '../../domain/pareto.ts';
import { describeConfiguration, formatTuple, formatTupleHead, servingConfiguration } from '../../domain/serving-configuration.ts';
import { bestOfOrigin } from '../../domain/study-json.ts';
import type { StudySpec } from '../../domain/study-spec.ts';
import { bestTrial, type Study } from '../../domain/study.ts';
import type { Origin, Trial } from '../../domain/trial.ts';
import { verdictOf } from '../../domain/trial-verdict.ts';
import { textTable } from './text-table.ts';

const ORIGIN_WORDS: Readonly<Record<Origin, string>> = { random: 'random', bayes: 'Bayesian', user: 'by hand' };

/** The table of trials and, under it, what is known about the best one. */
export function studyAsText(study: Study): string {
  const { metric } = study.spec.objective;
  const scale = columnScale(metric, study.trials.map(({ value }) => value ?? 0));
  const columns = [
    { head: 'trial', align: 'right' }, { head: 'sampler', align: 'left' },
    { head: formatTupleHead(study.spec), align: 'left' }, { head: `${METRICS[metric].label} (${scale.unit})`, align: 'right' },
    { head: 'verdict', align: 'left' },
  ] as const;
  const rows = study.trials.map((trial) => [
    `${trial.number === study.incumbent ? '★ ' : ''}${formatCount(trial.number)}`, ORIGIN_WORDS[trial.origin],
    formatTuple(study.spec, trial.configuration), valueCell(study.spec, trial, scale.factor), verdictCell(trial),
  ]);
  return [...(rows.length > 0 ? [textTable(columns, rows), ''] : []), ...frontLines(study), ...bestLines(study), ...outsideLines(study)].join('\n');
}

/** One unit for all values of a column. */
function columnScale(metric: MetricName, values: readonly number[]): { readonly unit: string; readonly factor: number } {
  const largest = Math.max(0, ...values);
  return METRICS[metric].unit === 'ms' ? timeUnit(largest === 0 ? 1 : largest) : { unit: METRICS[metric].unit, factor: 1 };
}

/** With two objectives: every trial that no other beats in both. */
function frontLines(study: Study): string[] {
  const front = paretoFront(study);
  const { metric, second } = study.spec.objective;
  if (second === undefined || front.length === 0) return [];
  const scales = [columnScale(metric, front.map(({ first }) => first)), columnScale(second.metric, front.map((one) => one.second))] as const;
  const columns = [
    { head: 'trial', align: 'right' }, { head: formatTupleHead(study.spec), align: 'left' },
    ...([metric, second.metric] as const).map((one, i) => ({ head: `${METRICS[one].label} (${scales[i]!.unit})`, align: 'right' } as const)),
  ] as const;
  const rows = front.map((one) => [
    formatCount(one.trial), formatTuple(study.spec, study.trials[one.trial - 1]!.configuration),
    formatValue(one.first * scales[0].factor), formatValue(one.second * scales[1].factor),
  ]);
  const count = `${counted(front.length, 'trial')} that no other beats in both`;
  return [`Pareto front of ${labelInSentence(metric)} and ${labelInSentence(second.metric)}: ${count}.`, textTable(columns, rows), ''];
}

/** What a trial costs beside its requests: starting replicas, observing, handing them back. */
function outsideLines(study: Study): string[] {
  const spent = study.trials.flatMap(({ seconds }) => (seconds === null ? [] : [seconds]));
  if (spent.length === 0) return [];
  const outside = median(spent.map(({ deploy, other }) => deploy + other));
  return [`Outside measurement: ${outside.toFixed(2)} s per trial, ${median(spent.map(({ deploy }) => deploy)).toFixed(2)} s of it bringing replicas up (medians).`];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function valueCell(spec: StudySpec, trial: Trial, factor: number): string {
  if (trial.state !== 'complete' || trial.value === null) return '–';
  const halfWidth = spec.objective.metric === 'meanRoundTripMs' ? (trial.measurement?.halfWidthMs ?? null) : null;
  return formatInterval(trial.value * factor, halfWidth === null ? null : halfWidth * factor);
}

function verdictCell(trial: Trial): string {
  switch (trial.state) {
    case 'complete':
      return trial.feasible ? verdictOf(trial).word : `not allowed: ${trial.violations.join('; ')}`;
    case 'failed':
      return `failed: ${trial.failure?.message ?? 'unknown cause'}`;
    case 'aborted':
      return `stopped: ${trial.abortReason ?? ''}`;
    case 'running':
      return 'running';
  }
}

function bestLines(study: Study): string[] {
  const best = bestTrial(study);
  if (best === null || best.value === null) return ['No trial has succeeded yet.'];
  const { spec } = study;
  const { measurement } = best;
  const lines = [
    `${spec.objective.second === undefined ? 'Best' : `Best by ${labelInSentence(spec.objective.metric)} alone`}: ${formatTuple(spec, best.configuration)} in trial ${best.number}, ${formatBest(spec, best)}.`,
    `${describeConfiguration(servingConfiguration(spec, best.configuration))}.`,
  ];
  if (measurement && measurement.verdict.kind !== 'valid') lines.push(`Verdict: ${verdictOf(best).word}. ${measurement.verdict.reason} ${measurement.verdict.remedy}`.trim());
  else lines.push('Verdict: valid.');
  const random = bestOfOrigin(study, 'random');
  const bayes = bestOfOrigin(study, 'bayes');
  if (random && bayes) lines.push(`Best of random: ${formatObjective(spec, random.value)} (trial ${random.number}). Best of Bayesian: ${formatObjective(spec, bayes.value)} (trial ${bayes.number}).`);
  return lines;
}

/** "Mean round trip 5.15 ± 0.05 ms (95 %)" */
function formatBest(spec: StudySpec, trial: Trial): string {
  const { label, unit } = METRICS[spec.objective.metric];
  const value = trial.value!;
  const halfWidth = trial.measurement?.halfWidthMs ?? null;
  if (spec.objective.metric !== 'meanRoundTripMs' || halfWidth === null) return `${label} ${formatObjective(spec, value)}`;
  const scale = unit === 'ms' ? timeUnit(value) : { unit, factor: 1 };
  return `${label} ${formatInterval(value * scale.factor, halfWidth * scale.factor)} ${scale.unit} (95 %)`;
}

/** The objective's value with its unit. */
export function formatObjective(spec: Pick<StudySpec, 'objective'>, value: number | null): string {
  const { unit } = METRICS[spec.objective.metric];
  return unit === 'ms' ? formatMs(value) : `${formatValue(value)} ${unit}`.trim();
}
