import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResourceReading } from './stats.ts';

/** The kernel's own counters of a container on this machine: exact to the moment they are read. */
export interface ContainerGroup {
  read(): ResourceReading | null;
  /** Processes the kernel killed for memory; null when it does not say. */
  memoryKills(): number | null;
}

/**
 * Finds them through the container's first process. Null where they cannot be read: the engine runs elsewhere or in a
 * virtual machine, or shows us other processes under that number.
 */
export function findContainerGroup(pid: number, containerId: string): ContainerGroup | null {
  if (process.platform !== 'linux' || pid <= 0) return null;
  try {
    const groups = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
    if (!groups.includes(containerId)) return null;
    const mounts = parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
    // Both versions may be mounted; the one with the controllers has the numbers.
    return [version2(groups, mounts), version1(groups, mounts)].find((group) => group?.read() != null) ?? null;
  } catch {
    return null;
  }
}

interface Mount { readonly folder: string; readonly root: string; readonly type: string; readonly options: readonly string[] }

function parseMounts(mountInfo: string): readonly Mount[] {
  return mountInfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root, folder] = before.split(' ');
    const [type = '', , options = ''] = after.split(' ');
    return root === undefined || folder === undefined ? [] : [{ root, folder, type, options: options.split(',') }];
  });
}

function version2(groups: string, mounts: readonly Mount[]): ContainerGroup | null {
  const path = /^0::(.+)$/m.exec(groups)?.[1];
  const mount = mounts.find(({ type, root }) => type === 'cgroup2' && root === '/');
  if (path === undefined || path === '/' || mount === undefined) return null;
  const folder = join(mount.folder, path);
  return {
    read: () => {
      const micros = field(folder, 'cpu.stat', 'usage_usec');
      const used = number(folder, 'memory.current');
      if (micros === null || used === null) return null;
      return {
        atMs: performance.now(), cpuMs: micros / 1000, memoryBytes: Math.max(0, used - (field(folder, 'memory.stat', 'file') ?? 0)),
        periods: field(folder, 'cpu.stat', 'nr_periods'), throttledPeriods: field(folder, 'cpu.stat', 'nr_throttled'),
      };
    },
    memoryKills: () => field(folder, 'memory.events', 'oom_kill'),
  };
}

function version1(groups: string, mounts: readonly Mount[]): ContainerGroup | null {
  const folderOf = (controller: string): string | null => {
    const path = groups.split('\n').map((line) => line.split(':')).find(([, names]) => names?.split(',').includes(controller))?.slice(2).join(':');
    const mount = mounts.find(({ type, options, root }) => type === 'cgroup' && options.includes(controller) && root === '/');
    return path === undefined || mount === undefined ? null : join(mount.folder, path);
  };
  const [cpu, account, memory] = [folderOf('cpu'), folderOf('cpuacct'), folderOf('memory')];
  if (cpu === null || account === null || memory === null) return null;
  return {
    read: () => {
      const nanos = number(account, 'cpuacct.usage');
      const used = number(memory, 'memory.usage_in_bytes');
      if (nanos === null || used === null) return null;
      return {
        atMs: performance.now(), cpuMs: nanos / 1e6, memoryBytes: Math.max(0, used - (field(memory, 'memory.stat', 'total_cache') ?? 0)),
        periods: field(cpu, 'cpu.stat', 'nr_periods'), throttledPeriods: field(cpu, 'cpu.stat', 'nr_throttled'),
      };
    },
    memoryKills: () => field(memory, 'memory.oom_control', 'oom_kill'),
  };
}

function text(folder: string, file: string): string | null {
  try {
    return readFileSync(join(folder, file), 'utf8');
  } catch {
    return null;
  }
}

function number(folder: string, file: string): number | null {
  const content = text(folder, file)?.trim() ?? '';
  return /^\d+$/.test(content) ? Number(content) : null;
}

function field(folder: string, file: string, name: string): number | null {
  const match = new RegExp(`^${name}\\s+(\\d+)$`, 'm').exec(text(folder, file) ?? '');
  return match === null ? null : Number(match[1]);
}
