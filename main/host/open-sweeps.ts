import { ServescapeError } from '../domain/errors.ts';
import { startSweepRun, type SweepRunner } from '../study/sweep-runner.ts';
import type { OpenStudy } from './open-study.ts';
import type { ProjectFile } from '../project/project-file.ts';
import type { Sweep, SweepEvent } from '../domain/sweep.ts';
import type { SweepUpdate } from '../contract/sweep-methods.ts';

/** The sweeps of an open project: who watches them and the one that runs. */
export interface OpenSweeps {
  start(sweepId: string): void;
  /** Everything that is not done, in order; a stop of one ends it all. */
  startAll(): void;
  stop(sweepId: string, when: 'now' | 'after-trial'): void;
  watch(sweepId: string, listener: (update: SweepUpdate) => void): () => void;
  /** The sweep that is running; null when none is. */
  running(): string | null;
  close(): Promise<void>;
}

export function createOpenSweeps(file: ProjectFile, studyOf: (studyId: string) => OpenStudy, onEnded: (sweep: Sweep) => void = () => undefined): OpenSweeps {
  const listeners = new Map<string, Set<(update: SweepUpdate) => void>>();
  let current: { readonly sweepId: string; readonly runner: SweepRunner } | null = null;
  let closing = false;

  const append = (sweepId: string, event: SweepEvent): void => {
    file.appendSweepEvent(sweepId, event);
    for (const listener of listeners.get(sweepId) ?? []) listener({ kind: 'sweep', event });
  };

  const start = (sweepId: string): SweepRunner => {
    const sweep = file.sweep(sweepId);
    if (current !== null) throw new ServescapeError('conflict', 'A sweep of this project is running.', { hint: 'Wait for its end, or stop it.' });
    const busy = file.studies().find(({ state }) => state === 'running' || state === 'paused');
    if (busy) throw new ServescapeError('conflict', `“${busy.name}” is running.`, { hint: 'Two studies at the same time would slow each other.' });
    const runner = startSweepRun({
      sweep, nowIso: () => new Date().toISOString(), append: (event) => append(sweepId, event),
      studyOf: (studyId) => {
        const open = studyOf(studyId);
        return {
          study: open.study,
          start: () => {
            open.start('run');
            const running = open.running();
            return { ended: running.ended, stop: running.stop };
          },
        };
      },
    });
    current = { sweepId, runner };
    void runner.ended.then(() => {
      current = null;
      onEnded(sweep);
    });
    return runner;
  };
  const startNext = (waiting: readonly string[]): void => {
    const [next, ...rest] = waiting;
    if (next === undefined || closing) return;
    void start(next).ended.then(({ kind }) => {
      if (kind !== 'user') startNext(rest);
    });
  };

  return {
    start: (sweepId) => void start(sweepId),
    startAll: () => {
      const waiting = file.sweeps().filter(({ reason }) => reason?.kind !== 'done').map(({ id }) => id);
      if (waiting.length === 0) throw new ServescapeError('conflict', 'Every sweep of this project is done.');
      startNext(waiting);
    },
    stop: (sweepId, when) => {
      if (current?.sweepId !== sweepId) throw new ServescapeError('conflict', 'This sweep is not running.', { hint: 'Start it first.' });
      current.runner.stop(when);
    },
    watch: (sweepId, listener) => {
      const sweep = file.sweep(sweepId);
      listener({ kind: 'snapshot', sweep, studies: sweep.members.map(({ studyId }) => file.study(studyId)) });
      const mine = listeners.get(sweepId) ?? new Set();
      listeners.set(sweepId, mine.add(listener));
      const leave = sweep.members.map(({ studyId }) =>
        studyOf(studyId).watch((update) => {
          if (update.kind === 'event') listener({ kind: 'study', studyId, numbered: update.numbered });
        }),
      );
      return () => {
        mine.delete(listener);
        for (const stop of leave) stop();
      };
    },
    running: () => current?.sweepId ?? null,
    close: async () => {
      closing = true;
      current?.runner.stop('now');
      await current?.runner.ended;
    },
  };
}
