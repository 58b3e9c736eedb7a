import type { Client } from '../../main/contract/client.ts';
import type { StudySpec } from '../../main/domain/study-spec.ts';
import { sweepSpecSchema, type SweepSpec } from '../../main/domain/sweep.ts';

export async function simulatedSpec(client: Client): Promise<StudySpec> {
  return (await client.call('templates.list', {})).find(({ id }) => id === 'simulated')!.spec;
}

/** Two trials of few requests at each concurrency. */
export function tinySweep(spec: StudySpec, concurrencies: number[]): SweepSpec {
  const base = { ...spec, sampler: { kind: 'random' as const }, budget: { ...spec.budget, trials: 2 }, measurement: { ...spec.measurement, requests: { kind: 'fixed' as const, count: 100 } } };
  return sweepSpecSchema.parse({ name: 'tiny', vary: { kind: 'concurrency', values: concurrencies }, duel: false, base });
}
