import { spokenEvent } from '../domain/spoken-event.ts';
import { countFinished, type Study } from '../domain/study.ts';
import type { StudyEvent } from '../domain/study-event.ts';
import { describeSweep, type Sweep } from '../domain/sweep.ts';

/** What the desktop shows of a run: dock or taskbar progress, no sleep while it measures, a word at its end. */
export interface Activity {
  readonly state: 'measuring' | 'paused' | 'idle';
  /** 0–1. */
  readonly progress: number;
  /** What is said at the end of a run; null before it. */
  readonly ended: { readonly title: string; readonly text: string } | null;
}

/** Null for events that change nothing here. Inside a sweep only its own end is said. */
export function activityOf(event: StudyEvent, study: Study, inSweep: boolean): Activity | null {
  const progress = Math.min(countFinished(study) / study.spec.budget.trials, 1);
  switch (event.kind) {
    case 'run-started':
    case 'run-continued':
    case 'trial-finished':
      return { state: study.state === 'paused' ? 'paused' : 'measuring', progress, ended: null };
    case 'run-paused':
      return { state: 'paused', progress, ended: null };
    case 'run-ended':
      return { state: inSweep ? 'measuring' : 'idle', progress, ended: inSweep ? null : { title: study.spec.name, text: spokenEvent(event, study) } };
    default:
      return null;
  }
}

export function sweepEnded({ spec, members }: Sweep): Activity {
  return { state: 'idle', progress: 1, ended: { title: spec.name, text: `${describeSweep(spec)} has ended, ${members.length} studies.` } };
}
