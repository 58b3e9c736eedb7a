import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { ServescapeError } from '../../main/domain/errors.ts';
import type { ServingConfiguration } from '../../main/domain/serving-configuration.ts';
import type { Deployment, Endpoint, ReplicaStatus, ServingBackend } from '../../main/study/ports.ts';

/** One backend with what the suite needs to look behind it. */
export interface BackendBench {
  readonly backend: ServingBackend;
  /** Everything of this bench that still exists on the machine, in words; empty when there is nothing left. */
  remains(): Promise<readonly string[]>;
  /** Ends one running replica the hard way. */
  killOneReplica(): Promise<void>;
  dispose(): Promise<void>;
}

export interface BackendTraits {
  /** False where endpoints are virtual: nothing is asked over the network then. */
  readonly answersHttp: boolean;
  /** A limit no replica can start with. */
  readonly impossibleMemoryMb: number;
  readonly serving: ServingConfiguration;
  readonly readyTimeoutMs: number;
}

/**
 * Promises every serving backend keeps. Run it from `backends.test.ts`, one line per backend. One backend serves several
 * tests, as it serves all trials of a study: what one of them hands back, the next may use again.
 */
export function describeBackend(name: string, make: () => Promise<BackendBench>, traits: BackendTraits): void {
  describe(`backend ${name}`, () => {
    let bench: BackendBench | null = null;
    const open = async (): Promise<BackendBench> => (bench ??= await make());
    let deployed: Deployment[] = [];
    const discard = async (): Promise<void> => {
      const ending = bench;
      [bench, deployed] = [null, []];
      await ending?.dispose();
    };
    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') return discard();
      await Promise.all(deployed.splice(0).map((deployment) => deployment.release({ reusable: true })));
    });
    afterAll(discard);
    const closes = async (used: BackendBench): Promise<void> => {
      await used.backend.close();
      await used.backend.close();
      expect(await used.remains()).toEqual([]);
      await discard();
    };

    const deploy = async (
      { backend }: BackendBench,
      serving: Partial<ServingConfiguration> = {},
      { signal = new AbortController().signal, onReplica = () => undefined }: DeployOptions = {},
    ): Promise<Deployment> => {
      const deployment = await backend.deploy({
        serving: { ...traits.serving, ...serving },
        model: { workload: 'digits', transport: 'http', balancing: 'round-robin' },
        readyTimeoutMs: traits.readyTimeoutMs,
        labels: { project: 'conformance', study: 'backends', trial: 1 },
        signal,
        onReplica,
      });
      deployed.push(deployment);
      return deployment;
    };

    it('brings up as many replicas as asked for, each announced as starting and then ready', async () => {
      const statuses: ReplicaStatus[] = [];
      const deployment = await deploy(await open(), { replicas: 2 }, { onReplica: (status) => statuses.push(status) });
      expect(deployment.endpoints).toHaveLength(2);
      expect(new Set(deployment.endpoints.map(({ host, port }) => `${host}:${port}`)).size).toBe(2);
      for (const index of [0, 1]) {
        expect(statuses.filter((status) => status.index === index).map(({ state }) => state)).toEqual(['starting', 'ready']);
      }
      expect(deployment.enforcement).not.toBe('');
      await expectAnswers(deployment);
    });

    it('goes from one number of replicas to another and back', async () => {
      const used = await open();
      for (const replicas of [2, 1, 3]) {
        const deployment = await deploy(used, { replicas });
        expect(deployment.endpoints).toHaveLength(replicas);
        await expectAnswers(deployment);
        await deployment.release({ reusable: true });
      }
    });

    it('follows changed limits and batching', async () => {
      const used = await open();
      await (await deploy(used)).release({ reusable: true });
      const changed = { cpuCores: traits.serving.cpuCores * 1.2, memoryMb: traits.serving.memoryMb + 64, maxBatchSize: 4, batchTimeoutMicros: 0 };
      await expectAnswers(await deploy(used, changed));
    });

    it('observes every replica within its limits', async () => {
      const used = await open();
      const deployment = await deploy(used, { replicas: 2 });
      await deployment.beginObservation();
      await expectAnswers(deployment);
      const { replicas } = await deployment.observe();
      expect(replicas).toHaveLength(2);
      expect(deployment.latest()).toHaveLength(2);
      for (const { cpuCores, memoryMb, throttledShare } of replicas) {
        if (cpuCores !== null) expect(cpuCores).toBeGreaterThanOrEqual(0);
        if (memoryMb !== null) {
          expect(memoryMb).toBeGreaterThan(0);
          expect(memoryMb).toBeLessThanOrEqual(traits.serving.memoryMb);
        }
        if (throttledShare !== null) expect(throttledShare).toBeLessThanOrEqual(1);
      }
    });

    it('rejects an aborted deployment with the reason and leaves nothing running', async () => {
      const used = await open();
      const abort = new AbortController();
      const reason = new Error('the user pressed stop');
      const onReplica = ({ state }: ReplicaStatus): void => {
        if (state === 'starting') queueMicrotask(() => abort.abort(reason));
      };
      await expect(deploy(used, { replicas: 3 }, { signal: abort.signal, onReplica })).rejects.toBe(reason);
      await closes(used);
    });

    it('starts nothing when it is aborted beforehand', async () => {
      const used = await open();
      const reason = new Error('too late');
      const statuses: ReplicaStatus[] = [];
      const options = { signal: AbortSignal.abort(reason), onReplica: (status: ReplicaStatus) => statuses.push(status) };
      await expect(deploy(used, {}, options)).rejects.toBe(reason);
      expect(statuses).toEqual([]);
    });

    it('can be released and closed more than once and leaves nothing behind', async () => {
      const used = await open();
      const deployment = await deploy(used, { replicas: 2 });
      await deployment.release({ reusable: false });
      await deployment.release({ reusable: true });
      await closes(used);
    });

    it('ends a deployment nobody released when it is closed', async () => {
      const used = await open();
      await deploy(used, { replicas: 2 });
      await closes(used);
    });

    it('says so when a replica dies, and goes on with fresh ones', async () => {
      const used = await open();
      // The one that dies is one of those in use.
      await used.backend.releaseParked();
      const deployment = await deploy(used, { replicas: 2 });
      await used.killOneReplica();
      const error = await deployment.died.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ServescapeError);
      expect((error as ServescapeError).code).toBe('crashed-under-load');
      expect((error as ServescapeError).message).toMatch(/[Rr]eplica [12]/);
      expect((error as ServescapeError).details.log?.length ?? 0).toBeLessThanOrEqual(50);
      await deployment.release({ reusable: false });
      await expectAnswers(await deploy(used, { replicas: 2 }));
    });

    it('explains a memory limit no replica can start with, and goes on', async () => {
      const used = await open();
      const error = await deploy(used, { memoryMb: traits.impossibleMemoryMb }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ServescapeError);
      const { code, message, details } = error as ServescapeError;
      expect(code).toBe('out-of-memory');
      expect(message).toContain(`${traits.impossibleMemoryMb} MB`);
      expect(details.hint).toMatch(/Raise the lowest memory to \d+ MB/);
      await expectAnswers(await deploy(used));
    });

    it('sweeps without touching what runs, twice the same', async () => {
      const used = await open();
      const deployment = await deploy(used);
      await used.backend.sweep();
      expect(await used.backend.sweep()).toEqual([]);
      await expectAnswers(deployment);
    });

    const expectAnswers = async ({ endpoints }: Deployment): Promise<void> => {
      if (!traits.answersHttp) return;
      for (const endpoint of endpoints) {
        const status = await fetch(`${urlOf(endpoint)}/v1/models/digits`);
        expect(await status.json()).toMatchObject({ model_version_status: [{ state: 'AVAILABLE' }] });
        const answer = await fetch(`${urlOf(endpoint)}/v1/models/digits:predict`, { method: 'POST', body: ONE_BLANK_DIGIT });
        const { predictions } = (await answer.json()) as { predictions: number[][] };
        expect(predictions.map((scores) => scores.length)).toEqual([10]);
      }
    };
  });
}

interface DeployOptions {
  readonly signal?: AbortSignal;
  readonly onReplica?: (status: ReplicaStatus) => void;
}

function urlOf({ host, port }: Endpoint): string {
  return `http://${host}:${port}`;
}

const ONE_BLANK_DIGIT = JSON.stringify({ instances: [Array.from({ length: 28 }, () => Array.from({ length: 28 }, () => [0]))] });
