import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What decides how fast the processor may run; null where the system does not tell. */
export interface PowerPlan {
  /** Linux: the frequency governor, for example "performance" or "powersave". */
  readonly governor: string | null;
  /** Whether a laptop runs from its battery. */
  readonly onBattery: boolean | null;
}

/** @param root other than `/` in tests */
export function readPowerPlan(root = '/'): PowerPlan {
  return { governor: readGovernor(root), onBattery: readOnBattery(root) };
}

function readGovernor(root: string): string | null {
  return readText(join(root, 'sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'));
}

function readOnBattery(root: string): boolean | null {
  const folder = join(root, 'sys/class/power_supply');
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    return null;
  }
  const mains = names.filter((name) => readText(join(folder, name, 'type')) === 'Mains');
  if (mains.length === 0) return null;
  return mains.every((name) => readText(join(folder, name, 'online')) === '0');
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
