import { formatCount } from './format.ts';
import { asksGpuClock } from './gpu.ts';
import type { Capacity } from './machine.ts';
import type { ServingConfiguration } from './serving-configuration.ts';
import type { StudySpec } from './study-spec.ts';

/** A relation every configuration must satisfy before anything is started; shown with the share it rules out. */
export interface FeasibilityRule {
  readonly name: 'cores' | 'memory' | 'batch' | 'gpu-clock';
  /** "Replicas × CPU ≤ 6 cores" */
  readonly text: string;
  readonly allows: (serving: ServingConfiguration) => boolean;
}

export interface FeasibilityFacts {
  readonly capacity: Capacity;
}

/** Cores all replicas may use together. Kept off one core they get whole ones: none of them can use a part of the one that is left. */
export function usableCores(backend: StudySpec['backend'], { cores }: Capacity): number {
  return backend.kind === 'docker' && backend.pinCores ? Math.floor(cores) : cores;
}

export function feasibilityRules(spec: StudySpec, facts: FeasibilityFacts): readonly FeasibilityRule[] {
  const { capacity } = facts;
  const cores = usableCores(spec.backend, capacity);
  const { requestBatchSize } = spec.environment;
  const rules: FeasibilityRule[] = [
    {
      name: 'cores',
      text: `Replicas × CPU ≤ ${cores} ${cores === 1 ? 'core' : 'cores'}`,
      allows: ({ replicas, cpuCores }) => replicas * cpuCores <= cores + 1e-9,
    },
    {
      name: 'memory',
      text: `Replicas × memory ≤ ${formatCount(capacity.memoryMb)} MB`,
      allows: ({ replicas, memoryMb }) => replicas * memoryMb <= capacity.memoryMb,
    },
    {
      name: 'batch',
      text: `Items per request (${requestBatchSize}) ≤ max batch size`,
      allows: ({ maxBatchSize }) => requestBatchSize <= maxBatchSize,
    },
  ];
  const { gpuClocks } = spec;
  if (gpuClocks && asksGpuClock(spec)) {
    const legal = new Set(gpuClocks.clocksMhz);
    rules.push({
      name: 'gpu-clock',
      text: `GPU clock in the card’s list of ${formatCount(legal.size)}`,
      allows: ({ gpuClockMhz }) => legal.has(gpuClockMhz),
    });
  }
  return rules;
}

/** The first rule that rules the configuration out, or null. */
export function brokenRule(rules: readonly FeasibilityRule[], serving: ServingConfiguration): FeasibilityRule | null {
  return rules.find((rule) => !rule.allows(serving)) ?? null;
}
