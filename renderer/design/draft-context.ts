import { createContext } from 'svelte';
import type { StudyDraft } from '../state/draft.svelte.ts';

const [getDraft, setDraft] = createContext<StudyDraft>();
export { getDraft, setDraft };

/** Id of the control that edits "space.1.low"; its fault line is `${id}-fault`. */
export function fieldId(path: string): string {
  return `field-${path.replaceAll('.', '-')}`;
}
