import { ServescapeError } from '../../domain/errors.ts';
import type { ServingConfiguration } from '../../domain/serving-configuration.ts';
import type { DockerBackend } from '../../domain/study-spec.ts';
import type { ContainerPlan } from './container-plan.ts';
import { engineName, type EngineFacts } from './engine.ts';

export interface PlanRequest extends Pick<ContainerPlan, 'image' | 'modelName' | 'modelFolder' | 'modelBy' | 'publishOn' | 'hostPort' | 'readOnlyRoot' | 'counters' | 'labels'> {
  readonly backend: DockerBackend;
  readonly facts: EngineFacts;
}

/** Device requests came with API version 1.40. */
const DEVICE_REQUESTS_SINCE = 40;

export function planContainers({ backend, facts, ...given }: PlanRequest): ContainerPlan {
  const legacy = backend.gpus !== 'none' && apiMinor(facts.apiVersion) < DEVICE_REQUESTS_SINCE && facts.runtimes.includes('nvidia');
  return {
    ...given,
    threadsFromCpu: backend.threadsFromCpu,
    cpuset: backend.pinCores ? coresForReplicas(facts.cores) : null,
    gpus: backend.gpus,
    gpuRuntime: legacy ? 'nvidia' : null,
    // Without capabilities not even root reads files that belong to somebody else.
    user: given.modelBy === 'bind' && process.getuid !== undefined && process.getuid() !== 0 ? `${process.getuid()}:${process.getgid?.() ?? 0}` : null,
  };
}

function apiMinor(version: string): number {
  return Number(version.split('.')[1] ?? 0);
}

/** All cores but the last, which is left to the load generator. */
export function coresForReplicas(cores: number): string {
  if (cores < 2) {
    throw new ServescapeError('limit-above-machine', 'This machine has one core, so replicas and load generator cannot have their own.', {
      hint: 'Switch “Keep replicas off one core” off.',
    });
  }
  return cores === 2 ? '0' : `0-${cores - 2}`;
}

/** @throws ServescapeError `limit-above-machine` before anything is started: Docker itself accepts too much memory */
export function refuseAboveEngine({ replicas, cpuCores, memoryMb }: ServingConfiguration, backend: DockerBackend, facts: EngineFacts): void {
  const cores = backend.pinCores ? facts.cores - 1 : facts.cores;
  const where = backend.pinCores ? 'replicas are kept to' : `${engineName(facts)} has`;
  if (cpuCores > cores) {
    throw new ServescapeError('limit-above-machine', `One replica may use ${cpuCores.toFixed(2)} cores, but ${where} ${cores}.`, {
      hint: `Lower the highest CPU to ${cores}.`,
    });
  }
  if (replicas * memoryMb > facts.memoryMb) {
    const together = replicas === 1 ? `One replica may use ${memoryMb} MB` : `${replicas} replicas may use ${replicas * memoryMb} MB together`;
    throw new ServescapeError('limit-above-machine', `${together}, but ${engineName(facts)} has ${facts.memoryMb} MB.`, {
      hint: `Lower the highest memory to ${Math.floor(facts.memoryMb / replicas)} MB or less.`,
    });
  }
}
