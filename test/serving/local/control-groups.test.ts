import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { controlGroupsV1 } from '../../../main/serving/local/cgroup-v1.ts';
import { controlGroupsV2 } from '../../../main/serving/local/cgroup-v2.ts';
import { detectControlGroups } from '../../../main/serving/local/detect-groups.ts';
import { chooseEnforcement, enforcementFlags } from '../../../main/serving/local/enforcement.ts';
import { machineGroups } from '../fixtures/local-harness.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'servescape-test-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(folder: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(join(root, folder), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, folder, name), text);
  return join(root, folder);
}

function read(...path: readonly string[]): string {
  return readFileSync(join(root, ...path), 'utf8');
}

describe('detection', () => {
  it('finds nothing where the kernel tells nothing', () => {
    expect(detectControlGroups(null)).toBeNull();
    expect(detectControlGroups({ mountInfo: '', ownGroups: '' })).toBeNull();
    expect(detectControlGroups({ mountInfo: 'nonsense - more\n\n', ownGroups: 'x' })).toBeNull();
  });

  it('finds nothing where groups cannot be created', () => {
    const mountInfo = `31 23 0:28 / ${root}/absent rw - cgroup cgroup rw,cpu\n`;
    expect(detectControlGroups({ mountInfo, ownGroups: '1:cpu:/' })).toBeNull();
  });

  it.skipIf(machineGroups === null)('leaves nothing behind on this machine', () => {
    const [folder] = machineGroups!.foldersOf(`servescape-probe-${process.pid}`);
    expect(existsSync(folder!)).toBe(false);
  });
});

describe('version 1', () => {
  it('writes quota and memory, raising memory with swap first and lowering it last', () => {
    const parents = { cpu: put('cpu', {}), cpuacct: put('cpuacct', {}), memory: put('memory', {}) };
    const groups = controlGroupsV1(parents);
    expect(groups.foldersOf('servescape-a')).toEqual([join(root, 'cpu/servescape-a'), join(root, 'cpuacct/servescape-a'), join(root, 'memory/servescape-a')]);
    const group = groups.create('servescape-a');
    put('memory/servescape-a', { 'memory.memsw.limit_in_bytes': String(100 * 2 ** 20) });
    expect(group.limit({ cpuCores: 0.35, memoryMb: 300 })).toBe(true);
    expect(read('cpu/servescape-a/cpu.cfs_period_us')).toBe('100000');
    expect(read('cpu/servescape-a/cpu.cfs_quota_us')).toBe('35000');
    expect(read('memory/servescape-a/memory.limit_in_bytes')).toBe(String(300 * 2 ** 20));
    expect(read('memory/servescape-a/memory.memsw.limit_in_bytes')).toBe(String(300 * 2 ** 20));
    group.add(4321);
    expect(['cpu', 'cpuacct', 'memory'].map((name) => read(name, 'servescape-a/cgroup.procs'))).toEqual(['4321', '4321', '4321']);
  });

  it('reads use, throttling and memory kills; file pages do not count', () => {
    const parents = { cpu: put('cpu', {}), cpuacct: put('cpuacct', {}), memory: put('memory', {}) };
    const group = controlGroupsV1(parents).create('g');
    put('cpuacct/g', { 'cpuacct.usage': '1500000000\n' });
    put('cpu/g', { 'cpu.stat': 'nr_periods 40\nnr_throttled 37\nthrottled_time 99\n' });
    put('memory/g', {
      'memory.usage_in_bytes': '1000\n', 'memory.stat': 'cache 7\ntotal_cache 300\n', 'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
    });
    expect(group.read()).toEqual({ cpuMs: 1500, memoryBytes: 700, periods: 40, throttledPeriods: 37, memoryKills: 2 });
  });

  it('reads nulls, not zeros, where a controller is missing', () => {
    const group = controlGroupsV1({ cpu: null, cpuacct: null, memory: put('memory', {}) }).create('g');
    expect(group.read()).toEqual({ cpuMs: null, memoryBytes: null, periods: null, throttledPeriods: null, memoryKills: null });
  });
});

describe('version 2', () => {
  it('writes cpu.max, memory.max and switches swap off', () => {
    const groups = controlGroupsV2({ folder: put('slice', {}), limitsCpu: true, limitsMemory: true });
    const group = groups.create('servescape-b');
    put('slice/servescape-b', { 'memory.swap.max': 'max\n', 'memory.current': '1000\n' });
    expect(group.limit({ cpuCores: 1.5, memoryMb: 64 })).toBe(true);
    expect(read('slice/servescape-b/cpu.max')).toBe('150000 100000');
    expect(read('slice/servescape-b/memory.max')).toBe(String(64 * 2 ** 20));
    expect(read('slice/servescape-b/memory.swap.max')).toBe('0');
  });

  it('refuses a limit below what is in use, which would kill', () => {
    const group = controlGroupsV2({ folder: put('slice', {}), limitsCpu: true, limitsMemory: true }).create('g');
    put('slice/g', { 'memory.current': String(65 * 2 ** 20) });
    expect(group.limit({ cpuCores: 1, memoryMb: 64 })).toBe(false);
    expect(existsSync(join(root, 'slice/g/memory.max'))).toBe(false);
  });

  it('reads use, throttling and memory kills', () => {
    const group = controlGroupsV2({ folder: put('slice', {}), limitsCpu: true, limitsMemory: true }).create('g');
    put('slice/g', {
      'cpu.stat': 'usage_usec 2500000\nuser_usec 1\nnr_periods 10\nnr_throttled 4\n',
      'memory.current': '5000\n', 'memory.stat': 'anon 1\nfile 1500\nfile_mapped 9\n', 'memory.events': 'low 0\noom 1\noom_kill 1\noom_group_kill 0\n',
    });
    expect(group.read()).toEqual({ cpuMs: 2500, memoryBytes: 3500, periods: 10, throttledPeriods: 4, memoryKills: 1 });
  });
});

describe('enforcement', () => {
  const both = { cpuCores: 0.3, memoryMb: 200 };

  it('is the kernel alone where it can do both', () => {
    const enforcement = chooseEnforcement(controlGroupsV1({ cpu: root, cpuacct: root, memory: root }));
    expect(enforcement.words).toBe('cgroup v1 (CPU quota and memory limit)');
    expect(enforcementFlags(enforcement, both)).toEqual([]);
  });

  it('is shared where the kernel can do one', () => {
    const enforcement = chooseEnforcement(controlGroupsV2({ folder: root, limitsCpu: false, limitsMemory: true }));
    expect(enforcement.words).toBe("cgroup v2 (memory limit) and the server's own CPU throttle");
    expect(enforcementFlags(enforcement, both)).toEqual(['--servescape_cpu_cores=0.3']);
    const other = chooseEnforcement(controlGroupsV1({ cpu: root, cpuacct: null, memory: null }));
    expect(other.words).toBe("cgroup v1 (CPU quota) and the server's own memory guard");
    expect(enforcementFlags(other, both)).toEqual(['--servescape_memory_limit_mb=200']);
  });

  it('is the server alone where the kernel can do nothing', () => {
    const enforcement = chooseEnforcement(null);
    expect(enforcement.words).toBe("the server's own throttle and memory guard");
    expect(enforcementFlags(enforcement, both)).toEqual(['--servescape_cpu_cores=0.3', '--servescape_memory_limit_mb=200']);
  });
});
