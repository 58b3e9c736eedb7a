import { ServescapeError } from '../domain/errors.ts';
import { startStudyRun, type StudyRunner } from '../study/study-runner.ts';
import type { Chooser, LabFor } from '../study/ports.ts';
import type { NumberedEvent, StudyEvent } from '../domain/study-event.ts';
import type { ProjectFile } from '../project/project-file.ts';
import type { Study } from '../domain/study.ts';
import type { StudyUpdate } from '../contract/values.ts';

/** One study of an open project: its watchers and the run in progress, if any. */
export interface OpenStudy {
  readonly study: () => Study;
  /** Commits an event outside a run (a changed spec) and tells the watchers. */
  readonly append: (event: StudyEvent) => void;
  readonly watch: (listener: (update: StudyUpdate) => void) => () => void;
  readonly start: (mode: 'run' | 'step') => void;
  /** The run in progress; refuses when there is none. */
  readonly running: () => StudyRunner;
  readonly isRunning: () => boolean;
  /** Stops now and waits until every replica is gone. */
  readonly close: () => Promise<void>;
}

export function openStudy(
  file: ProjectFile, studyId: string, labFor: LabFor, chooser: Chooser,
): OpenStudy {
  const store = file.store(studyId);
  const listeners = new Set<(update: StudyUpdate) => void>();
  let runner: StudyRunner | null = null;
  const tell = (update: StudyUpdate): void => {
    for (const listener of listeners) listener(update);
  };
  const onEvent = (numbered: NumberedEvent): void => tell({ kind: 'event', numbered });

  return {
    study: () => file.study(studyId),
    append: (event) => onEvent(store.append(event)),
    watch: (listener) => {
      listener({ kind: 'snapshot', seq: file.events(studyId).length, study: file.study(studyId) });
      if (runner) listener({ kind: 'live', ...runner.live() });
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    start: (mode) => {
      if (runner) throw new ServescapeError('conflict', 'This study is already running.');
      const study = file.study(studyId);
      const current = startStudyRun(
        {
          study, projectId: file.id, store, lab: labFor(study.spec), chooser, wallMs: () => performance.now(), onEvent,
          onLive: (run, trial) => tell({ kind: 'live', run, trial }),
        },
        mode,
      );
      runner = current;
      void current.ended.then(() => {
        runner = null;
      });
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
