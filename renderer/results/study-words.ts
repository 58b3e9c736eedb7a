import { formatDuration } from '../../main/domain/format.ts';
import { METRICS, METRIC_NAMES } from '../../main/domain/metric.ts';
import { metricValue } from '../../main/domain/measurement.ts';
import { countFinished, type Study } from '../../main/domain/study.ts';
import { originWord } from '../charts/describe-trial.ts';
import { parameterLabel } from '../charts/parameter-axis.ts';
import { verdictOf } from '../../main/domain/trial-verdict.ts';
import { whenText } from '../state/when.ts';
import { KNOBS, isKnobName } from '../../main/domain/knobs.ts';
import type { Table } from '../charts/chart-value.ts';
import type { Trial } from '../../main/domain/trial.ts';

/** "Finished today, 10:42, in 4 min 51 s. All 50 trials used." Virtual time has no date. */
export function finishedText(study: Study, now = new Date()): string {
  const last = study.runs[study.runs.length - 1];
  if (last === undefined) return '';
  if (last.endedAt === null) return `${countFinished(study)} of ${study.spec.budget.trials} trials so far`;
  const seconds = study.runs.reduce((sum, { startedAt, endedAt }) => sum + (endedAt === null ? 0 : (Date.parse(endedAt) - Date.parse(startedAt)) / 1000), 0);
  const how = last.reason?.kind === 'user' || last.reason?.kind === 'interrupted' ? 'Stopped' : 'Finished';
  const when = last.backend === 'simulated' ? `after ${formatDuration(seconds)} of virtual time` : `${whenText(last.endedAt, now)}, in ${formatDuration(seconds)}`;
  return `${how} ${when}. ${last.reason?.text ?? ''}`.trim();
}

export interface CauseGroup {
  readonly word: string;
  readonly trials: readonly Trial[];
  readonly message: string;
  readonly hint: string;
}

/** Failed trials by cause, the most frequent first. */
export function failuresByCause(study: Study): readonly CauseGroup[] {
  const groups = Map.groupBy(study.trials.filter(({ failure }) => failure !== null), ({ failure }) => failure!.code);
  return [...groups.values()]
    .map((trials) => ({ word: verdictOf(trials[0]!).word, trials, message: trials[0]!.failure!.message, hint: trials[0]!.failure!.hint ?? '' }))
    .sort((a, b) => b.trials.length - a.trials.length);
}

/** Every trial with every number; what "Trials, CSV" holds. Units are in the heads. */
export function trialsTable(study: Study, trials: readonly Trial[]): Table {
  const { space } = study.spec;
  const unit = (name: string): string => (isKnobName(name) && KNOBS[name].unit !== '' ? ` (${KNOBS[name].unit})` : '');
  return {
    head: [
      'Trial', 'Backend', 'Sampler', 'State', 'Verdict', ...space.map(({ name }) => parameterLabel(name) + unit(name)),
      ...METRIC_NAMES.map((name) => `${METRICS[name].label} (${METRICS[name].unit})`), '± 95 % of the mean (ms)', 'Reason', 'Started', 'Note',
    ],
    rows: trials.map((trial) => [
      trial.number, study.spec.backend.kind, originWord(trial.origin), trial.state, verdictOf(trial).word, ...space.map(({ name }) => trial.configuration[name] ?? null),
      ...METRIC_NAMES.map((name) => (trial.measurement === null ? null : metricValue(trial.measurement, name))),
      trial.measurement?.halfWidthMs ?? null, trial.failure?.message ?? trial.abortReason ?? null, trial.startedAt, trial.note || null,
    ]),
  };
}
