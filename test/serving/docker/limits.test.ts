import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { findContainerGroup } from '../../../main/serving/docker/container-group.ts';
import { parseStats } from '../../../main/serving/docker/stats.ts';
import { createDockerHarness, noEngine, onEngine, predict, type DockerHarness } from './docker-harness.ts';

describe.skipIf(noEngine !== null)(onEngine('containers on the engine'), () => {
  let harness: DockerHarness;
  afterEach(() => harness?.dispose());

  const inspect = async (): Promise<Awaited<ReturnType<ReturnType<DockerHarness['docker']['getContainer']>['inspect']>>> =>
    harness.docker.getContainer((await harness.containers())[0]!.Id).inspect();

  /** A loop inside the container that takes all the CPU it can get, whatever else this machine does. */
  async function burn(): Promise<void> {
    const run = await harness.docker.getContainer((await harness.containers())[0]!.Id).exec({ Cmd: ['/bin/node', '-e', 'for (;;);'] });
    await run.start({ Detach: true });
  }

  it.each(['auto', 'stream'] as const)('use the CPU they may, within ten per cent, and say how often they were stopped (%s)', async (counters) => {
    harness = createDockerHarness({ counters });
    const deployment = await harness.deploy({ cpuCores: 0.3, memoryMb: 400 });
    await burn();
    await wait(500);
    await deployment.beginObservation();
    await predict(deployment.endpoints[0]!);
    await wait(3000);
    const { replicas: [seen], server } = await deployment.observe();
    expect(seen!.cpuCores).toBeLessThan(0.33);
    // From below only a machine that is busy with other things gives less.
    expect(seen!.cpuCores).toBeGreaterThan(0.05);
    // It is stopped only when it gets to its limit.
    expect(seen!.throttledShare).toBeGreaterThan(seen!.cpuCores! > 0.28 ? 0 : -1);
    expect(seen!.memoryMb).toBeGreaterThan(20);
    expect(server!.meanBatchSize).toBe(1);
    expect(deployment.latest()).toHaveLength(1);
  });

  it('are told the same by the statistics stream and by the kernel’s own counters', async () => {
    harness = createDockerHarness();
    await harness.deploy();
    const { Id, State } = await inspect();
    const group = findContainerGroup(State.Pid, Id);
    const told = parseStats(await harness.docker.getContainer(Id).stats({ stream: false }));
    expect(told).not.toBeNull();
    if (group === null) return expect(process.platform === 'linux' && (process.getuid?.() ?? 1) === 0).toBe(false);
    const counted = group.read()!;
    expect(Math.abs(counted.cpuMs! - told!.cpuMs!)).toBeLessThan(Math.max(300, told!.cpuMs! * 0.5));
    expect(Math.abs(counted.memoryBytes! - told!.memoryBytes!)).toBeLessThan(16 * 1024 * 1024);
    expect(counted.periods).toBeGreaterThanOrEqual(told!.periods!);
  });

  it('are hardened: limits without swap, no capabilities, a root nobody can write to, ports on this machine only', async () => {
    harness = createDockerHarness({ endpoints: 'published' });
    const { endpoints } = await harness.deploy({ cpuCores: 0.5, memoryMb: 200 });
    const { HostConfig, NetworkSettings, Mounts, Config } = await inspect();
    expect(HostConfig).toMatchObject({
      NanoCpus: 500_000_000, Memory: 200 * 2 ** 20, MemorySwap: 200 * 2 ** 20, CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'], ReadonlyRootfs: true,
    });
    expect(Object.values(NetworkSettings.Ports).flat().map((port) => port?.HostIp)).toEqual(['127.0.0.1', '127.0.0.1']);
    expect(endpoints[0]!.host).toBe('127.0.0.1');
    expect((await predict(endpoints[0]!)).status).toBe(200);
    expect(Mounts.find(({ Destination }) => Destination === '/models/digits')).toMatchObject({ Type: 'bind', RW: false });
    expect(Config.Cmd).toContain('--max_num_load_retries=0');
    expect(Config.Cmd).toContain('--tensorflow_intra_op_parallelism=1');
  });

  it('keep their process through a live update, and get a new one for another batching file', async () => {
    harness = createDockerHarness();
    await (await harness.deploy({ cpuCores: 0.4 })).release({ reusable: true });
    const first = await inspect();
    await (await harness.deploy({ cpuCores: 0.6, memoryMb: 300 })).release({ reusable: true });
    const updated = await inspect();
    expect([updated.Id, updated.State.Pid]).toEqual([first.Id, first.State.Pid]);
    expect(updated.HostConfig).toMatchObject({ NanoCpus: 600_000_000, Memory: 300 * 2 ** 20 });
    await (await harness.deploy({ cpuCores: 0.6, memoryMb: 300, maxBatchSize: 2 })).release({ reusable: true });
    const restarted = await inspect();
    expect(restarted.Id).toBe(first.Id);
    expect(restarted.State.Pid).not.toBe(first.State.Pid);
    await (await harness.deploy({ cpuCores: 0.6, memoryMb: 300, maxBatchSize: 2 })).release({ reusable: false });
    expect(await harness.remains()).toEqual([]);
  });

  it('are parked without CPU when there are fewer, and come back', async () => {
    harness = createDockerHarness();
    await (await harness.deploy({ replicas: 2 })).release({ reusable: true });
    await (await harness.deploy({ replicas: 1 })).release({ reusable: true });
    expect((await harness.containers()).map(({ State }) => State).sort()).toEqual(['paused', 'running']);
    const both = await harness.deploy({ replicas: 2 });
    expect(await Promise.all(both.endpoints.map(async (endpoint) => (await predict(endpoint)).status))).toEqual([200, 200]);
    expect(await harness.containers()).toHaveLength(2);
  });

  it('get the model as a copy where the engine cannot see our folders', async () => {
    const { options } = (await import('../../../main/serving/docker/engine-address.ts')).findEngineAddress();
    harness = createDockerHarness({ address: { options, isLocal: false, words: 'as if far away' } });
    const { endpoints: [endpoint], enforcement } = await harness.deploy();
    expect((await predict(endpoint!)).status).toBe(200);
    expect(enforcement).toContain('ports published on 127.0.0.1');
    expect((await inspect()).Mounts.map(({ Type }) => Type)).toEqual(['volume', 'volume']);
    await harness.backend.close();
    expect(await harness.remains()).toEqual([]);
  });
});
