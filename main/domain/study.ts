import { assertNever, ServescapeError } from './errors.ts';
import { isBetter } from './objective.ts';
import type { FleetMember, Machine } from './machine.ts';
import type { StopReason, StudyEvent } from './study-event.ts';
import type { StudySpec } from './study-spec.ts';
import type { Outcome, Trial } from './trial.ts';

export const STUDY_STATES = ['draft', 'running', 'paused', 'ended'] as const;
export type StudyState = (typeof STUDY_STATES)[number];

export interface Run {
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly machine: Machine;
  readonly backend: string;
  readonly reason: StopReason | null;
  /** Present where trials ran on several machines at once. */
  readonly machines?: readonly FleetMember[];
}

/** One optimisation: its spec and its trials. A value; the fold of its events. */
export interface Study {
  readonly id: string;
  readonly createdAt: string;
  readonly spec: StudySpec;
  readonly state: StudyState;
  readonly trials: readonly Trial[];
  readonly runs: readonly Run[];
  /** Number of the best feasible trial by observed value; null before there is one. */
  readonly incumbent: number | null;
  /** Absent: none was written. */
  readonly note?: string;
}

/** The one reducer: host, project file and renderer fold the same events with it. */
export function applyStudyEvent(study: Study | null, event: StudyEvent): Study {
  return reduce(study, event, COPIED);
}

/** How the list of trials takes a new or a changed one. */
interface ListEdit {
  readonly add: (trials: readonly Trial[], trial: Trial) => readonly Trial[];
  readonly put: (trials: readonly Trial[], trial: Trial) => readonly Trial[];
}

const COPIED: ListEdit = { add: (trials, trial) => [...trials, trial], put: (trials, trial) => trials.with(trial.number - 1, trial) };
/** Only for a list nobody else holds. */
const IN_PLACE: ListEdit = {
  add: (trials, trial) => {
    (trials as Trial[]).push(trial);
    return trials;
  },
  put: (trials, trial) => {
    (trials as Trial[])[trial.number - 1] = trial;
    return trials;
  },
};

function reduce(study: Study | null, event: StudyEvent, list: ListEdit): Study {
  if (event.kind === 'study-created') {
    if (study !== null) throw outOfOrder(event);
    return {
      id: event.studyId, createdAt: event.at, spec: event.spec, state: 'draft', trials: [], runs: [], incumbent: null,
    };
  }
  if (study === null) throw outOfOrder(event);
  switch (event.kind) {
    case 'spec-changed':
      return withIncumbent({ ...study, spec: event.spec });
    case 'run-started': {
      const run = { startedAt: event.at, endedAt: null, machine: event.machine, backend: event.backend, reason: null };
      return { ...study, state: 'running', runs: [...study.runs, run] };
    }
    case 'trial-started': {
      if (event.trial !== study.trials.length + 1) throw outOfOrder(event);
      const { trial: number, configuration, origin, prediction, at: startedAt } = event;
      const trial: Trial = {
        number, configuration, origin, prediction, startedAt, finishedAt: null, state: 'running', measurement: null,
        value: null, feasible: false, violations: [], failure: null, abortReason: null, seconds: null,
        ...(event.reason !== undefined && { reason: event.reason }), ...(event.advised !== undefined && { advised: event.advised }),
        ...(event.machine !== undefined && { machine: event.machine }),
      };
      return { ...study, trials: list.add(study.trials, trial) };
    }
    case 'trial-finished': {
      const open = study.trials[event.trial - 1];
      if (open?.state !== 'running') throw outOfOrder(event);
      const done: Trial = {
        ...open, finishedAt: event.at, seconds: event.seconds, state: event.outcome.state, ...outcomeFields(event.outcome),
      };
      return withNewTrial(study, done, list);
    }
    case 'note-written': {
      if (event.trial === null) return { ...study, note: event.text };
      const noted = study.trials[event.trial - 1];
      if (!noted) throw outOfOrder(event);
      return { ...study, trials: study.trials.with(event.trial - 1, { ...noted, note: event.text }) };
    }
    case 'run-paused':
      return { ...study, state: 'paused' };
    case 'run-continued':
      return { ...study, state: 'running' };
    case 'machines-compared':
      return withLastRun(study, { machines: event.machines });
    case 'run-ended':
      return { ...withLastRun(study, { endedAt: event.reason.kind === 'interrupted' ? lastSignOfLife(study) : event.at, reason: event.reason }), state: 'ended' };
    default:
      return assertNever(event, 'study event');
  }
}

