import { configurationKey } from '../../main/domain/search-space.ts';
import { mean, sampleVariance } from '../../main/domain/statistics.ts';
import { rankedTrials, type Study } from '../../main/domain/study.ts';
import { standardErrorOf } from '../charts/objective-scale.ts';
import type { Trial } from '../../main/domain/trial.ts';

/** One pass over all trials serves every sentence; a study is never changed in place. */
const known = new WeakMap<Study, { readonly spread: number | null }>();

/**
 * How much one configuration moves from start to start, beyond the scatter of its requests: standard deviation as a share of the
 * value, pooled over all configurations that were measured more than once. Null when there is none.
 */
export function repeatSpread(study: Study): number | null {
  const found = known.get(study) ?? { spread: computeSpread(study) };
  known.set(study, found);
  return found.spread;
}

function computeSpread(study: Study): number | null {
  const groups = new Map<string, Trial[]>();
  for (const trial of rankedTrials(study)) {
    if (trial.value! <= 0 || trial.measurement?.raced !== undefined) continue;
    const key = configurationKey(study.spec.space, trial.configuration);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [trial]);
    else group.push(trial);
  }
  const repeated = [...groups.values()].filter(({ length }) => length > 1);
  if (repeated.length === 0) return null;
  let squares = 0;
  let degrees = 0;
  for (const group of repeated) {
    squares += sampleVariance(group.map(({ value }) => Math.log(value!))) * (group.length - 1);
    degrees += group.length - 1;
  }
  const scatter = repeated.flat().map((trial) => ((standardErrorOf(study, trial) ?? 0) / trial.value!) ** 2);
  return Math.sqrt(Math.max(squares / degrees - mean(Float64Array.from(scatter)), 0));
}
