import { getContext, setContext } from 'svelte';

const KEY = Symbol('trials outside the brush');

/** The trials a brush on this screen leaves out: every figure draws them faint and its table leaves them out. */
export function setOutside(outside: () => ReadonlySet<number> | null): void {
  setContext(KEY, outside);
}

export function getOutside(): () => ReadonlySet<number> | null {
  return getContext<(() => ReadonlySet<number> | null) | undefined>(KEY) ?? (() => null);
}
