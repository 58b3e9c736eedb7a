import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { machineSchema } from '../../main/domain/machine.ts';
import { backgroundShare, measureBackgroundLoad } from '../../main/hardware/background-load.ts';
import { createMachineFacts } from '../../main/hardware/machine-facts.ts';
import { readCpuQuotaCores, readOwnLimits } from '../../main/hardware/own-limits.ts';
import { readPowerPlan } from '../../main/hardware/power-plan.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'servescape-test-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

describe('machine facts', () => {
  it('fit the schema they are stored with, and ask for GPUs once', async () => {
    let asked = 0;
    const gpus = [{ name: 'A100', memoryMb: 40960, driver: '535' }];
    const facts = createMachineFacts({
      appVersion: '1.2.3',
      queryGpus: async () => {
        asked += 1;
        return { kind: 'found', gpus };
      },
    });
    const machine = machineSchema.parse(await facts.read());
    await facts.read();
    expect(asked).toBe(1);
    expect(machine).toMatchObject({ appVersion: '1.2.3', nodeVersion: process.version, gpus });
  });

  it('have no GPU where nvidia-smi fails', async () => {
    const facts = createMachineFacts({ appVersion: '1', queryGpus: async () => ({ kind: 'failed', reason: 'x' }) });
    expect((await facts.read()).gpus).toEqual([]);
  });

  it('never claim more than the machine has', () => {
    const { cores, memoryMb, freeMemoryMb } = readOwnLimits();
    expect(cores).toBeGreaterThanOrEqual(1);
    expect(cores).toBeLessThanOrEqual(availableParallelism());
    expect(memoryMb).toBeLessThanOrEqual(totalmem() / 2 ** 20);
    expect(freeMemoryMb).toBeGreaterThan(0);
    expect(freeMemoryMb).toBeLessThanOrEqual(memoryMb);
  });
});

describe('a CPU quota of our own', () => {
  it('is the smallest on the way up in version 2', () => {
    put('cpu.max', 'max 100000');
    put('a/cpu.max', '150000 100000');
    put('a/b/cpu.max', '400000 100000');
    expect(readCpuQuotaCores(root, '0::/a/b\n')).toBe(1.5);
  });

  it('is read in version 1, where −1 means none', () => {
    put('cpu/cpu.cfs_quota_us', '-1\n');
    put('cpu/cpu.cfs_period_us', '100000\n');
    expect(readCpuQuotaCores(root, '2:cpu,cpuacct:/docker/x\n')).toBeNull();
    put('cpu/docker/x/cpu.cfs_quota_us', '50000\n');
    put('cpu/docker/x/cpu.cfs_period_us', '100000\n');
    expect(readCpuQuotaCores(root, '2:cpu,cpuacct:/docker/x\n')).toBe(0.5);
  });

  it('is none where the kernel tells nothing', () => expect(readCpuQuotaCores(root, null)).toBeNull());
});

describe('background load', () => {
  it('is busy time of all processors without our own', () => {
    const before = { busyMs: 1000, totalMs: 10_000, ownMs: 50 };
    expect(backgroundShare(before, { busyMs: 1300, totalMs: 11_000, ownMs: 150 })).toBeCloseTo(0.2);
    expect(backgroundShare(before, { busyMs: 1010, totalMs: 11_000, ownMs: 150 })).toBe(0);
    expect(backgroundShare(before, before)).toBeNull();
  });

  it('is a share on this machine', async () => {
    const load = await measureBackgroundLoad();
    expect(load).toBeGreaterThanOrEqual(0);
    expect(load).toBeLessThanOrEqual(1);
  });
});

describe('the power plan', () => {
  it('is the governor, and whether mains power is off', () => {
    put('sys/devices/system/cpu/cpu0/cpufreq/scaling_governor', 'powersave\n');
    put('sys/class/power_supply/AC/type', 'Mains\n');
    put('sys/class/power_supply/AC/online', '0\n');
    put('sys/class/power_supply/BAT0/type', 'Battery\n');
    expect(readPowerPlan(root)).toEqual({ governor: 'powersave', onBattery: true });
    put('sys/class/power_supply/AC/online', '1\n');
    expect(readPowerPlan(root).onBattery).toBe(false);
  });

  it('is unknown where the system does not tell', () => {
    expect(readPowerPlan(root)).toEqual({ governor: null, onBattery: null });
    put('sys/class/power_supply/BAT0/type', 'Battery\n');
    expect(readPowerPlan(root).onBattery).toBeNull();
  });
});
