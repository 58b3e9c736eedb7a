import type { ModelSpec } from '../domain/study-spec.ts';
import { openDigits } from './digits.ts';
import type { Workload } from './workload.ts';

/** `dataRoot` is the folder that holds one folder of data per workload. */
const WORKLOADS: Readonly<Record<ModelSpec['workload'], (dataRoot: string) => Promise<Workload>>> = {
  digits: openDigits,
};

export function openWorkload(name: ModelSpec['workload'], dataRoot: string): Promise<Workload> {
  return WORKLOADS[name](dataRoot);
}
