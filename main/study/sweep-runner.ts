import { errorData } from '../domain/errors.ts';
import { isStudyDone, type Sweep, type SweepEvent, type SweepReason } from '../domain/sweep.ts';
import type { StopReason } from '../domain/study-event.ts';
import type { Study } from '../domain/study.ts';

/** One study as the queue sees it. */
export interface QueuedStudy {
  study(): Study;
  /** Starts or goes on; `ended` resolves when the run is over and every replica is gone. */
  start(): { readonly ended: Promise<StopReason>; stop(when: 'now' | 'after-trial'): void };
}

export interface SweepRunnerOptions {
  readonly sweep: Sweep;
  readonly studyOf: (studyId: string) => QueuedStudy;
  /** Commits and tells. */
  readonly append: (event: SweepEvent) => void;
  readonly nowIso: () => string;
}

export interface SweepRunner {
  /** Resolves when the queue has ended; never rejects. */
  readonly ended: Promise<SweepReason>;
  /** Stops the running study with it; what is finished stays, and the sweep can go on later. */
  stop(when: 'now' | 'after-trial'): void;
}

const AND = new Intl.ListFormat('en');

/**
 * Runs the studies of a sweep one after the other, without supervision. Studies that are done are passed over: that is how a
 * sweep goes on after a stop or a kill. A study that ends by a fault does not end the sweep; one that the user stops does.
 */
export function startSweepRun({ sweep, studyOf, append, nowIso }: SweepRunnerOptions): SweepRunner {
  let current: ReturnType<QueuedStudy['start']> | null = null;
  let stopRequested: 'now' | 'after-trial' | null = null;

  const runAll = async (): Promise<SweepReason> => {
    const namesByFault = new Map<string, string[]>();
    append({ kind: 'sweep-started', at: nowIso() });
    for (const { studyId } of sweep.members) {
      if (stopRequested !== null) return { kind: 'user', text: 'Stopped on request.' };
      const queued = studyOf(studyId);
      if (isStudyDone(queued.study())) continue;
      current = queued.start();
      const reason = await current.ended;
      current = null;
      if (reason.kind === 'user') return { kind: 'user', text: 'Stopped on request.' };
      if (reason.kind === 'fault') namesByFault.set(reason.text, [...(namesByFault.get(reason.text) ?? []), `“${queued.study().spec.name}”`]);
    }
    if (namesByFault.size > 0) return { kind: 'fault', text: [...namesByFault].map(([text, names]) => `${AND.format(names)} ended early. ${text}`).join(' ') };
    return { kind: 'done', text: `All ${sweep.members.length} studies are done.` };
  };

  const end = async (): Promise<SweepReason> => {
    const reason = await runAll().catch((error: unknown): SweepReason => ({ kind: 'fault', text: errorData(error).message }));
    try {
      append({ kind: 'sweep-ended', at: nowIso(), reason });
      return reason;
    } catch (error) {
      return { kind: 'fault', text: errorData(error).message };
    }
  };

  return {
    ended: end(),
    stop: (when) => {
      stopRequested = when;
      current?.stop(when);
    },
  };
}
