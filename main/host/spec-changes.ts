import { ServescapeError } from '../domain/errors.ts';
import type { Study } from '../domain/study.ts';
import type { StudySpec } from '../domain/study-spec.ts';

/** What may still change once there are trials: they stay comparable. */
const CHANGEABLE = new Set<keyof StudySpec>(['name', 'space', 'budget', 'sampler', 'fixed']);

const WORDS: Partial<Record<keyof StudySpec, string>> = {
  backend: 'how replicas run', model: 'the model', environment: 'the environment', objective: 'the objective',
  measurement: 'the measurement', seed: 'the seed', template: 'the template',
};

/** Refuses a change that would make earlier trials incomparable. Narrowed bounds, budget, sampler and name may change. */
export function refuseIncomparable(study: Study, next: StudySpec): void {
  if (study.trials.length === 0) return;
  for (const key of Object.keys(next) as (keyof StudySpec)[]) {
    if (CHANGEABLE.has(key) || JSON.stringify(study.spec[key]) === JSON.stringify(next[key])) continue;
    throw new ServescapeError('conflict', `This study has trials already, so ${WORDS[key] ?? key} cannot change any more.`, {
      hint: 'Make a new study from it.', field: key,
    });
  }
  const names = (spec: StudySpec): string => spec.space.map(({ name }) => name).join();
  const sameFixed = JSON.stringify(study.spec.fixed) === JSON.stringify(next.fixed);
  if (names(study.spec) !== names(next) || !sameFixed) {
    throw new ServescapeError('conflict', 'This study has trials already, so the searched parameters cannot change any more.', {
      hint: 'Bounds can; for other parameters make a new study from it.', field: 'space',
    });
  }
}
