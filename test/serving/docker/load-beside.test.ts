import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment, LoadGenerator, LoadResult } from '../../../main/study/ports.ts';
import { loadPlan } from '../../load/load-plan.ts';
import { createDockerHarness, noEngine, onEngine, type DockerHarness } from './docker-harness.ts';
import { loadBeside } from './load-beside.ts';

describe.skipIf(noEngine !== null)(onEngine('load from beside the replicas'), () => {
  const ours = async () => (await harness.docker.listContainers({ all: true, filters: { label: ['io.servescape.project=load'] } })).filter(({ Labels }) => Labels['io.servescape.owner']!.includes(`,${String(owner)},`));
  let harness: DockerHarness;
  let owner = process.pid;
  let beside: LoadGenerator;
  let deployment: Deployment;
  beforeAll(async () => {
    harness = createDockerHarness({ endpoints: 'published', backend: { loadFrom: 'beside' } });
    beside = loadBeside();
    deployment = await harness.deploy({ replicas: 2 });
  });
  afterAll(async () => {
    await beside?.close();
    await harness?.dispose();
  });
  const faults = ({ trips }: LoadResult): number => trips.fault.reduce((sum, fault) => sum + (fault === 0 ? 0 : 1), 0);
  const send = (count: number): Promise<LoadResult> => beside.run(loadPlan(deployment.endpointsBeside!, {}, count), { signal: new AbortController().signal, onTick: () => undefined });

  it('requests take container addresses, and the trial says so', async () => {
    expect(deployment.endpoints.map(({ host }) => host)).toEqual(['127.0.0.1', '127.0.0.1']);
    expect(deployment.endpointsBeside!.map(({ host, port }) => [host === '127.0.0.1', port])).toEqual([[false, 8501], [false, 8501]]);
    expect(deployment.enforcement).toContain('requests over container addresses, from beside the replicas');
    const result = await send(40);
    expect([faults(result), new Set(result.trips.replica).size]).toEqual([0, 2]);
    expect(result.beside).toMatchObject({ engine: expect.stringMatching(/./) as string });
    const [container] = await ours();
    const { HostConfig, NetworkSettings } = await harness.docker.getContainer(container!.Id).inspect();
    expect(NetworkSettings.Ports).toEqual({});
    expect(HostConfig).toMatchObject({ CapDrop: ['ALL'], ReadonlyRootfs: true, AutoRemove: true });
  });

  it('a generator somebody kills is a trial that fails with words; the next one gets another', async () => {
    const [first] = await ours();
    const run = send(1_000_000);
    const ended = expect(run).rejects.toMatchObject({ code: 'connection-lost', message: expect.stringContaining('ended with exit code 137') as string });
    await harness.docker.getContainer(first!.Id).kill();
    await ended;
    expect(faults(await send(10))).toBe(0);
    const [second, ...more] = await ours();
    expect([second!.Id === first!.Id, more]).toEqual([false, []]);
  });

  it('nothing outlives a program that is killed', async () => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('./load-and-wait.ts', import.meta.url)), JSON.stringify(deployment.endpointsBeside)], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    owner = child.pid!;
    expect((await ours()).map(({ State }) => State)).toEqual(['running']);
    child.kill('SIGKILL');
    await expect.poll(ours, { timeout: 20_000 }).toEqual([]);
    owner = process.pid;
  });

  it('nothing is left once it is closed', async () => {
    await beside.close();
    expect(await ours()).toEqual([]);
  });
});
