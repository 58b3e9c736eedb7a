import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { controlGroupsV1, type V1Parents } from './cgroup-v1.ts';
import { controlGroupsV2, type V2Parent } from './cgroup-v2.ts';
import type { ControlGroups } from './control-group.ts';
import { canCreateGroup, readNumber, readText } from './group-files.ts';

/** What the kernel says about this process; two files of /proc/self. */
export interface GroupFacts {
  readonly mountInfo: string;
  readonly ownGroups: string;
}

export function readGroupFacts(): GroupFacts | null {
  try {
    return {
      mountInfo: readFileSync('/proc/self/mountinfo', 'utf8'),
      ownGroups: readFileSync('/proc/self/cgroup', 'utf8'),
    };
  } catch {
    return null;
  }
}

/**
 * The best place to create groups in: version 2 with both controllers, else version 1, else whatever version 2 gives.
 * Only what is mounted and writable already; nothing is mounted or switched on outside our own folders.
 */
export function detectControlGroups(facts: GroupFacts | null): ControlGroups | null {
  if (facts === null) return null;
  const v2 = findV2(facts);
  if (v2 !== null && v2.limitsCpu && v2.limitsMemory) return controlGroupsV2(v2);
  const v1 = findV1(facts);
  if (v1.cpu !== null || v1.memory !== null) return controlGroupsV1(v1);
  return v2 === null ? null : controlGroupsV2(v2);
}

interface Mount {
  readonly folder: string;
  /** Which part of the tree is mounted there. */
  readonly root: string;
  readonly type: string;
  readonly options: readonly string[];
}

function parseMounts(mountInfo: string): readonly Mount[] {
  return mountInfo.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ');
    const [, , , root, folder] = (before ?? '').split(' ');
    const [type, , options] = (after ?? '').split(' ');
    if (root === undefined || folder === undefined || type === undefined) return [];
    return [{ folder: unescapeMount(folder), root: unescapeMount(root), type, options: (options ?? '').split(',') }];
  });
}

function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Our own group's folder under a mount; the mount itself when our group lies outside what is mounted. */
function ownFolder(mount: Mount, ownPath: string): string {
  const below = relative(mount.root, ownPath);
  return below.startsWith('..') ? mount.folder : join(mount.folder, below);
}

function findV1({ mountInfo, ownGroups }: GroupFacts): V1Parents {
  const mounts = parseMounts(mountInfo).filter(({ type }) => type === 'cgroup');
  const find = (controller: string, controlFile: string, limitFile: string): string | null => {
    const mount = mounts.find(({ options }) => options.includes(controller));
    if (mount === undefined) return null;
    const line = ownGroups.split('\n').find((text) => text.split(':')[1]?.split(',').includes(controller));
    const own = ownFolder(mount, line?.split(':').slice(2).join(':') ?? '/');
    return v1Candidates(mount.folder, own, limitFile).find((parent) => canCreateGroup(parent, controlFile)) ?? null;
  };
  return {
    cpu: find('cpu', 'cpu.cfs_quota_us', 'cpu.cfs_quota_us'),
    cpuacct: find('cpuacct', 'cpuacct.usage', ''),
    memory: find('memory', 'memory.limit_in_bytes', 'memory.limit_in_bytes'),
  };
}

/** Version 1 reports "unlimited" as a number near 2⁶³. */
const UNLIMITED_FROM = 2 ** 60;

/** At the top as container engines do, unless we are limited ourselves: replicas must not escape that. */
function v1Candidates(top: string, own: string, limitFile: string): readonly string[] {
  const limit = limitFile === '' ? null : readNumber(own, limitFile);
  const limited = own !== top && limit !== null && limit > 0 && limit < UNLIMITED_FROM;
  return limited ? [own] : [...new Set([top, own])];
}

/**
 * Version 2 lets a folder hold either processes or groups with controllers, so the place is the nearest folder above
 * our own whose owner switched controllers on for its children and that we may write to.
 */
function findV2({ mountInfo, ownGroups }: GroupFacts): V2Parent | null {
  const mount = parseMounts(mountInfo).find(({ type }) => type === 'cgroup2');
  const path = /^0::(.*)$/m.exec(ownGroups)?.[1];
  if (mount === undefined || path === undefined) return null;
  let folder = ownFolder(mount, path);
  while (folder.startsWith(mount.folder)) {
    const on = (readText(folder, 'cgroup.subtree_control') ?? '').split(' ');
    const limitsCpu = on.includes('cpu') && canCreateGroup(folder, 'cpu.max');
    const limitsMemory = on.includes('memory') && canCreateGroup(folder, 'memory.max');
    if (limitsCpu || limitsMemory) return { folder, limitsCpu, limitsMemory };
    if (folder === mount.folder) break;
    folder = dirname(folder);
  }
  return null;
}
