import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServescapeError } from '../../../main/domain/errors.ts';
import { swarmBackendSchema, type StudySpec } from '../../../main/domain/study-spec.ts';
import { createThreadLoadGenerator } from '../../../main/load/thread-load-generator.ts';
import { reportSwarm } from '../../../main/serving/swarm/node-report.ts';
import { openSwarm } from '../../../main/serving/swarm/swarm-session.ts';
import { sweepSwarm } from '../../../main/serving/swarm/sweep.ts';
import { OWNER_LABEL, ownerText, SESSION_LABEL } from '../../../main/serving/docker/labels.ts';
import { ensureServerImage } from '../../../main/serving/docker/server-image.ts';
import { createMachineFacts } from '../../../main/hardware/machine-facts.ts';
import { createSwarmMachine } from '../../../main/serving/swarm/swarm-machine.ts';
import { startStudyRun } from '../../../main/study/study-runner.ts';
import type { Lab } from '../../../main/study/ports.ts';
import { describeBackend } from '../../conformance/backends.ts';
import { memoryStore, randomChooser, specOf } from '../../study/doubles.ts';
import { imageSource, onEngine, SMALL } from '../docker/docker-harness.ts';
import { createSwarmHarness } from './swarm-harness.ts';
import { createTwoNodes, noTwoNodes, type TwoNodes } from './two-nodes.ts';

const title = noTwoNodes === null ? onEngine('a swarm of two real engines') : `a swarm of two real engines [skipped: ${noTwoNodes}]`;

