import { afterEach, describe, expect, it } from 'vitest';
import { ServescapeError } from '../../../main/domain/errors.ts';
import type { ControlGroup, ControlGroups } from '../../../main/serving/local/control-group.ts';
import { createHarness, machineGroups, predict, type Harness } from '../fixtures/local-harness.ts';

const kernelLimitsMemory = machineGroups?.limitsMemory === true;

let harness: Harness | null = null;
afterEach(async () => {
  await harness?.dispose();
  harness = null;
});

async function failureOf(promise: Promise<unknown>): Promise<ServescapeError> {
  const error = await promise.then(() => null, (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ServescapeError);
  return error as ServescapeError;
}

describe('a replica that does not start', () => {
  it('is given up after the time-out, saying that CPU was not the reason', async () => {
    harness = createHarness('never-ready');
    const error = await failureOf(harness.deploy({ cpuCores: 0.9 }, { readyTimeoutMs: 1500 }));
    expect(error.code).toBe('not-ready');
    expect(error.message).toMatch(/^Replica 1 was not ready within 1\.5 s\. It used 0\.\d\d of its 0\.90 cores/);
    expect(error.details.log?.[0]).toContain('max_batch_size');
    expect(harness.processes()).toEqual([]);
  });

  it('is given up with the CPU to try when the CPU limit is what held it up', async () => {
    harness = createHarness('spin-at-start');
    const error = await failureOf(harness.deploy({ cpuCores: 0.22 }, { readyTimeoutMs: 2500 }));
    expect(error.code).toBe('not-ready');
    if (machineGroups?.limitsCpu !== true) return;
    expect(error.message).toBe('Replica 1 was not ready within 2.5 s. 0.22 cores are too few to load the model in that time.');
    expect(error.details.hint).toBe('Raise the lowest CPU to 0.35.');
  });

  it('says how it left and keeps the last 50 lines of its log', async () => {
    harness = createHarness('chatty,exit-at-start');
    const error = await failureOf(harness.deploy({ replicas: 2 }));
    expect(error.code).toBe('exited-at-start');
    expect(error.message).toMatch(/^Replica [12] ended before it was ready: it left with exit code 3\. Its last line: .*the disk is upside down$/);
    expect(error.details.log).toHaveLength(50);
    expect(error.details.log?.[0]).toMatch(/^line 452 /);
    expect(error.details.log?.at(-2)).toHaveLength(2000);
    expect(harness.processes()).toEqual([]);
  });

  it('passes on why the model cannot be used', async () => {
    harness = createHarness('broken-model');
    const error = await failureOf(harness.deploy());
    expect(error.code).toBe('model-unusable');
    expect(error.message).toContain('No operator called Nonsense');
  });

  it('says that the program is missing', async () => {
    harness = createHarness('well', { nodePath: '/nowhere/node' });
    const error = await failureOf(harness.deploy());
    expect(error.code).toBe('exited-at-start');
    expect(error.message).toContain('ENOENT');
  });

  it('says that the model is missing before anything is started', async () => {
    harness = createHarness('well', { modelRoot: '/nowhere' });
    const error = await failureOf(harness.deploy());
    expect(error.code).toBe('model-missing');
    expect(error.message).toContain('/nowhere/digits');
    expect(harness.remains()).toEqual([]);
  });

  it('is refused when one replica may use more than the machine has', async () => {
    harness = createHarness('well');
    expect((await failureOf(harness.deploy({ cpuCores: 4000 }))).code).toBe('limit-above-machine');
    expect((await failureOf(harness.deploy({ memoryMb: 900_000_000 }))).code).toBe('limit-above-machine');
  });

  it('is refused in words when the kernel refuses its group or its limits', async () => {
    const group: ControlGroup = {
      folders: [], add: () => undefined, limit: () => false, remove: () => true,
      read: () => ({ cpuMs: 0, memoryBytes: 0, periods: 0, throttledPeriods: 0, memoryKills: 0 }),
    };
    const groups: ControlGroups = { version: 1, limitsCpu: true, limitsMemory: true, foldersOf: () => [], create: () => group };
    harness = createHarness('well', { groups });
    expect((await failureOf(harness.deploy())).code).toBe('limit-above-machine');
    await harness.dispose();
    const create = (): never => {
      throw new Error('ENOSPC');
    };
    harness = createHarness('well', { groups: { ...groups, create } });
    const error = await failureOf(harness.deploy());
    expect(error.code).toBe('backend-unavailable');
    expect(error.message).toContain('ENOSPC');
  });

  it.skipIf(!kernelLimitsMemory)('names the memory it needs when the kernel ended it for memory', async () => {
    harness = createHarness('well');
    const error = await failureOf(harness.deploy({ memoryMb: 8 }));
    expect(error.code).toBe('out-of-memory');
    expect(error.message).toMatch(/^The model needs about \d+ MB to start, and replica 1 may use 8 MB: .*the kernel counted 1 memory kill/);
    const toTry = Number(/to (\d+) MB/.exec(error.details.hint ?? '')?.[1]);
    await (await harness.deploy({ memoryMb: toTry })).release({ reusable: false });
  });

  it('believes the memory guard of the server', async () => {
    harness = createHarness('guard-at-start', { groups: null });
    const error = await failureOf(harness.deploy({ memoryMb: 64 }));
    expect(error.code).toBe('out-of-memory');
    expect(error.message).toContain('“Out of memory: RSS 70 MB exceeds the limit of 64 MB”, exit code 137');
    expect(error.details.hint).toMatch(/^Raise the lowest memory to \d+ MB\.$/);
  });

  it('is waited for when it is only slow', async () => {
    harness = createHarness('slow-400');
    expect((await harness.deploy()).endpoints).toHaveLength(1);
  });
});

describe('a replica that fails under load', () => {
  it('is reported with its exit code and log', async () => {
    harness = createHarness('die-on-predict');
    const deployment = await harness.deploy({ replicas: 2 });
    await predict(deployment.endpoints[1]!).catch(() => undefined);
    const error = await failureOf(deployment.died);
    expect(error.code).toBe('crashed-under-load');
    expect(error.message).toBe('Replica 2 ended while it was answering requests: it left with exit code 9. Its last line: terrible things happened');
    await deployment.release({ reusable: true });
    expect(harness.processes()).toEqual([]);
  });

  it.skipIf(!kernelLimitsMemory)('is reported as out of memory when the kernel ended it', async () => {
    harness = createHarness('hog-on-predict');
    const deployment = await harness.deploy({ memoryMb: 120 });
    await predict(deployment.endpoints[0]!).catch(() => undefined);
    const error = await failureOf(deployment.died);
    expect(error.code).toBe('out-of-memory');
    expect(error.message).toMatch(/^Under this load replica 1 needed more than its 120 MB/);
  });

  it('does not take a plain kill for a lack of memory', async () => {
    harness = createHarness('well');
    const deployment = await harness.deploy();
    process.kill(harness.processes()[0]!, 'SIGKILL');
    const error = await failureOf(deployment.died);
    expect(error.code).toBe('crashed-under-load');
    expect(error.message).toContain('SIGKILL');
  });
});

describe('observing', () => {
  it('rejects with the cause when the last request was what ended a replica', async () => {
    harness = createHarness('die-on-predict');
    const deployment = await harness.deploy();
    await predict(deployment.endpoints[0]!).catch(() => undefined);
    expect((await failureOf(deployment.observe())).code).toBe('crashed-under-load');
  });
});
