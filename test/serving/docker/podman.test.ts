import { afterEach, describe, expect, it } from 'vitest';
import { probeDocker } from '../../../main/serving/docker/docker-probe.ts';
import { findEngineAddress } from '../../../main/serving/docker/engine-address.ts';
import { openEngine } from '../../../main/serving/docker/engine.ts';
import { contentLabel, importImage } from '../../../main/serving/docker/import-image.ts';
import { textEntry } from '../../../main/serving/docker/tar.ts';
import { createDockerHarness, noEngine, onEngine, predict, type DockerHarness } from './docker-harness.ts';
import { startPodmanLike, type PodmanLike, type PodmanManners } from './podman-like.ts';

const { options: { socketPath: engineSocket } } = findEngineAddress();

/** The traps of Podman's socket, set by a stand-in before the engine; what the real one did is in test/bench/docker/podman.md. */
describe.skipIf(noEngine !== null || engineSocket === undefined)(onEngine('an engine with Podman’s manners'), () => {
  let podman: PodmanLike;
  let harness: DockerHarness | null = null;
  afterEach(async () => {
    await harness?.dispose();
    harness = null;
    podman.close();
  });
  const start = async (manners?: PodmanManners): Promise<ReturnType<typeof openEngine>> => {
    podman = await startPodmanLike(engineSocket!, manners);
    return openEngine({ options: { socketPath: podman.socketPath }, isLocal: true, words: 'Podman’s socket' });
  };

  it('is named in pre-flight, gets its images by tag, and changes limits with new containers, never by an update it has not', async () => {
    const { docker, address, facts } = await start();
    expect(facts).toMatchObject({ name: 'Podman', version: '4.3.1', updatesLimits: false });
    expect(await probeDocker({ socketPath: podman.socketPath })).toMatchObject({ kind: 'running', name: 'Podman', version: '4.3.1' });

    const recipe = { repo: 'servescape-drill/tagged', tag: '7', entries: [textEntry('a', 'b')], fingerprint: 'abc', changes: [], doing: 'try' };
    await importImage(docker, recipe);
    expect(await contentLabel(docker, 'servescape-drill/tagged:7')).toBe('abc');
    for (const tag of ['7', 'latest']) await docker.getImage(`servescape-drill/tagged:${tag}`).remove({ force: true }).catch(() => undefined);

    harness = createDockerHarness({ address });
    const first = await harness.deploy({ cpuCores: 0.4 });
    expect(first.enforcement).toMatch(/^Podman 4\.3\.1, cgroup/);
    await first.release({ reusable: true });
    const [{ Id }] = (await harness.containers()) as unknown as [{ Id: string }];
    const second = await harness.deploy({ cpuCores: 0.6 });
    expect((await predict(second.endpoints[0]!)).status).toBe(200);
    const [now] = await harness.containers();
    expect(now!.Id).not.toBe(Id);
    expect((await harness.docker.getContainer(now!.Id).inspect()).HostConfig.NanoCpus).toBe(600_000_000);
    expect(podman.updatesAsked()).toBe(0);
  });

  it('that drops limits without a word is refused', async () => {
    const { address } = await start({ dropsLimits: true });
    harness = createDockerHarness({ address });
    await expect(harness.deploy()).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining('ignores CPU and memory limits'), details: { hint: expect.stringContaining('Podman as root') } });
    expect(await harness.remains()).toEqual([]);
  });
});
