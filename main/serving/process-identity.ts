import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** Linux counts process times in hundredths of a second on every architecture we run on (USER_HZ). */
const MS_PER_TICK = 10;
const PS_TIMEOUT_MS = 2000;

/** Tells a process from a later one with the same number. */
export interface ProcessIdentity {
  readonly startedAt: string;
  readonly commandLine: string;
}

/** Null when there is no such process, it is only waiting to be reaped, or the system does not tell. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | null> {
  if (process.platform === 'win32') return null;
  if (process.platform !== 'linux') return identifyByPs(pid);
  const stat = readStat(pid);
  if (stat === null || stat.state === 'Z' || stat.state === 'X') return null;
  try {
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
    return { startedAt: stat.startedAt, commandLine };
  } catch {
    return null;
  }
}

async function identifyByPs(pid: number): Promise<ProcessIdentity | null> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=,command=', '-p', String(pid)], { timeout: PS_TIMEOUT_MS });
    const match = /^\s*(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.*)$/m.exec(stdout);
    return match === null ? null : { startedAt: match[1] ?? '', commandLine: match[2] ?? '' };
  } catch {
    return null;
  }
}

export interface ProcessStat {
  readonly state: string;
  readonly startedAt: string;
  readonly cpuMs: number;
}

/** The name in brackets may hold spaces and brackets; what counts comes after the last one. */
export function readStat(pid: number): ProcessStat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {
      state: fields[0] ?? '',
      startedAt: fields[19] ?? '',
      cpuMs: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK,
    };
  } catch {
    return null;
  }
}