/** An interruption is noted at the next start, maybe days later: the run itself ended with what was last heard of it. */
function lastSignOfLife({ runs, trials }: Study): string {
  const heard = trials.flatMap(({ state, startedAt, finishedAt }) => (state === 'aborted' || finishedAt === null ? [startedAt] : [startedAt, finishedAt]));
  return [runs.at(-1)!.startedAt, ...heard].reduce((latest, at) => (Date.parse(at) > Date.parse(latest) ? at : latest));
}

export function foldStudy(events: Iterable<StudyEvent>): Study | null {
  const fold = studyFold();
  let study: Study | null = null;
  for (const event of events) study = fold(event);
  return study;
}

/**
 * The reducer over a whole history, one event a call: its list of trials grows in place, so that ten thousand trials cost ten
 * thousand steps and not as many copies. Only the study of the last call may be kept.
 */
export function studyFold(): (event: StudyEvent) => Study {
  let study: Study | null = null;
  return (event) => (study = reduce(study, event, IN_PLACE));
}

/** Trials that count against the budget: complete or failed. Aborted ones are run again. */
export function countFinished({ trials }: { readonly trials: readonly Pick<Trial, 'state'>[] }): number {
  return trials.filter(({ state }) => state === 'complete' || state === 'failed').length;
}

export function bestTrial(study: Study): Trial | null {
  return study.incumbent === null ? null : (study.trials[study.incumbent - 1] ?? null);
}

/** Measured trials that met every condition, the best first. */
export function rankedTrials({ spec: { objective }, trials }: Study): readonly Trial[] {
  return trials
    .filter(({ state, feasible, value }) => state === 'complete' && feasible && value !== null)
    .toSorted((a, b) => (a.value === b.value ? a.number - b.number : isBetter(objective, a.value!, b.value!) ? -1 : 1));
}

/** In the order they were started; more than one where trials run on several machines. */
export function runningTrials(study: Study): readonly Trial[] {
  return study.trials.filter(({ state }) => state === 'running');
}

/** The one started last. */
export function runningTrial(study: Study): Trial | null {
  return study.trials.findLast(({ state }) => state === 'running') ?? null;
}

/** A run without an end in a file nobody is running: the app was killed. */
export function wasInterrupted(study: Study): boolean {
  return study.state === 'running' || study.state === 'paused';
}

function withLastRun(study: Study, change: Partial<Run>): Study {
  return { ...study, runs: study.runs.map((run, i) => (i === study.runs.length - 1 ? { ...run, ...change } : run)) };
}

function withNewTrial(study: Study, trial: Trial, list: ListEdit): Study {
  const trials = list.put(study.trials, trial);
  const best = study.incumbent === null ? null : trials[study.incumbent - 1]!;
  const incumbent = beats(study.spec, trial, best) ? trial.number : study.incumbent;
  return { ...study, trials, incumbent };
}

function withIncumbent(study: Study): Study {
  let best: Trial | null = null;
  for (const trial of study.trials) if (beats(study.spec, trial, best)) best = trial;
  return { ...study, incumbent: best?.number ?? null };
}

function beats(spec: StudySpec, trial: Trial, best: Trial | null): boolean {
  if (trial.state !== 'complete' || !trial.feasible || trial.value === null) return false;
  return best?.value == null || isBetter(spec.objective, trial.value, best.value);
}

function outcomeFields(outcome: Outcome): Partial<Trial> {
  switch (outcome.state) {
    case 'complete':
      return {
        measurement: outcome.measurement, value: outcome.value, feasible: outcome.feasible, violations: outcome.violations,
      };
    case 'failed':
      return { failure: outcome.failure, measurement: outcome.measurement };
    case 'aborted':
      return { abortReason: outcome.reason };
  }
}

function outOfOrder(event: StudyEvent): ServescapeError {
  const which = 'trial' in event ? `${event.kind} ${event.trial}` : event.kind;
  return new ServescapeError('project-damaged', `The study's history is out of order at “${which}”.`, {
    hint: 'Open the backup copy beside the file, or start a new study from this one.',
  });
}
