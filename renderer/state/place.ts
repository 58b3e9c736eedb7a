import { NO_FILTER, type Filter } from '../charts/filter.ts';
import type { ResultsTab, Screen } from './app.svelte.ts';

/** Where this window was and what its charts showed, so that a reload of the page is no loss. Lives as long as the tab. */
export interface Place {
  readonly path: string;
  readonly screen: Screen;
  readonly studyId: string;
  readonly resultsTab: ResultsTab;
  readonly filter: Filter;
}

const KEY = 'servescape.place';

export function keepPlace(place: Place | null): void {
  try {
    if (place === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify(place));
  } catch {
    // Storage may be switched off; then a reload starts at Welcome.
  }
}

export function lastPlace(): Place | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Place | null;
    // Kept before an update of the program: what it did not know yet is as usual.
    return kept === null ? null : { ...kept, resultsTab: kept.resultsTab ?? 'overview', filter: { ...NO_FILTER, ...kept.filter } };
  } catch {
    return null;
  }
}

/** The desktop shell names a file to open after `#open=`; from a browser's address nothing is opened. */
export function fileInAddress(): string | null {
  const { hash } = location;
  return window.servescape && hash.startsWith('#open=') ? decodeURIComponent(hash.slice('#open='.length)) : null;
}
