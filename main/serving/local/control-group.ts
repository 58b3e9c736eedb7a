import { CPU_PERIOD_MS } from '../../domain/cpu-limit.ts';

/** CPU in cores, memory in MB of 1,024 × 1,024 bytes, as for Docker. Null memory: no limit. */
export interface ReplicaLimits {
  readonly cpuCores: number;
  readonly memoryMb: number | null;
}

/** Running totals of a group or process since it started; null where nobody counts. */
export interface ResourceReading {
  readonly cpuMs: number | null;
  /** What cannot be given back by dropping file pages: that is what a limit is up against. */
  readonly memoryBytes: number | null;
  /** Scheduler periods with work, and those in which the CPU limit stopped it. */
  readonly periods: number | null;
  readonly throttledPeriods: number | null;
  /** Processes the kernel killed because the memory limit was reached. */
  readonly memoryKills: number | null;
}

/** The kernel's limits around one replica. */
export interface ControlGroup {
  /** Folders to remove when the replica has ended. */
  readonly folders: readonly string[];
  /** Moves a process with all its threads in. */
  add(pid: number): void;
  /** False when the kernel refuses, for example a memory limit below what is in use. */
  limit(limits: ReplicaLimits): boolean;
  read(): ResourceReading;
  /** False when a process still lives in it. */
  remove(): boolean;
}

/** A place below which we may create groups. */
export interface ControlGroups {
  readonly version: 1 | 2;
  readonly limitsCpu: boolean;
  readonly limitsMemory: boolean;
  /** Folders a group of that name would have; known before they exist so that they can be noted down first. */
  foldersOf(name: string): readonly string[];
  create(name: string): ControlGroup;
}

/** Everything we create is called so: sweeping touches nothing else. */
export const GROUP_NAME_PREFIX = 'servescape-';

export const CPU_PERIOD_MICROS = CPU_PERIOD_MS * 1000;

export const BYTES_PER_MB = 1024 * 1024;

export function cpuQuotaMicros(cpuCores: number): number {
  return Math.max(1000, Math.round(cpuCores * CPU_PERIOD_MICROS));
}
