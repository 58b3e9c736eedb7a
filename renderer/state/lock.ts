import type { Study } from '../../main/domain/study.ts';

/** What of the form may not be changed now. `some`: only what keeps earlier trials comparable. */
export type Lock =
  | { readonly kind: 'none' }
  | { readonly kind: 'some'; readonly reason: string }
  | { readonly kind: 'all'; readonly reason: string };

export function lockOf(study: Study, readOnly: boolean): Lock {
  if (readOnly) return { kind: 'all', reason: 'Opened read-only. Save a copy and work there.' };
  if (study.state === 'running' || study.state === 'paused') return { kind: 'all', reason: 'Running. Stop, or make a new study from it.' };
  if (study.trials.length > 0) return { kind: 'some', reason: 'This study has trials already. For another value, make a new study from it.' };
  return { kind: 'none' };
}

const STAYS_OPEN = /^(name$|budget\.|sampler\.|space\.\d+\.(low|high|values|step|scale)$)/;

/** Why the field at `path` cannot be changed now; null when it can. */
export function lockedAt(lock: Lock, path: string): string | null {
  if (lock.kind === 'none') return null;
  return lock.kind === 'some' && STAYS_OPEN.test(path) ? null : lock.reason;
}
