import type { ControlGroups } from './control-group.ts';

/** Who holds a replica to its limits. */
export interface Enforcement {
  /** Null when the server has to do all of it. */
  readonly groups: ControlGroups | null;
  readonly cpuBy: 'kernel' | 'server';
  readonly memoryBy: 'kernel' | 'server';
  /** Stored with the trial. */
  readonly words: string;
}

export function chooseEnforcement(groups: ControlGroups | null): Enforcement {
  const cpuBy = groups?.limitsCpu === true ? 'kernel' : 'server';
  const memoryBy = groups?.limitsMemory === true ? 'kernel' : 'server';
  return { groups, cpuBy, memoryBy, words: inWords(groups, cpuBy, memoryBy) };
}

function inWords(groups: ControlGroups | null, cpuBy: Enforcement['cpuBy'], memoryBy: Enforcement['memoryBy']): string {
  if (groups === null || (cpuBy === 'server' && memoryBy === 'server')) return "the server's own throttle and memory guard";
  const name = `cgroup v${groups.version}`;
  if (cpuBy === 'kernel' && memoryBy === 'kernel') return `${name} (CPU quota and memory limit)`;
  if (cpuBy === 'kernel') return `${name} (CPU quota) and the server's own memory guard`;
  return `${name} (memory limit) and the server's own CPU throttle`;
}

/** Flags for what the kernel does not do. */
export function enforcementFlags(enforcement: Enforcement, limits: { readonly cpuCores: number; readonly memoryMb: number | null }): readonly string[] {
  const flags: string[] = [];
  if (enforcement.cpuBy === 'server') flags.push(`--servescape_cpu_cores=${limits.cpuCores}`);
  if (enforcement.memoryBy === 'server' && limits.memoryMb !== null) flags.push(`--servescape_memory_limit_mb=${limits.memoryMb}`);
  return flags;
}
