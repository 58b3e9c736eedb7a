import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { counted } from '../../domain/format.ts';
import type { SwarmBackend } from '../../domain/study-spec.ts';
import type { Deployment, ServingBackend } from '../../study/ports.ts';
import { batchingFileText, monitoringFileText } from '../batching-file.ts';
import { oneTrialAtATime } from '../one-trial-at-a-time.ts';
import { createDeployment } from '../docker/docker-deployment.ts';
import { engineName } from '../docker/engine.ts';
import type { EngineAddress } from '../docker/engine-address.ts';
import { labelsFor, thisOwner } from '../docker/labels.ts';
import { checkModelFolder } from '../docker/model-folder.ts';
import { ensureServerImage, isBundledImage } from '../docker/server-image.ts';
import type { ServerImageSource } from '../docker/server-image-files.ts';
import { whenAllReady, type StartCosts } from '../docker/start-replicas.ts';
import { createConfigs } from './configs.ts';
import { refuseWithoutGpus, settleImage, settleModel } from './prepare-nodes.ts';
import { serviceKey, type ServicePlan } from './service-plan.ts';
import { nodesUp, openSwarm, type Swarm } from './swarm-session.ts';
import { removeSession, sweepSwarm } from './sweep.ts';
import { serviceFailure, startService, type SwarmService } from './swarm-service.ts';

export interface SwarmBackendOptions {
  readonly backend: SwarmBackend;
  /** A manager first; see `openSwarm`. */
  readonly addresses: readonly EngineAddress[];
  readonly image: ServerImageSource;
  readonly modelRoot: string;
  /** Called before the first replica of this backend, say to clear away what an earlier program left. */
  readonly beforeUse?: () => Promise<unknown>;
}

type DeployRequest = Parameters<ServingBackend['deploy']>[0];
const SWEEP_TIMEOUT_MS = 5000;

/** Replicas as a service of a Docker swarm. The smallest change from trial to trial is the number of replicas; all else is a new service. */
export function createSwarmBackend(options: SwarmBackendOptions): ServingBackend {
  const id = randomUUID().slice(0, 12);
  const costs: StartCosts = { memoryMb: null, cpuMs: null };
  let opened: Swarm | null = null;
  let configs: ReturnType<typeof createConfigs> | null = null;
  let parked: SwarmService | null = null;
  let started = 0;
  let preparing: Promise<unknown> | null = null;

  const endParked = async (): Promise<void> => {
    const service = parked;
    parked = null;
    await service?.remove();
  };

  const planFor = async (swarm: Swarm, request: DeployRequest, labels: Readonly<Record<string, string>>, signal: AbortSignal): Promise<ServicePlan> => {
    const { backend, image: source } = options;
    const nodes = nodesUp(await swarm.nodes());
    refuseWithoutGpus(nodes, backend);
    const bundled = isBundledImage(backend.image);
    const modelName = request.model.workload;
    const folder = backend.modelFolder ?? join(options.modelRoot, modelName);
    checkModelFolder(folder, bundled ? 'onnx' : 'saved-model');
    const reference = bundled ? await ensureServerImage(swarm.manager, source, { signal }) : backend.image;
    signal.throwIfAborted();
    const image = await settleImage(swarm, nodes, reference);
    const model = await settleModel(swarm, nodes, folder, modelName, image, labels);
    configs ??= createConfigs(swarm.manager.docker, id, labels);
    const [batching, monitoring] = [await configs.of('batching', batchingFileText(request.serving)), await configs.of('monitoring', monitoringFileText())];
    return { image, modelName, model, batching, monitoring, backend };
  };

  const bringUp = async (request: DeployRequest, onReleased: () => void): Promise<Deployment> => {
    const { serving, onReplica, signal } = request;
    let service: SwarmService | null = null;
    const over = new AbortController();
    try {
      // Opened anew for each trial: nodes come and go.
      const swarm = (opened = await openSwarm(options.addresses));
      await (preparing ??= options.beforeUse?.() ?? Promise.resolve());
      signal.throwIfAborted();
      const labels = labelsFor(id, await thisOwner(), options.image.version, request.labels);
      const plan = await planFor(swarm, request, labels, signal);
      const key = serviceKey(plan, serving);
      if (parked?.key === key && parked.canHold(serving.replicas)) [service, parked] = [parked, null];
      await endParked();
      for (let index = 0; index < serving.replicas; index += 1) onReplica({ index, state: 'starting' });
      // So that a stop heard just now starts nothing.
      await Promise.resolve();
      signal.throwIfAborted();
      service ??= await startService(swarm, `servescape-${id}-${(started += 1)}`, key, plan, serving, labels);
      const mine = service;
      const replicas = await mine.scale(serving, request.readyTimeoutMs, signal);
      const neededMb = async (): Promise<number | null> => costs.memoryMb;
      await whenAllReady(replicas, { ...request, signal: AbortSignal.any([signal, over.signal]), costs, neededMb });
      signal.throwIfAborted();
      let kept = false;
      return withLast(await createDeployment({
        replicas, onReplica, neededMb, enforcement: enforcementWords(swarm, replicas.length, options.backend.loadFrom),
        park: () => {
          kept = true;
          parked = mine;
        },
        onReleased,
      }), async () => {
        if (!kept) await mine.remove();
      });
    } catch (error) {
      over.abort(error);
      await Promise.all([service?.remove(), endParked()]);
      signal.throwIfAborted();
      throw serviceFailure(error, 'start replicas on the swarm');
    }
  };

  const endAll = async (): Promise<void> => {
    await endParked();
    if (opened !== null) await removeSession(opened, id);
  };
  const turns = oneTrialAtATime({ name: 'swarm', bringUp, endAll });

  return {
    kind: 'swarm',
    ...turns,
    sweep: async () => {
      const opening = openSwarm(options.addresses).then(sweepSwarm, () => []);
      return Promise.race([opening, new Promise<readonly string[]>((resolve) => setTimeout(resolve, SWEEP_TIMEOUT_MS, []).unref())]);
    },
    releaseParked: endParked,
  };
}

/** The same deployment, whose release ends with what is given. */
function withLast(deployment: Deployment, last: () => Promise<void>): Deployment {
  let releasing: Promise<void> | null = null;
  return { ...deployment, release: (how) => (releasing ??= deployment.release(how).then(last)) };
}

/** Stored with every trial. */
function enforcementWords({ manager, engines }: Swarm, replicas: number, loadFrom: SwarmBackend['loadFrom']): string {
  return `${engineName(manager.facts)} swarm, ${counted(replicas, 'task')} (CPU quota, memory limit and equal reservations), ` +
    `requests over ports published by the nodes${loadFrom === 'beside' ? ', from the manager' : ''}, CPU and memory read on ${counted(engines.size, 'node')}`;
}
