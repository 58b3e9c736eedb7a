import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { readStat } from '../process-identity.ts';
import type { ResourceReading } from './control-group.ts';

const PS_TIMEOUT_MS = 2000;
const run = promisify(execFile);

/** Processor time and resident memory of one process with its threads; nulls where the system does not tell. */
export async function readProcess(pid: number): Promise<ResourceReading> {
  const unknown = { cpuMs: null, memoryBytes: null, periods: null, throttledPeriods: null, memoryKills: null };
  if (process.platform === 'win32') return unknown;
  if (process.platform !== 'linux') return { ...unknown, ...(await readByPs(pid)) };
  return { ...unknown, cpuMs: readStat(pid)?.cpuMs ?? null, memoryBytes: readResidentBytes(pid) };
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
