import { getContext, setContext } from 'svelte';

const KEY = Symbol('figure note');

/** What every figure saved from this screen says at its foot, for example that its numbers are simulated. */
export function setFigureNote(note: () => string): void {
  setContext(KEY, note);
}

export function getFigureNote(): () => string {
  return getContext<(() => string) | undefined>(KEY) ?? (() => '');
}

export const SIMULATED_NOTE = 'Simulated in virtual time, not measured';
