import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { measurementSpecSchema, networkSchema, type ModelSpec, type NetworkImpairment } from '../../../main/domain/study-spec.ts';
import { lastCore } from '../../../main/load/pin-thread.ts';
import { createThreadLoadGenerator } from '../../../main/load/thread-load-generator.ts';
import type { Deployment, LoadResult } from '../../../main/study/ports.ts';
import { createDockerHarness, noEngine, onEngine, SMALL, type DockerHarness } from './docker-harness.ts';

const model = (transport: ModelSpec['transport']): ModelSpec => ({ workload: 'digits', transport, balancing: 'round-robin' });

describe.skipIf(noEngine !== null)(onEngine('the load generator and containers'), () => {
  const generator = createThreadLoadGenerator({
    workerUrl: new URL('../../../main/load/load-worker.ts', import.meta.url), dataRoot: fileURLToPath(new URL('../../../resources/data', import.meta.url)),
  });
  let harness: DockerHarness;
  afterEach(() => harness?.dispose());
  afterAll(() => generator.close());

  const deploy = (transport: ModelSpec['transport']): Promise<Deployment> => harness.backend.deploy({
    serving: { ...SMALL, replicas: 2 }, model: model(transport), readyTimeoutMs: 60_000,
    labels: { project: harness.project, study: 'test', trial: 1 }, signal: new AbortController().signal, onReplica: () => undefined,
  });
  const load = ({ endpoints }: Deployment, transport: ModelSpec['transport'], network: Partial<NetworkImpairment>, pinGenerator = false): Promise<LoadResult> => generator.run({
    endpoints, model: model(transport), environment: { concurrency: 2, requestBatchSize: 1, inputs: 'unique', network: networkSchema.parse(network) },
    measurement: measurementSpecSchema.parse({ requests: { kind: 'fixed', count: 24 }, pinGenerator }), seed: 'grpc',
  }, { signal: new AbortController().signal, onTick: () => undefined });
  const faults = ({ trips }: LoadResult): number => trips.fault.reduce((sum, fault) => sum + (fault === 0 ? 0 : 1), 0);

  it.each(['auto', 'published'] as const)('speak gRPC as soon as replicas are called ready, through an impaired network too (%s)', async (endpoints) => {
    harness = createDockerHarness({ endpoints });
    const deployment = await deploy('grpc');
    const straight = await load(deployment, 'grpc', {});
    expect([faults(straight), straight.trips.fault.length, new Set(straight.trips.replica).size]).toEqual([0, 24, 2]);
    const delayed = await load(deployment, 'grpc', { delayMs: 5 });
    expect([faults(delayed), delayed.trips.fault.length]).toEqual([0, 24]);
    expect(Math.min(...delayed.trips.roundTripMs)).toBeGreaterThanOrEqual(9.5);
    expect(faults(await load(deployment, 'http', { delayMs: 1 }))).toBe(0);
  });

  it.skipIf(process.platform !== 'linux' || availableParallelism() < 2)('keep to different cores when asked to', async () => {
    harness = createDockerHarness({ backend: { pinCores: true } });
    const deployment = await deploy('http');
    const { pinnedCore } = await load(deployment, 'http', {}, true);
    expect(pinnedCore).toBe(lastCore(readFileSync('/proc/self/status', 'utf8')));
    for (const { Id } of await harness.containers()) {
      const { State, HostConfig } = await harness.docker.getContainer(Id).inspect();
      const allowed = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync(`/proc/${State.Pid}/status`, 'utf8'))![1]!;
      expect(allowed).toBe(HostConfig.CpusetCpus);
      expect(lastCore(`Cpus_allowed_list: ${allowed}`)).toBeLessThan(pinnedCore!);
    }
    expect(deployment.enforcement).toContain('pinned to cores');
  });
});
