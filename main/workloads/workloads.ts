import type { ModelSpec } from '../domain/study-spec.ts';
import { ServescapeError } from '../domain/errors.ts';
import { openDigits } from './digits.ts';
import type { Workload } from './workload.ts';

/** `dataRoot` is the folder that holds one folder of data per workload. */
export function openWorkload(name: ModelSpec['workload'], dataRoot: string): Promise<Workload> {
  if (name === 'digits') return openDigits(dataRoot);
  return Promise.reject(new ServescapeError('unsupported', `${name} cannot be run yet.`));
}