describe.skipIf(noTwoNodes !== null)(title, () => {
  let nodes: TwoNodes;
  beforeAll(async () => {
    nodes = await createTwoNodes();
  });
  afterAll(async () => nodes?.dispose());

  describeBackend('swarm', async () => {
    const harness = createSwarmHarness(nodes);
    return { ...harness, dispose: () => harness.backend.close() };
  }, { answersHttp: true, impossibleMemoryMb: 16, serving: { ...SMALL, memoryMb: 400 }, readyTimeoutMs: 60_000 });

  const deployOnce = (chosen: Parameters<typeof createSwarmHarness>[1], serving: Partial<typeof SMALL> = {}): Promise<unknown> => {
    const harness = createSwarmHarness(nodes, chosen);
    return harness.backend.deploy({
      serving: { ...SMALL, ...serving }, model: { workload: 'digits', transport: 'http', balancing: 'round-robin' }, readyTimeoutMs: 60_000,
      labels: { project: 'x', study: 's', trial: 1 }, signal: new AbortController().signal, onReplica: () => undefined,
    }).catch((error: unknown) => error).finally(() => harness.backend.close());
  };

  it('says why a replica finds no place: room, constraints, GPUs', async () => {
    const words = async (refused: Promise<unknown>): Promise<string> => {
      const { code, message } = (await refused) as ServescapeError;
      return `${code}: ${message}`;
    };
    expect(await words(deployOnce({}, { cpuCores: 1.5, replicas: 3 }))).toMatch(
      /^limit-above-machine: No node of the swarm has room for replica [123] of 3 with 1\.50 cores and 256 MB: insufficient resources on 2 nodes\.$/);
    expect(await words(deployOnce({ placement: ['node.labels.room==lab'] }))).toBe(
      'limit-above-machine: No node fulfils the placement node.labels.room==lab for replica 1 (scheduling constraints not satisfied on 2 nodes).');
    expect(await words(deployOnce({ gpusPerReplica: 1 }))).toMatch(/^gpu-unavailable: No node offers 1 of the generic resource NVIDIA-GPU: node-1[12] has 0, node-1[12] has 0\.$/);
  });

  it('refuses an engine that is no manager', async () => {
    const error = await openSwarm([nodes.worker.address]).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'unsupported', message: 'The engine at test node 12 is no manager of a Docker swarm.' });
  });

  it('sweeps what a killed program left, and nothing else', async () => {
    const { docker } = nodes.manager;
    const image = await ensureServerImage((await openSwarm([nodes.manager.address])).manager, imageSource);
    const make = async (name: string, pid: number): Promise<void> => {
      const Labels = { [SESSION_LABEL]: name, [OWNER_LABEL]: ownerText({ host: (await import('node:os')).hostname(), pid, startedAt: '' }) };
      await docker.createConfig({ Name: name, Labels, Data: Buffer.from('x').toString('base64') });
      await docker.createService({ Name: name, Labels, TaskTemplate: { ContainerSpec: { Image: image }, Placement: { Constraints: ['node.labels.none==yes'] } } } as never);
    };
    await make('left-behind', 4_000_000);
    await make('alive', process.pid);
    const swarm = await openSwarm([nodes.manager.address, nodes.worker.address]);
    expect(await sweepSwarm(swarm)).toEqual(['Removed 1 service left by an earlier session.', 'Removed 1 config left by an earlier session.']);
    expect(await sweepSwarm(swarm)).toEqual([]);
    const [service] = (await docker.listServices({ filters: { name: ['alive'] } })) as unknown as { ID: string }[];
    await docker.getService(service!.ID).remove();
  });

  it('reports its nodes: what they have, what is taken, image, clock', async () => {
    const report = await reportSwarm([nodes.manager.address, nodes.worker.address], `servescape/model-server:${imageSource.version}`);
    expect(report.summary).toBe('Swarm of 2 nodes');
    expect(report.nodes.map(({ name, role, usable, image }) => [name, role, usable, image])).toEqual([['node-11', 'manager', true, 'there'], ['node-12', 'worker', true, 'there']]);
    for (const { clockOffsetMs, clockWithinMs } of report.nodes) expect(Math.abs(clockOffsetMs!)).toBeLessThanOrEqual(clockWithinMs! + 2);
  });

  it('loses a node in the middle of a trial: the trial fails in words, the study completes on what is left', async () => {
    const harness = createSwarmHarness(nodes);
    const spec = specOf((usual): StudySpec => ({
      ...usual, backend: swarmBackendSchema.parse({ kind: 'swarm' }), sampler: { kind: 'random' },
      space: [{ kind: 'ordinal', name: 'replicas', values: [2, 3], scale: 'linear' }],
      fixed: { cpuCores: 0.5, memoryMb: 256, maxBatchSize: 4, batchTimeoutMicros: 500, batchThreads: 1 },
      environment: { ...usual.environment, concurrency: 4 }, objective: { ...usual.objective, constraints: [] },
      measurement: { ...usual.measurement, requests: { kind: 'fixed', count: 200 }, timeoutMs: 60_000 }, budget: { ...usual.budget, trials: 3 },
    }));
    const file = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
    const endpoints: string[][] = [];
    const real = createThreadLoadGenerator({ workerUrl: new URL('../../../main/load/load-worker.ts', import.meta.url), dataRoot: file('resources/data') });
    const lab: Lab = {
      backend: harness.backend, clock: { nowMs: () => performance.now(), nowIso: () => new Date().toISOString() },
      machine: createSwarmMachine(createMachineFacts({ appVersion: 'test' }), [nodes.manager.address]),
      load: {
        ...real,
        run: (plan, options) => {
          endpoints.push(plan.endpoints.map(({ host }) => host));
          // Requests to that node from now on get no answer, and no refusal either.
          if (endpoints.length === 2) nodes.cutWorker();
          return real.run(plan, options);
        },
      },
    };
    const store = memoryStore(spec);
    const run = startStudyRun({
      study: store.study(), projectId: harness.project, store, labs: [lab], wallMs: () => performance.now(), onEvent: () => undefined, onLive: () => undefined,
      chooser: { ...randomChooser(), ask: async () => ({ configuration: { replicas: 2 }, origin: 'random', prediction: null, largestExpectedGain: null }) },
    });
    await expect(run.ended).resolves.toMatchObject({ kind: 'budget' });
    const { trials } = store.study();
    expect(trials.map(({ state }) => state)).toEqual(['complete', 'failed', 'complete']);
    expect(trials[1]!.failure).toMatchObject({ code: 'node-lost', message: expect.stringMatching(/^Node node-12 went away while replica [12] ran there/) as unknown });
    const { manager, worker } = nodes;
    expect(endpoints.map((hosts) => hosts.toSorted())).toEqual([[manager.ip, worker.ip], [manager.ip, worker.ip], [manager.ip, manager.ip]]);
    expect(trials[2]!.measurement!.errors).toEqual({});
    nodes.joinWorker();
    await expect.poll(() => harness.remains(), { timeout: 60_000 }).toEqual([]);
  }, 300_000);
});
