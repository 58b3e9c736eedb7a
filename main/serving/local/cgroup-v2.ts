import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BYTES_PER_MB, CPU_PERIOD_MICROS, cpuQuotaMicros, type ControlGroup, type ControlGroups, type ReplicaLimits,
} from './control-group.ts';
import { readField, readNumber, readText, removeGroupFolder, tryWrite } from './group-files.ts';

export interface V2Parent {
  readonly folder: string;
  readonly limitsCpu: boolean;
  readonly limitsMemory: boolean;
}

/** Control groups version 2: one tree, controllers switched on per folder by its owner. */
export function controlGroupsV2(parent: V2Parent): ControlGroups {
  return {
    version: 2,
    limitsCpu: parent.limitsCpu,
    limitsMemory: parent.limitsMemory,
    foldersOf: (name) => [join(parent.folder, name)],
    create: (name) => createGroup(join(parent.folder, name), parent),
  };
}

function createGroup(folder: string, parent: V2Parent): ControlGroup {
  mkdirSync(folder);
  return {
    folders: [folder],
    add: (pid) => writeFileSync(join(folder, 'cgroup.procs'), String(pid)),
    limit: (limits) => (!parent.limitsCpu || limitCpu(folder, limits)) && (!parent.limitsMemory || limitMemory(folder, limits)),
    read: () => {
      const cpuMicros = readField(folder, 'cpu.stat', 'usage_usec');
      const charged = readNumber(folder, 'memory.current');
      return {
        cpuMs: cpuMicros === null ? null : cpuMicros / 1000,
        memoryBytes: charged === null ? null : Math.max(0, charged - (readField(folder, 'memory.stat', 'file') ?? 0)),
        periods: readField(folder, 'cpu.stat', 'nr_periods'),
        throttledPeriods: readField(folder, 'cpu.stat', 'nr_throttled'),
        memoryKills: readField(folder, 'memory.events', 'oom_kill'),
      };
    },
    remove: () => removeGroupFolder(folder),
  };
}

function limitCpu(folder: string, { cpuCores }: ReplicaLimits): boolean {
  return tryWrite(folder, 'cpu.max', `${cpuQuotaMicros(cpuCores)} ${CPU_PERIOD_MICROS}`);
}

/**
 * Version 2 accepts a limit below what is in use and then kills; that would turn a live update into a failed trial, so
 * it is refused here.
 */
function limitMemory(folder: string, { memoryMb }: ReplicaLimits): boolean {
  const bytes = memoryMb === null ? null : memoryMb * BYTES_PER_MB;
  if (bytes !== null && (readNumber(folder, 'memory.current') ?? 0) > bytes) return false;
  if (!tryWrite(folder, 'memory.max', bytes ?? 'max')) return false;
  if (readText(folder, 'memory.swap.max') !== null) tryWrite(folder, 'memory.swap.max', 0);
  return true;
}
