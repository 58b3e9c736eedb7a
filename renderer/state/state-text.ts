import { countFinished } from '../../main/domain/study.ts';
import type { AppState } from './app.svelte.ts';

/** What is safe right now, beside the study's name: "Saved after trial 33". */
export function stateText({ project, study: view, draft, screen, sweep }: AppState): string {
  if (project === null || view === null) return '';
  if (project.readOnly !== null) return 'Read-only';
  // Compare names the sweep, not the draft it was made from.
  if (screen === 'compare' && sweep !== null) return 'Saved';
  if (draft && draft.faults.length > 0) return 'Not saved until every field is in order';
  const { study } = view;
  const done = countFinished(study);
  if (done > 0) return study.state === 'ended' ? 'Saved' : `Saved after trial ${done}`;
  return study.state === 'draft' ? 'Edited, not yet run' : 'Saved';
}
