import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { GROUP_NAME_PREFIX } from './control-group.ts';

/** Reading and writing the kernel's one-value files. Missing files read as null. */
export function readText(folder: string, file: string): string | null {
  try {
    return readFileSync(join(folder, file), 'utf8').trim();
  } catch {
    return null;
  }
}

/** Null for "max" and anything else that is no number. */
export function readNumber(folder: string, file: string): number | null {
  const text = readText(folder, file);
  return text === null || !/^-?\d+$/.test(text) ? null : Number(text);
}

/** One value of a "name value" list such as cpu.stat. */
export function readField(folder: string, file: string, name: string): number | null {
  const match = new RegExp(`^${name}\\s+(\\d+)$`, 'm').exec(readText(folder, file) ?? '');
  return match === null ? null : Number(match[1]);
}

/** False when the kernel or a permission refuses. */
export function tryWrite(folder: string, file: string, value: string | number): boolean {
  try {
    writeFileSync(join(folder, file), String(value), { flag: 'w' });
    return true;
  } catch {
    return false;
  }
}

/** False when a process still lives in it; a folder that is gone counts as removed. */
export function removeGroupFolder(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return !existsSync(folder);
  }
}

const REMOVAL_TRIES = 100;
const REMOVAL_PAUSE_MS = 10;

/** The kernel lets go of a group a moment after its last process. False when it is still in use after a second. */
export async function removeGroupWhenEmpty(remove: () => boolean): Promise<boolean> {
  for (let i = 0; i < REMOVAL_TRIES; i += 1) {
    if (remove()) return true;
    await wait(REMOVAL_PAUSE_MS);
  }
  return false;
}

/** Whether we may create groups below `parent` that carry `controlFile`, found out by doing it once. */
export function canCreateGroup(parent: string, controlFile: string): boolean {
  const probe = join(parent, `${GROUP_NAME_PREFIX}probe-${process.pid}`);
  try {
    accessSync(join(parent, 'cgroup.procs'), constants.W_OK);
    mkdirSync(probe);
  } catch {
    return false;
  }
  try {
    accessSync(join(probe, controlFile), constants.W_OK);
    return true;
  } catch {
    return false;
  } finally {
    removeGroupFolder(probe);
  }
}
