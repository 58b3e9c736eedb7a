import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createHarness, createRealHarness, machineGroups, predict, whileBusy, type Harness } from '../fixtures/local-harness.ts';

const kernelLimitsCpu = machineGroups?.limitsCpu === true;
/** Long enough for thirty scheduler periods: one more or less no longer matters. */
const BUSY_MS = 3000;
/** 30 % of one core leaves room for everything else on the smallest machine. */
const CORES = 0.25;
/** A machine busy with other work may keep a replica from its share for a while. */
const RETRIED = { retry: 2 };

let harness: Harness | null = null;
afterEach(async () => {
  await harness?.dispose();
  harness = null;
});

/** CPU time of a process with its threads, read here and not by the backend: user + system, hundredths of a second. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Mean cores of the only replica over a busy while, by our own reading, next to what the backend observed. */
async function busyCores(used: Harness, busyMs: number, observe: () => Promise<unknown>): Promise<number> {
  const [pid] = used.processes();
  const begun = { ms: performance.now(), cpu: cpuSeconds(pid!) };
  await wait(busyMs);
  const cores = (cpuSeconds(pid!) - begun.cpu) / ((performance.now() - begun.ms) / 1000);
  await observe();
  return cores;
}

describe('a CPU limit', () => {
  it.skipIf(!kernelLimitsCpu)('held by the kernel is what a busy replica uses, and is observed so', RETRIED, async () => {
    harness = createHarness('spin-on-predict');
    const deployment = await harness.deploy({ cpuCores: CORES });
    await predict(deployment.endpoints[0]!);
    await deployment.beginObservation();
    let observed: Awaited<ReturnType<typeof deployment.observe>> | null = null;
    const cores = await busyCores(harness, BUSY_MS, async () => (observed = await deployment.observe()));
    expect(cores).toBeGreaterThan(CORES * 0.4);
    expect(cores).toBeLessThan(CORES * 1.15);
    const [replica] = observed!.replicas;
    expect(Math.abs(replica!.cpuCores! - cores)).toBeLessThan(CORES * 0.2);
    expect(replica!.throttledShare).toBeGreaterThan(0);
  });

  it.skipIf(!kernelLimitsCpu)('changed on a running replica holds at once', RETRIED, async () => {
    harness = createHarness('spin-on-predict', { reuse: true });
    const first = await harness.deploy({ cpuCores: 0.6 });
    await predict(first.endpoints[0]!);
    await first.release({ reusable: true });
    await harness.deploy({ cpuCores: 0.2 });
    const cores = await busyCores(harness, BUSY_MS, async () => undefined);
    expect(cores).toBeGreaterThan(0.2 * 0.4);
    expect(cores).toBeLessThan(0.2 * 1.15);
  });

  it('held by the real server itself is not exceeded under load', RETRIED, async () => {
    harness = createRealHarness({ groups: null });
    const deployment = await harness.deploy({ cpuCores: CORES });
    expect(deployment.enforcement).toContain("the server's own throttle");
    await whileBusy(deployment.endpoints, 4, async () => {
      await deployment.beginObservation();
      let observed: Awaited<ReturnType<typeof deployment.observe>> | null = null;
      const cores = await busyCores(harness!, BUSY_MS, async () => (observed = await deployment.observe()));
      expect(cores).toBeGreaterThan(CORES * 0.4);
      expect(cores).toBeLessThan(CORES * 1.15);
      const [replica] = observed!.replicas;
      expect(replica!.throttledShare).toBeGreaterThan(0);
    });
  });
});

describe('observation of the real server', () => {
  it('gives memory, batch size and queue of a window with requests in it', async () => {
    harness = createRealHarness();
    const deployment = await harness.deploy({ cpuCores: 0.8, replicas: 2 });
    await deployment.beginObservation();
    for (let i = 0; i < 5; i += 1) for (const endpoint of deployment.endpoints) expect(await predict(endpoint)).toBe(200);
    const { replicas, server } = await deployment.observe();
    expect(server).toMatchObject({ meanBatchSize: 1, paddedShare: 0 });
    expect(server!.meanQueueMs).toBeGreaterThan(0);
    for (const { memoryMb, cpuCores } of replicas) {
      expect(memoryMb).toBeGreaterThan(20);
      expect(cpuCores).toBeGreaterThan(0);
    }
  });

  it('begins anew with every window', async () => {
    harness = createRealHarness();
    const deployment = await harness.deploy({ cpuCores: 0.8 });
    await predict(deployment.endpoints[0]!);
    await deployment.beginObservation();
    expect((await deployment.observe()).server).toBeNull();
  });
});
