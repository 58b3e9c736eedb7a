import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServescapeError } from '../../../main/domain/errors.ts';
import type { Study } from '../../../main/domain/study.ts';
import { dockerBackendSchema, swarmBackendSchema, type StudySpec } from '../../../main/domain/study-spec.ts';
import { createThreadLoadGenerator } from '../../../main/load/thread-load-generator.ts';
import { createEngineMachine } from '../../../main/serving/docker/engine-machine.ts';
import { openEngine } from '../../../main/serving/docker/engine.ts';
import { engineAddress } from '../../../main/serving/docker/engine-address.ts';
import { importImage } from '../../../main/serving/docker/import-image.ts';
import { textEntry } from '../../../main/serving/docker/tar.ts';
import { settleImage } from '../../../main/serving/swarm/prepare-nodes.ts';
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
import { createDockerHarness, imageSource, onEngine, SMALL } from '../docker/docker-harness.ts';
import { loadBeside } from '../docker/load-beside.ts';
import { createSwarmHarness } from './swarm-harness.ts';
import { createTwoNodes, noTwoNodes, type TwoNodes } from './two-nodes.ts';

const DATA = fileURLToPath(new URL('../../../resources/data', import.meta.url));
const title = noTwoNodes === null ? onEngine('a swarm of two real engines') : `a swarm of two real engines [skipped: ${noTwoNodes}]`;

describe.skipIf(noTwoNodes !== null)(title, () => {
  let nodes: TwoNodes;
  beforeAll(async () => {
    nodes = await createTwoNodes((manager) => ensureServerImage(manager, imageSource));
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
    const image = `servescape/model-server:${imageSource.version}`;
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

  it('brings an image to a node that has none of it', async () => {
    const swarm = await openSwarm([nodes.manager.address, nodes.worker.address]);
    await importImage(nodes.manager.docker, { repo: 'servescape-test/small', tag: '1', entries: [textEntry('file', 'text')], fingerprint: 'x', changes: [], doing: 'build a test image' });
    const image = await settleImage(swarm, await swarm.nodes(), 'servescape-test/small:1');
    expect((await nodes.worker.docker.getImage(image).inspect()).RepoTags).toEqual(['servescape-test/small:1']);
  });

  const spec = (backend: StudySpec['backend'], trials: number, measurement: Partial<StudySpec['measurement']>): StudySpec => specOf((usual): StudySpec => ({
    ...usual, backend, sampler: { kind: 'random' }, space: [{ kind: 'ordinal', name: 'replicas', values: [1, 2, 3], scale: 'linear' }],
    fixed: { cpuCores: 0.5, memoryMb: 256, maxBatchSize: 4, batchTimeoutMicros: 500, batchThreads: 1 },
    environment: { ...usual.environment, concurrency: 4 }, objective: { ...usual.objective, constraints: [] },
    measurement: { ...usual.measurement, timeoutMs: 60_000, ...measurement }, budget: { ...usual.budget, trials },
  }));
  const clock: Lab['clock'] = { nowMs: () => performance.now(), nowIso: () => new Date().toISOString() };
  const facts = createMachineFacts({ appVersion: 'test' });
  const runStudy = async (chosen: StudySpec, labs: readonly Lab[], projectId: string, replicas: number): Promise<Study> => {
    const store = memoryStore(chosen);
    const run = startStudyRun({
      study: store.study(), projectId, store, labs, wallMs: () => performance.now(), onEvent: () => undefined, onLive: () => undefined,
      chooser: { ...randomChooser(), ask: async () => ({ configuration: { replicas }, origin: 'random', prediction: null, largestExpectedGain: null }) },
    });
    await expect(run.ended).resolves.toMatchObject({ kind: 'budget' });
    return store.study();
  };

  it('as two engines by themselves, asked by TLS: trials of one study on both at the same time', async () => {
    const engines = [nodes.manager, nodes.worker];
    const stranger = async (environment: Record<string, string>): Promise<unknown> => openEngine(engineAddress(nodes.manager.elsewhere.words, { environment, home: '/nowhere', platform: process.platform })).catch((error: unknown) => error);
    expect(await stranger({})).toMatchObject({ code: 'not-allowed', details: { hint: expect.stringContaining('DOCKER_CERT_PATH') as string } });
    const harnesses = engines.map(({ elsewhere, docker }) => createDockerHarness({ address: elsewhere, docker }));
    const labs = harnesses.map(({ backend }, i): Lab => ({
      backend, clock, machine: createEngineMachine(facts, engines[i]!.elsewhere), name: engines[i]!.elsewhere.words,
      load: createThreadLoadGenerator({ workerUrl: new URL('../../../main/load/load-worker.ts', import.meta.url), dataRoot: DATA }),
    }));
    const backend = dockerBackendSchema.parse({ kind: 'docker', engines: engines.map(({ elsewhere }) => elsewhere.words), unequalMachines: 'accept' });
    const { trials, runs } = await runStudy(spec(backend, 4, { requests: { kind: 'fixed', count: 40 } }), labs, harnesses[0]!.project, 1);
    expect(trials.map(({ state }) => state)).toEqual(Array(4).fill('complete'));
    expect(runs[0]!.machines!.map(({ name }) => name)).toEqual(labs.map(({ name }) => name));
    for (const { machine, measurement } of trials) {
      const { ip } = engines.find(({ elsewhere }) => elsewhere.words === machine)!;
      expect(measurement!.enforcement).toContain(`requests over ports published on ${ip}, open to its network`);
      expect(measurement!.networkMs).toBeGreaterThan(0);
      expect(measurement!.generator.beside).toBeUndefined();
    }
    expect(new Set(trials.map(({ machine }) => machine)).size).toBe(2);
    expect((await Promise.all(harnesses.map((harness) => harness.remains()))).flat()).toEqual([]);
  });

  it('loses a node in the middle of a trial: the trial fails in words, the study completes on what is left', async () => {
    const harness = createSwarmHarness(nodes);
    const endpoints: string[][] = [];
    // Requests come from a container on the manager.
    const beside = loadBeside(() => nodes.manager.address);
    const lab: Lab = {
      backend: harness.backend, clock, machine: createSwarmMachine(facts, [nodes.manager.address]),
      load: {
        ...beside,
        run: (plan, options) => {
          endpoints.push(plan.endpoints.map(({ host }) => host));
          // Requests to that node from now on get no answer, and no refusal either.
          if (endpoints.length === 2) nodes.cutWorker();
          return beside.run(plan, options);
        },
      },
    };
    const { trials } = await runStudy(spec(swarmBackendSchema.parse({ kind: 'swarm', loadFrom: 'beside' }), 3, { requests: { kind: 'fixed', count: 200 } }), [lab], harness.project, 2);
    expect(trials.map(({ state }) => state)).toEqual(['complete', 'failed', 'complete']);
    expect(trials[1]!.failure).toMatchObject({ code: 'node-lost', message: expect.stringMatching(/^Node node-12 went away while replica [12] ran there/) as unknown });
    const { manager, worker } = nodes;
    expect(endpoints.map((hosts) => hosts.toSorted())).toEqual([[manager.ip, worker.ip], [manager.ip, worker.ip], [manager.ip, manager.ip]]);
    expect(trials[2]!.measurement!.errors).toEqual({});
    expect(trials[2]!.measurement!.generator.beside).toMatchObject({ engine: 'test node 11' });
    nodes.joinWorker();
    await expect.poll(() => harness.remains(), { timeout: 60_000 }).toEqual([]);
  }, 300_000);
});
