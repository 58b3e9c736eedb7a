import { counted } from '../domain/format.ts';
import { runningTrials, wasInterrupted } from '../domain/study.ts';
import type { ProjectFile } from './project-file.ts';

/**
 * Call once after opening, before anything runs: a study still marked as running was cut off. The trial in flight is
 * marked aborted (it says nothing about its configuration and will be tried again), the run ended as interrupted.
 * Returns what was done, one sentence each. A read-only file is left as it is.
 */
export function recoverInterrupted(project: ProjectFile, at: string): readonly string[] {
  if (project.readOnly !== null) return [];
  const done: string[] = [];
  for (const { id, name } of project.studies()) {
    const study = project.study(id);
    if (!wasInterrupted(study)) continue;
    const store = project.store(id);
    const cut = runningTrials(study).map(({ number }) => number);
    for (const trial of cut) {
      const outcome = { state: 'aborted', reason: 'The app was closed while this trial ran.' } as const;
      store.append({ kind: 'trial-finished', at, trial, outcome, seconds: null });
    }
    const finished = store.study().trials.filter(({ state }) => state === 'complete' || state === 'failed').length;
    const text = `The app was closed during the run; ${counted(finished, 'finished trial is', 'finished trials are')} kept.`;
    store.append({ kind: 'run-ended', at, reason: { kind: 'interrupted', text } });
    const lost = cut.length === 0 ? '' : ` ${cut.map((trial) => `Trial ${trial}`).join(' and ')} ${cut.length === 1 ? 'was' : 'were'} cut off and will be tried again.`;
    done.push(`“${name}” was interrupted: ${finished} of ${study.spec.budget.trials} trials are kept.${lost}`);
  }
  for (const { id, spec, state } of project.sweeps()) {
    if (state !== 'running') continue;
    project.appendSweepEvent(id, { kind: 'sweep-ended', at, reason: { kind: 'interrupted', text: 'The app was closed during the run.' } });
    done.push(`“${spec.name}” can go on with the studies that are left.`);
  }
  return done;
}
