import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ResourceReading } from './control-group.ts';

/** Linux counts process times in hundredths of a second on every architecture we run on (USER_HZ). */
const MS_PER_TICK = 10;
const PS_TIMEOUT_MS = 2000;
const run = promisify(execFile);

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
    const { stdout } = await run('ps', ['-o', 'lstart=,command=', '-p', String(pid)], { timeout: PS_TIMEOUT_MS });
    const match = /^\s*(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.*)$/m.exec(stdout);
    return match === null ? null : { startedAt: match[1] ?? '', commandLine: match[2] ?? '' };
  } catch {
    return null;
  }
}

/** Processor time and resident memory of one process with its threads; nulls where the system does not tell. */
export async function readProcess(pid: number): Promise<ResourceReading> {
  const unknown = { cpuMs: null, memoryBytes: null, periods: null, throttledPeriods: null, memoryKills: null };
  if (process.platform === 'win32') return unknown;
  if (process.platform !== 'linux') return { ...unknown, ...(await readByPs(pid)) };
  return { ...unknown, cpuMs: readStat(pid)?.cpuMs ?? null, memoryBytes: readResidentBytes(pid) };
}

interface Stat {
  readonly state: string;
  readonly startedAt: string;
  readonly cpuMs: number;
}

/** The name in brackets may hold spaces and brackets; what counts comes after the last one. */
function readStat(pid: number): Stat | null {
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

function readResidentBytes(pid: number): number | null {
  try {
    const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return match === null ? null : Number(match[1]) * 1024;
  } catch {
    return null;
  }
}

async function readByPs(pid: number): Promise<Pick<ResourceReading, 'cpuMs' | 'memoryBytes'>> {
  try {
    const { stdout } = await run('ps', ['-o', 'rss=,time=', '-p', String(pid)], { timeout: PS_TIMEOUT_MS });
    const [kilobytes, time] = stdout.trim().split(/\s+/);
    return { cpuMs: parsePsTime(time ?? ''), memoryBytes: Number(kilobytes) * 1024 };
  } catch {
    return { cpuMs: null, memoryBytes: null };
  }
}

/** "[[dd-]hh:]mm:ss[.cc]" → ms */
export function parsePsTime(text: string): number | null {
  const match = /^(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+(?:\.\d+)?)$/.exec(text);
  if (match === null) return null;
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return ((((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1000;
}
