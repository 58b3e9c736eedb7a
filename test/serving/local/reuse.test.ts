import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { ServingConfiguration } from '../../../main/domain/serving-configuration.ts';
import { createHarness, machineGroups, predict, type Harness } from '../fixtures/local-harness.ts';

const kernelLimits = machineGroups?.limitsCpu === true && machineGroups.limitsMemory;

const REUSE = { reuse: true };

let harness: Harness | null = null;
afterEach(async () => {
  await harness?.dispose();
  harness = null;
});

/** Process numbers after each deployment, released for reuse in between. */
async function processesAfterEach(used: Harness, servings: readonly Partial<ServingConfiguration>[]): Promise<readonly (readonly number[])[]> {
  const seen: (readonly number[])[] = [];
  for (const serving of servings) {
    const deployment = await used.deploy(serving);
    seen.push(used.processes());
    await deployment.release({ reusable: true });
  }
  return seen;
}

describe('from one trial to the next', () => {
  it('keeps replicas when only their number changes, parking what is too many', async () => {
    harness = createHarness('well', REUSE);
    const [three, one, four] = await processesAfterEach(harness, [{ replicas: 3 }, { replicas: 1 }, { replicas: 4 }]);
    expect(one).toEqual(three);
    expect(four).toHaveLength(4);
    expect(four).toEqual(expect.arrayContaining([...three!]));
  });

  it.skipIf(!kernelLimits)('changes limits of running replicas', async () => {
    harness = createHarness('well', REUSE);
    const [before, after] = await processesAfterEach(harness, [{ cpuCores: 0.3, memoryMb: 300 }, { cpuCores: 0.7, memoryMb: 200 }]);
    expect(after).toEqual(before);
    const deployment = await harness.deploy({ cpuCores: 0.45, memoryMb: 400 });
    const [pid] = harness.processes();
    expect(limitsOf(pid!)).toEqual({ cpuCores: 0.45, memoryMb: 400 });
    await deployment.release({ reusable: false });
  });

  it('starts anew when a limit is held by the server itself', async () => {
    harness = createHarness('well', { ...REUSE, groups: null });
    const [before, after] = await processesAfterEach(harness, [{ cpuCores: 0.3 }, { cpuCores: 0.4 }]);
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
  });

  it('starts anew when batching or thread pools change', async () => {
    harness = createHarness('well', REUSE);
    const [a, b, c] = await processesAfterEach(harness, [{}, { maxBatchSize: 16 }, { maxBatchSize: 16, batchThreads: 2 }]);
    expect([a, b, c].map((pids) => pids?.length)).toEqual([1, 1, 1]);
    expect(new Set([...a!, ...b!, ...c!]).size).toBe(3);
  });

  it('starts anew after a trial with faults', async () => {
    harness = createHarness('well', REUSE);
    const deployment = await harness.deploy();
    const before = harness.processes();
    await deployment.release({ reusable: false });
    expect(harness.processes()).toEqual([]);
    await harness.deploy();
    expect(harness.processes()).not.toEqual(before);
  });

  it.skipIf(!kernelLimits)('replaces a replica whose heap from an earlier trial fills the new limit', async () => {
    harness = createHarness('hog-on-predict', REUSE);
    const deployment = await harness.deploy({ memoryMb: 800 });
    await predict(deployment.endpoints[0]!);
    const before = harness.processes();
    await deployment.release({ reusable: true });
    await harness.deploy({ memoryMb: 420 });
    expect(harness.processes()).toHaveLength(1);
    expect(harness.processes()).not.toEqual(before);
  });

  it('starts anew in any case unless reuse is wished for', async () => {
    harness = createHarness('well');
    const [before, after] = await processesAfterEach(harness, [{}, {}]);
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
  });

  it('ends parked replicas on request', async () => {
    harness = createHarness('well', REUSE);
    await (await harness.deploy({ replicas: 2 })).release({ reusable: true });
    expect(harness.processes()).toHaveLength(2);
    await harness.backend.releaseParked();
    expect(harness.processes()).toEqual([]);
  });

  it('refuses a second deployment while one is in use', async () => {
    harness = createHarness('well', REUSE);
    await harness.deploy();
    await expect(harness.deploy()).rejects.toMatchObject({ code: 'conflict' });
  });

  it('refuses to deploy once closed', async () => {
    harness = createHarness('well', REUSE);
    await harness.backend.close();
    await expect(harness.deploy()).rejects.toMatchObject({ code: 'backend-unavailable' });
  });
});

/** What the kernel holds a process to, read from its control group. */
function limitsOf(pid: number): { cpuCores: number; memoryMb: number } {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n').map((line) => line.split(':'));
  const folder = (controller: string): string => {
    const mount = mounts.find((line) => (machineGroups?.version === 2 ? line.includes(' - cgroup2 ') : line.includes(' - cgroup ') && line.split(' ').at(-1)?.split(',').includes(controller)));
    const path = lines.find(([, names]) => (machineGroups?.version === 2 ? names === '' : names?.split(',').includes(controller)))?.[2];
    return `${mount?.split(' ')[4] ?? ''}${path ?? ''}`;
  };
  const read = (controller: string, file: string): string => readFileSync(`${folder(controller)}/${file}`, 'utf8').trim();
  if (machineGroups?.version === 2) {
    const [quota, period] = read('cpu', 'cpu.max').split(' ').map(Number);
    return { cpuCores: quota! / period!, memoryMb: Number(read('memory', 'memory.max')) / 2 ** 20 };
  }
  return {
    cpuCores: Number(read('cpu', 'cpu.cfs_quota_us')) / Number(read('cpu', 'cpu.cfs_period_us')),
    memoryMb: Number(read('memory', 'memory.limit_in_bytes')) / 2 ** 20,
  };
}
