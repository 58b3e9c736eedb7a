import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ServescapeError } from '../../domain/errors.ts';
import { PERFECT_NETWORK } from '../../domain/network.ts';
import type { DockerBackend } from '../../domain/study-spec.ts';
import type { Deployment, ServingBackend } from '../../study/ports.ts';
import { oneTrialAtATime } from '../one-trial-at-a-time.ts';
import { startContainer, startFailure, type Replica } from './container.ts';
import { planKey, type ContainerPlan } from './container-plan.ts';
import { createDeployment } from './docker-deployment.ts';
import { engineName, type Engine } from './engine.ts';
import type { EngineAddress } from './engine-address.ts';
import { createEngineSession, type EngineSession } from './engine-session.ts';
import { labelsFor } from './labels.ts';
import { checkModelFolder } from './model-folder.ts';
import { createNetworkShaper, type Discipline } from './network-shaper.ts';
import { planContainers, refuseAboveEngine } from './plan-containers.ts';
import { createReplicaSet } from './replica-set.ts';
import { ensureServerImage, isBundledImage } from './server-image.ts';
import type { ServerImageSource } from './server-image-files.ts';
import { learnMemory, whenAllReady, type StartCosts } from './start-replicas.ts';
import { removeSession, sweepEngine } from './sweep.ts';

export interface DockerBackendOptions {
  /** What the study says; the usual values when left away. */
  readonly backend: DockerBackend;
  /** What the bundled server's image is made from. */
  readonly image: ServerImageSource;
  /** Holds one folder per workload, for studies without a model folder of their own. */
  readonly modelRoot: string;
  /** Found out when left away. */
  readonly address?: EngineAddress;
  /** `published`: ports on 127.0.0.1 even where container addresses are reachable. */
  readonly endpoints?: 'auto' | 'published';
  /** Where the one published port must be, say behind a firewall; the engine chooses when left away. */
  readonly hostPort?: number;
  /** `stream`: CPU and memory from the engine's statistics even where the kernel's own counters can be read. */
  readonly counters?: 'auto' | 'stream';
  /** What the kernel is asked for to impair the network; netem when left away. */
  readonly discipline?: Discipline;
  /** Called before the first replica of this backend, say to clear away what an earlier program left. */
  readonly beforeUse?: () => Promise<unknown>;
  /** Told while the bundled server's image is built. */
  readonly onBuild?: (doneBytes: number, totalBytes: number) => void;
}

type DeployRequest = Parameters<ServingBackend['deploy']>[0];

/** So many containers are created and started at the same time. */
const STARTS_AT_ONCE = 4;
/** Share of the engine's memory that parked and working replicas may be allowed to take together. */
const MEMORY_SHARE = 0.85;
const SWEEP_TIMEOUT_MS = 5000;

