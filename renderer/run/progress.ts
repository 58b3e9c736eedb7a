import { counted, formatCount, formatSeconds } from '../../main/domain/format.ts';
import { countFinished, runningTrial, type Study } from '../../main/domain/study.ts';
import { startupTrialsOf } from '../../main/domain/study-spec.ts';
import type { LiveTrial } from '../../main/contract/values.ts';
import type { Stage, StageSeconds } from '../../main/domain/trial.ts';

export type Segment = 'random' | 'bayes' | 'user' | 'failed' | 'now' | 'todo';

/** One segment per trial of the budget; trials that were cut off do not count. */
export function segmentsOf(study: Study): readonly Segment[] {
  const done: Segment[] = [];
  for (const { state, origin } of study.trials) {
    if (state === 'complete') done.push(origin);
    else if (state === 'failed') done.push('failed');
  }
  if (runningTrial(study) !== null) done.push('now');
  const left = Math.max(0, study.spec.budget.trials - done.length);
  return [...done, ...Array.from({ length: left }, (): Segment => 'todo')];
}

/** "Trial 34 of 50", or what stands in its place while nothing runs. */
export function progressTitle(study: Study): string {
  const done = countFinished(study);
  const of = `of ${formatCount(study.spec.budget.trials)}`;
  if (study.state === 'draft') return 'Not started';
  if (study.state === 'paused') return `Paused after trial ${formatCount(done)} ${of}`;
  if (study.state === 'ended') return `${formatCount(done)} of ${counted(study.spec.budget.trials, 'trial')} done`;
  return `Trial ${formatCount(Math.min(done + 1, study.spec.budget.trials))} ${of}`;
}

const SEARCH_WORDS: Readonly<Record<string, string>> = {
  random: 'Random search', bayes: 'Bayesian search', paper: 'Bayesian search', sobol: 'Sobol search', grid: 'Grid search',
  'epsilon-greedy': 'Epsilon-greedy search', tpe: 'Parzen search',
};

/** "Bayesian search, 9 of 25" */
export function phaseText(study: Study): string {
  const { sampler, budget } = study.spec;
  const at = Math.min(countFinished(study) + (study.state === 'running' ? 1 : 0), budget.trials);
  if (study.state === 'draft') return `${formatCount(budget.trials)} trials`;
  if (study.state === 'ended') return study.runs[study.runs.length - 1]?.reason?.text ?? '';
  if (runningTrial(study)?.origin === 'user') return 'Chosen by hand';
  const startup = startupTrialsOf(sampler);
  if (startup === null) return `${SEARCH_WORDS[sampler.kind] ?? 'Search'}, ${formatCount(at)} of ${formatCount(budget.trials)}`;
  if (at <= startup) return `Random search, ${formatCount(at)} of ${formatCount(startup)}`;
  return `${SEARCH_WORDS[sampler.kind] ?? 'Search'}, ${formatCount(at - startup)} of ${formatCount(budget.trials - startup)}`;
}

export interface Phase {
  readonly state: 'done' | 'now' | 'next';
  readonly text: string;
}

const ORDER: readonly Stage[] = ['deploying', 'warming', 'loading', 'measuring', 'tearing-down'];
const WORDS = [['Deploy', 'Deploying', 'Deployed'], ['Warm', 'Warming', 'Warm'], ['Load', 'Loading', 'Loaded'], ['Measure', 'Measuring', 'Measured']] as const;

/** Deploy, Warm, Load, Measure: done, now, to come. */
export function phasesOf(live: LiveTrial | null): readonly Phase[] {
  const at = live === null ? 0 : ORDER.indexOf(live.stage);
  return WORDS.map(([next, now, done], i): Phase => {
    if (i > at) return { state: 'next', text: next };
    if (i < at) return { state: 'done', text: i === 0 && live?.seconds.deploy !== undefined ? `${done} ${formatSeconds(live.seconds.deploy)}` : done };
    if (i === 2 && live !== null && live.planned > 0) return { state: 'now', text: `${now} ${Math.floor((live.finished / live.planned) * 100)} %` };
    return { state: 'now', text: now };
  });
}

/** The phases of a trial that is over. */
export function phasesBehind(seconds: StageSeconds | null): readonly Phase[] {
  return WORDS.map(([, , done], i) => ({ state: 'done', text: i === 0 && seconds !== null ? `${done} ${formatSeconds(seconds.deploy)}` : done }));
}

/** Share of the running trial that is done, 0–1. */
export function trialShare(live: LiveTrial | null): number {
  if (live === null || live.planned === 0) return 0;
  return ORDER.indexOf(live.stage) > 2 ? 1 : Math.min(1, live.finished / live.planned);
}
