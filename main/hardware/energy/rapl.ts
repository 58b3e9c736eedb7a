import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/class/powercap';
/** The fastest counters (64 kJ at some hundred watts) wrap after minutes; looked at this often, no wrap is missed. */
const LOOK_EVERY_MS = 10_000;

interface Counter {
  readonly path: string;
  /** µJ at which it starts again from 0. */
  readonly rangeUj: number;
}

export type RaplState =
  | { readonly kind: 'readable'; readonly packages: number }
  /** There are counters, but only the administrator may read them (Linux since 5.10). */
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'absent' };

/** Whether the processor's energy counters can be read; never throws. */
export function probeRapl(root = ROOT): RaplState {
  const zones = findZones(root);
  if (zones.length === 0) return { kind: 'absent' };
  const readable = findCounters(root);
  return readable.length < zones.length ? { kind: 'forbidden' } : { kind: 'readable', packages: readable.length };
}

export interface RaplWatch {
  /** Joules since the watch began; null when a counter could not be read. */
  end(): number | null;
}

/** Joules of all processor packages and their memory from now on; null where they cannot be read. */
export function watchRapl(root = ROOT): RaplWatch | null {
  if (probeRapl(root).kind !== 'readable') return null;
  const counters = findCounters(root).map((counter) => ({ ...counter, last: readUj(counter.path), sum: 0 }));
  let lost = false;
  const look = (): void => {
    for (const counter of counters) {
      const now = readUj(counter.path);
      if (now === null || counter.last === null) {
        lost = true;
        continue;
      }
      counter.sum += microjoulesBetween(counter.last, now, counter.rangeUj);
      counter.last = now;
    }
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  timer.unref();
  return {
    end: () => {
      clearInterval(timer);
      look();
      return lost ? null : counters.reduce((sum, counter) => sum + counter.sum, 0) / 1e6;
    },
  };
}

/** Counters count up and start again at their range. */
export function microjoulesBetween(before: number, after: number, rangeUj: number): number {
  return after >= before ? after - before : after + rangeUj - before;
}

/** Packages, and of their parts only the memory: cores and graphics are inside the package, `psys` would count it twice. */
function findZones(root: string): readonly string[] {
  try {
    return readdirSync(root).filter((name) => /^intel-rapl:\d+(:\d+)?$/.test(name)).map((name) => join(root, name)).filter((path) => /^(package-\d+|dram)$/.test(readText(join(path, 'name'))));
  } catch {
    return [];
  }
}

function findCounters(root: string): readonly Counter[] {
  return findZones(root).flatMap((path) => {
    const energy = join(path, 'energy_uj');
    const rangeUj = Number(readText(join(path, 'max_energy_range_uj')));
    return readUj(energy) === null || !(rangeUj > 0) ? [] : [{ path: energy, rangeUj }];
  });
}

function readUj(path: string): number | null {
  const text = readText(path);
  return /^\d+$/.test(text) ? Number(text) : null;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
