import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BYTES_PER_MB, CPU_PERIOD_MICROS, cpuQuotaMicros, type ControlGroup, type ControlGroups, type ReplicaLimits,
} from './control-group.ts';
import { readField, readNumber, removeGroupFolder, tryWrite } from './group-files.ts';

/** Folders below which groups are created, one per controller; null where that controller is not ours to use. */
export interface V1Parents {
  readonly cpu: string | null;
  readonly cpuacct: string | null;
  readonly memory: string | null;
}

/** Control groups version 1: every controller has its own tree. */
export function controlGroupsV1(parents: V1Parents): ControlGroups {
  const inUse = [parents.cpu, parents.cpuacct, parents.memory].filter((parent) => parent !== null);
  const foldersOf = (name: string): readonly string[] => [...new Set(inUse.map((parent) => join(parent, name)))];
  return {
    version: 1,
    limitsCpu: parents.cpu !== null,
    limitsMemory: parents.memory !== null,
    foldersOf,
    create: (name) => createGroup(name, parents, foldersOf(name)),
  };
}

function createGroup(name: string, parents: V1Parents, folders: readonly string[]): ControlGroup {
  for (const folder of folders) mkdirSync(folder);
  const cpu = parents.cpu === null ? null : join(parents.cpu, name);
  const cpuacct = parents.cpuacct === null ? null : join(parents.cpuacct, name);
  const memory = parents.memory === null ? null : join(parents.memory, name);
  return {
    folders,
    add: (pid) => folders.forEach((folder) => writeFileSync(join(folder, 'cgroup.procs'), String(pid))),
    limit: (limits) => limitCpu(cpu, limits) && limitMemory(memory, limits),
    read: () => {
      const cpuNanos = cpuacct === null ? null : readNumber(cpuacct, 'cpuacct.usage');
      const charged = memory === null ? null : readNumber(memory, 'memory.usage_in_bytes');
      return {
        cpuMs: cpuNanos === null ? null : cpuNanos / 1e6,
        memoryBytes: memory === null || charged === null
          ? null
          : Math.max(0, charged - (readField(memory, 'memory.stat', 'total_cache') ?? 0)),
        periods: cpu === null ? null : readField(cpu, 'cpu.stat', 'nr_periods'),
        throttledPeriods: cpu === null ? null : readField(cpu, 'cpu.stat', 'nr_throttled'),
        memoryKills: memory === null ? null : readField(memory, 'memory.oom_control', 'oom_kill'),
      };
    },
    remove: () => folders.map(removeGroupFolder).every(Boolean),
  };
}

function limitCpu(folder: string | null, { cpuCores }: ReplicaLimits): boolean {
  if (folder === null) return true;
  return tryWrite(folder, 'cpu.cfs_period_us', CPU_PERIOD_MICROS)
    && tryWrite(folder, 'cpu.cfs_quota_us', cpuQuotaMicros(cpuCores));
}

/** Memory plus swap may never be below memory: raised first, lowered last. Without swap accounting the file is absent. */
function limitMemory(folder: string | null, { memoryMb }: ReplicaLimits): boolean {
  if (folder === null) return true;
  const bytes = memoryMb === null ? -1 : memoryMb * BYTES_PER_MB;
  const withSwap = readNumber(folder, 'memory.memsw.limit_in_bytes');
  if (withSwap === null) return tryWrite(folder, 'memory.limit_in_bytes', bytes);
  const raises = bytes === -1 || bytes > withSwap;
  const files = raises
    ? ['memory.memsw.limit_in_bytes', 'memory.limit_in_bytes']
    : ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'];
  return files.every((file) => tryWrite(folder, file, bytes));
}
