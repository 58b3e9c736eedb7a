import { countFinished, type Study } from '../../main/domain/study.ts';
import type { AppState } from '../state/app.svelte.ts';
import type { IconName } from '../components/icons.ts';

export interface PrimaryAction {
  readonly label: string;
  readonly icon: IconName;
  /** Why it cannot be done now; null when it can. */
  readonly disabled: string | null;
  readonly run: () => Promise<void> | void;
}

/** The one primary button of Design: start, go on, or go and watch. */
export function primaryAction(app: AppState, study: Study, toFix: string | null): PrimaryAction {
  const readOnly = app.project?.readOnly ? 'Opened read-only. Save a copy and start that' : null;
  const { queue, draft } = app;
  if (queue.isAsked && draft !== null && study.state !== 'running' && study.state !== 'paused') {
    const spec = queue.specFor(draft.acceptable);
    const label = queue.duel ? 'Start duel' : 'Start sweep';
    return { label, icon: 'play', disabled: toFix ?? readOnly ?? queue.faultFor(draft.acceptable), run: () => (spec === null ? undefined : app.startSweep(spec)) };
  }
  switch (study.state) {
    case 'draft':
      return { label: 'Start study', icon: 'play', disabled: toFix ?? readOnly, run: () => app.start() };
    case 'running':
      return { label: 'Go to Run', icon: 'right', disabled: null, run: () => app.navigate('run') };
    case 'paused':
      return { label: 'Continue', icon: 'play', disabled: toFix ?? readOnly, run: () => app.resume() };
    case 'ended': {
      const { trials } = app.draft?.value.budget ?? study.spec.budget;
      const done = countFinished(study) >= trials ? `All ${trials} trials are done. Raise the number of trials to go on` : null;
      return { label: 'Continue', icon: 'play', disabled: toFix ?? readOnly ?? done, run: () => app.resume() };
    }
  }
}