/** Replicas as containers of a Docker engine, held to their limits by its control groups. */
export function createDockerBackend(options: DockerBackendOptions): ServingBackend {
  const id = randomUUID().slice(0, 12);
  const session = createEngineSession(id, options.address);
  const costs = new Map<string, StartCosts>();
  const writableRoots = new Set<string>();
  const shaper = createNetworkShaper(options.discipline);
  let modelBy: ContainerPlan['modelBy'] | null = null;
  let image: string | null = null;
  let memoryMb = 0;
  const parked = createReplicaSet((serving) => memoryMb * MEMORY_SHARE - serving.replicas * serving.memoryMb);
  session.onLost(() => parked.all().forEach((replica) => replica.lose()));
  let started = 0;
  let preparing: Promise<unknown> | null = null;

  const resolveImage = async (engine: Engine, signal: AbortSignal): Promise<string> => {
    const { image: wanted } = options.backend;
    if (!isBundledImage(wanted)) return wanted;
    image ??= await ensureServerImage(engine, options.image, { signal, ...(options.onBuild && { onProgress: options.onBuild }) });
    return image;
  };

  const startAll = async (engine: Engine, plan: ContainerPlan, request: DeployRequest, from: number, key: string, keep: (replica: Replica) => void, signal: AbortSignal): Promise<void> => {
    const { serving } = request;
    let next = from;
    const work = async (): Promise<void> => {
      for (let index = next++; index < serving.replicas; index = next++) {
        signal.throwIfAborted();
        started += 1;
        const replica = await startContainer(engine, `servescape-${id}-${started}`, plan, serving, key, index)
          .catch((error: unknown) => Promise.reject(startFailure(error, index, plan.image)));
        session.track(replica);
        keep(replica);
      }
    };
    const done = await Promise.allSettled(Array.from({ length: Math.min(STARTS_AT_ONCE, serving.replicas - from) }, work));
    const failed = done.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  };

  const attempt = async (request: DeployRequest, engine: Engine, reference: string, onReleased: () => void): Promise<Deployment> => {
    const { serving, onReplica, labels, signal } = request;
    const bundled = isBundledImage(options.backend.image);
    const modelName = request.model.workload;
    const modelFolder = options.backend.modelFolder ?? join(options.modelRoot, modelName);
    checkModelFolder(modelFolder, bundled ? 'onnx' : 'saved-model');
    const plan = planContainers({
      backend: options.backend, image: reference, modelName, modelFolder, facts: engine.facts,
      modelBy: (modelBy ??= engine.address.isLocal ? 'bind' : 'copy'),
      publishOn: options.endpoints === 'published' || !engine.facts.reachesContainers ? await engine.way.publishOn() : null,
      hostPort: options.hostPort ?? null,
      counters: options.counters ?? 'auto',
      readOnlyRoot: !writableRoots.has(reference),
      labels: labelsFor(id, await session.owner(), options.image.version, labels),
    });
    const key = planKey(plan, serving);
    const known = costs.get(`${reference}/${modelFolder}`) ?? { memoryMb: null, cpuMs: null };
    costs.set(`${reference}/${modelFolder}`, known);
    const replicas: Replica[] = [];
    const over = new AbortController();
    let asked: Promise<number | null> | null = null;
    const neededMb = (): Promise<number | null> =>
      (asked ??= known.memoryMb === null ? learnMemory(engine, `servescape-${id}-probe`, plan, request, session.track, signal) : Promise.resolve(known.memoryMb));
    try {
      replicas.push(...(await parked.take(key, serving, serving.replicas)));
      for (let index = 0; index < serving.replicas; index += 1) onReplica({ index, state: 'starting' });
      await startAll(engine, plan, request, replicas.length, key, (replica) => replicas.push(replica), signal);
      await whenAllReady(replicas, { ...request, signal: AbortSignal.any([signal, over.signal]), costs: known, neededMb });
      const shaped = await shaper.shape(engine, replicas, request.network ?? PERFECT_NETWORK, { labels: plan.labels, signal });
      signal.throwIfAborted();
      return await createDeployment({
        replicas, onReplica, neededMb,
        ...(shaped && { network: { by: 'netem' } as const }),
        networkMs: engine.way.networkMs,
        enforcement: enforcementWords(engine, plan, options.backend.loadFrom),
        park: (kept) => parked.park(kept),
        onReleased,
      });
    } catch (error) {
      over.abort(error);
      await Promise.all([...replicas.map((replica) => replica.end()), parked.endAll()]);
      throw error;
    }
  };

  const bringUp = async (request: DeployRequest, onReleased: () => void): Promise<Deployment> => {
    const { signal } = request;
    const engine = await session.open(signal);
    await (preparing ??= options.beforeUse?.() ?? Promise.resolve());
    memoryMb = engine.facts.memoryMb;
    refuseAboveEngine(request.serving, options.backend, engine.facts);
    const reference = await resolveImage(engine, signal);
    try {
      return await attempt(request, engine, reference, onReleased);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ServescapeError)) throw startFailure(error, 0, reference);
      if (isUnsharedFolder(error) && modelBy === 'bind') modelBy = 'copy';
      else if (needsWritableRoot(error) && !writableRoots.has(reference)) writableRoots.add(reference);
      else {
        // An image that was removed while we ran is looked for, or built, again.
        if (error.code === 'image-missing') image = null;
        throw error;
      }
      return attempt(request, engine, reference, onReleased);
    }
  };

  const endAll = async (): Promise<void> => {
    await parked.endAll();
    const engine = session.current();
    if (engine !== null) await removeSession(engine.docker, id).catch(() => undefined);
    session.close();
  };
  const turns = oneTrialAtATime({ name: 'Docker', bringUp, endAll });

  return {
    kind: 'docker',
    ...turns,
    sweep: () => sweepQuietly(session),
    releaseParked: () => parked.endAll(),
  };
}

function isUnsharedFolder(error: ServescapeError): boolean {
  return error.code === 'model-missing' && /Docker cannot see/.test(error.message);
}

function needsWritableRoot(error: ServescapeError): boolean {
  return error.code === 'exited-at-start' && (error.details.log ?? []).some((line) => /read-only file ?system/i.test(line));
}

/** Stored with every trial: who holds the limits, and which way requests go. */
function enforcementWords(engine: Engine, plan: ContainerPlan, loadFrom: DockerBackend['loadFrom']): string {
  const way = loadFrom === 'beside' ? 'container addresses, from beside the replicas' : plan.publishOn === null ? 'container addresses' : engine.way.words;
  const pinned = plan.cpuset === null ? '' : `, pinned to cores ${plan.cpuset}`;
  const root = plan.readOnlyRoot ? '' : ', writable root';
  return `${engineName(engine.facts)}, cgroup v${engine.facts.cgroupVersion} (CPU quota and memory limit${pinned}${root}), requests over ${way}`;
}

/** No engine means nothing to sweep. */
async function sweepQuietly(session: EngineSession): Promise<readonly string[]> {
  try {
    const engine = await session.open(AbortSignal.timeout(SWEEP_TIMEOUT_MS));
    return await sweepEngine(engine.docker);
  } catch {
    return [];
  }
}

