import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

const BYTES_PER_MB = 1024 * 1024;

/** What this process may use of the machine: a container or control group may allow less than there is. */
export interface OwnLimits {
  /** Whole processors, at least 1. */
  readonly cores: number;
  readonly memoryMb: number;
  readonly freeMemoryMb: number;
}

export function readOwnLimits(): OwnLimits {
  const machineMb = totalmem() / BYTES_PER_MB;
  const constrained = process.constrainedMemory();
  const limitMb = constrained > 0 && constrained < totalmem() ? constrained / BYTES_PER_MB : machineMb;
  const quota = readCpuQuotaCores('/sys/fs/cgroup', readText('/proc/self/cgroup'));
  return {
    cores: Math.max(1, Math.floor(Math.min(availableParallelism(), quota ?? Number.POSITIVE_INFINITY))),
    memoryMb: Math.floor(limitMb),
    freeMemoryMb: Math.floor(Math.min(process.availableMemory(), totalmem()) / BYTES_PER_MB),
  };
}

/**
 * The smallest CPU quota on the way from our control group to the top, in cores; null when there is none. Reads
 * version 2 (`cpu.max`) and version 1 (`cpu.cfs_quota_us`).
 */
export function readCpuQuotaCores(root: string, ownGroups: string | null): number | null {
  const v2Path = /^0::(.*)$/m.exec(ownGroups ?? '')?.[1] ?? '/';
  const v1Path = (ownGroups ?? '').split('\n').map((line) => line.split(':')).find(([, names]) => names?.split(',').includes('cpu'))?.[2] ?? '/';
  const quotas = [
    ...pathsUp(root, v2Path).map((folder) => quotaV2(readText(join(folder, 'cpu.max')))),
    ...pathsUp(join(root, 'cpu'), v1Path).map((folder) =>
      quotaV1(readText(join(folder, 'cpu.cfs_quota_us')), readText(join(folder, 'cpu.cfs_period_us')))),
  ].filter((cores) => cores !== null);
  return quotas.length === 0 ? null : Math.min(...quotas);
}

/** The folder itself and those above it, down to the root of the tree. */
function pathsUp(root: string, path: string): readonly string[] {
  const folders: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    folders.push(join(root, at));
    if (at === '/' || at === '.') return folders;
  }
}

function quotaV2(text: string | null): number | null {
  const [quota, period] = (text ?? '').split(' ').map(Number);
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : null;
}

function quotaV1(quotaText: string | null, periodText: string | null): number | null {
  const [quota, period] = [Number(quotaText ?? Number.NaN), Number(periodText ?? Number.NaN)];
  return quota > 0 && period > 0 ? quota / period : null;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
