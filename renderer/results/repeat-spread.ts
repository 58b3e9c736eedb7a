import { configurationKey } from '../../main/domain/search-space.ts';
import { mean } from '../../main/domain/statistics.ts';
import { rankedTrials, type Study } from '../../main/domain/study.ts';
import { standardErrorOf } from '../charts/objective-scale.ts';
import type { Trial } from '../../main/domain/trial.ts';

/**
 * How much one configuration moves from start to start, beyond the scatter of its requests: standard deviation as a share of the
 * value, pooled over all configurations that were measured more than once. Null when there is none.
 */
export function repeatSpread(study: Study): number | null {
  const groups = new Map<string, Trial[]>();
  for (const trial of rankedTrials(study)) {
    if (trial.value! <= 0 || trial.measurement?.raced !== undefined) continue;
    const key = configurationKey(study.spec.space, trial.configuration);
    groups.set(key, [...(groups.get(key) ?? []), trial]);
  }
  const repeated = [...groups.values()].filter(({ length }) => length > 1);
  if (repeated.length === 0) return null;
  let squares = 0;
  let degrees = 0;
  for (const group of repeated) {
    const logs = group.map(({ value }) => Math.log(value!));
    const centre = mean(Float64Array.from(logs));
    squares += logs.reduce((sum, log) => sum + (log - centre) ** 2, 0);
    degrees += group.length - 1;
  }
  const scatter = repeated.flat().map((trial) => ((standardErrorOf(study, trial) ?? 0) / trial.value!) ** 2);
  return Math.sqrt(Math.max(squares / degrees - mean(Float64Array.from(scatter)), 0));
}
