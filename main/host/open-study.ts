import { ServescapeError } from '../domain/errors.ts';
import { applyStudyEvent, runningTrials, wasInterrupted, type Study } from '../domain/study.ts';
import { startStudyRun, type StudyRunner } from '../study/study-runner.ts';
import { canTeach, taughtStudy, type TaughtStudy } from '../optimizer/study-request.ts';
import type { Chooser, LabsFor } from '../study/ports.ts';
import type { Configuration } from '../domain/parameter.ts';
import type { Suggestion } from '../domain/suggestion.ts';
import type { Prediction } from '../domain/trial.ts';
import type { NumberedEvent, StopReason, StudyEvent } from '../domain/study-event.ts';
import type { ProjectFile } from '../project/project-file.ts';
import type { StudyUpdate } from '../contract/values.ts';

/** One study of an open project: its watchers and the run in progress, if any. */
export interface OpenStudy {
  readonly study: () => Study;
  /** Commits an event outside a run (a changed spec) and tells the watchers. */
  readonly append: (event: StudyEvent) => void;
  readonly watch: (listener: (update: StudyUpdate) => void) => () => void;
  readonly start: (mode: 'run' | 'step') => void;
  /** Runs this configuration as the next trial, in the run in progress or as a run of one trial. */
  readonly tryNext: (configuration: Configuration, prediction: Prediction | null) => void;
  /** Other studies its sampler may learn from; empty unless the spec says so. */
  readonly earlier: () => readonly TaughtStudy[];
  /** The run in progress; refuses when there is none. */
  readonly running: () => StudyRunner;
  readonly isRunning: () => boolean;
  /** Stops now and waits until every replica is gone. */
  readonly close: () => Promise<void>;
}

export function openStudy(
  file: ProjectFile, studyId: string, labsFor: LabsFor, chooser: Chooser,
  /** Hears every event of a run, with the study as it is after it. */
  onRun: (event: StudyEvent, study: Study) => void = () => undefined,
): OpenStudy {
  const store = file.store(studyId);
  const listeners = new Set<(update: StudyUpdate) => void>();
  let runner: StudyRunner | null = null;
  const tell = (update: StudyUpdate): void => {
    for (const listener of listeners) listener(update);
  };
  /** As far as the file has it; kept here because the file may be gone when the run must end. */
  let kept: { readonly seq: number; readonly study: Study } | null = null;
  const onEvent = (numbered: NumberedEvent): void => {
    if (kept) {
      kept = { seq: numbered.seq, study: applyStudyEvent(kept.study, numbered.event) };
      onRun(numbered.event, kept.study);
    }
    tell({ kind: 'event', numbered });
  };
  const snapshot = () => ({ kind: 'snapshot', seq: file.lastSeq(studyId), study: file.study(studyId) }) as const;
  const earlier = (): readonly TaughtStudy[] => {
    const { spec } = file.study(studyId);
    return spec.sampler.kind === 'bayes' && spec.sampler.learnFromOthers === true ? teachersOf(file, studyId) : [];
  };
  const start = (mode: 'run' | 'step', byHand: readonly Suggestion[] = []): void => {
    if (runner) throw new ServescapeError('conflict', 'This study is already running.');
    if (wasInterrupted(file.study(studyId))) {
      // The last run could not write its end; what stopped it is put right by now, or this refuses.
      for (const event of endingEvents(file.study(studyId), UNWRITTEN)) store.append(event);
      tell(snapshot());
    }
    const study = file.study(studyId);
    kept = { seq: file.lastSeq(studyId), study };
    const current = startStudyRun(
      {
        study, projectId: file.id, store, labs: labsFor(study.spec), chooser, wallMs: () => performance.now(), onEvent,
        earlier: earlier(), byHand, onLive: (run, trial) => tell({ kind: 'live', run, trial }),
      },
      mode,
    );
    runner = current;
    void current.ended.then((reason) => {
      runner = null;
      // Disk full, file gone: the end is not in the file, and whoever watches must still hear of it.
      if (kept && wasInterrupted(kept.study)) tell({ kind: 'snapshot', seq: kept.seq, study: endingEvents(kept.study, reason).reduce(applyStudyEvent, kept.study) });
      kept = null;
    });
  };

  return {
    study: () => file.study(studyId),
    append: (event) => onEvent(store.append(event)),
    watch: (listener) => {
      listener(snapshot());
      if (runner) {
        const { run, trials } = runner.live();
        for (const trial of trials.length === 0 ? [null] : trials) listener({ kind: 'live', run, trial });
      }
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    start,
    earlier,
    tryNext: (configuration, prediction) => {
      const byHand: Suggestion = { configuration, origin: 'user', prediction, largestExpectedGain: null };
      if (runner) runner.tryNext(byHand);
      else start('step', [byHand]);
    },
    running: () => {
      if (!runner) throw new ServescapeError('conflict', 'This study is not running.', { hint: 'Start it first.' });
      return runner;
    },
    isRunning: () => runner !== null,
    close: async () => {
      runner?.stop('now');
      await runner?.ended;
    },
  };
}

const UNWRITTEN: StopReason = { kind: 'interrupted', text: 'The end of the run could not be written to the file.' };

/** What a run that cannot write any more leaves out: the end of its trial and its own. */
function endingEvents(study: Study, reason: StopReason): readonly StudyEvent[] {
  const at = new Date().toISOString();
  const outcome = { state: 'aborted', reason: reason.text } as const;
  return [
    ...runningTrials(study).map(({ number }) => ({ kind: 'trial-finished', at, trial: number, outcome, seconds: null }) as const),
    { kind: 'run-ended', at, reason },
  ];
}

/** Studies of the same project that search the same parameters of the same system, without what the model does not read. */
function teachersOf(file: ProjectFile, studyId: string): readonly TaughtStudy[] {
  const { spec } = file.study(studyId);
  return file.studies()
    .filter(({ id }) => id !== studyId)
    .map(({ id }) => file.study(id))
    .filter((other) => canTeach(other.spec, spec))
    .map(taughtStudy);
}
