import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServescapeError } from '../../domain/errors.ts';
import type { ServingConfiguration } from '../../domain/serving-configuration.ts';
import type { Deployment, ServingBackend } from '../../study/ports.ts';
import { oneTrialAtATime } from '../one-trial-at-a-time.ts';
import { openCompileCache, type CompileCache } from './compile-cache.ts';
import { BYTES_PER_MB, type ControlGroups } from './control-group.ts';
import { detectControlGroups, readGroupFacts } from './detect-groups.ts';
import { chooseEnforcement } from './enforcement.ts';
import { createLauncher, type LaunchRequest, type Launcher } from './launch.ts';
import { createDeployment, type Slot } from './local-deployment.ts';
import { findModel } from './model-folder.ts';
import { createReplicaPool } from './replica-pool.ts';
import type { Replica } from './replica.ts';
import { openSession, sweepRunFolder, type Session } from './run-folder.ts';
import { whenAllReady, type StartCosts, type StartOptions } from './start-slots.ts';

export interface LocalBackendOptions {
  /** The model server's file. */
  readonly serverEntry: URL | string;
  readonly nodePath: string;
  /** Holds one folder per workload, and in it numbered versions. */
  readonly modelRoot: string;
  /** The same for the user's own models, looked at first. */
  readonly ownModelRoot?: string | null;
  /** Where sessions keep their files; shared by all running apps of this user. */
  readonly runFolder: string;
  /** Added to the replicas' few environment variables, for example ELECTRON_RUN_AS_NODE. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where compiled modules of the server are kept; `compile-cache` in the run folder when left away; null: nowhere. */
  readonly compileCacheFolder?: string | null;
  /**
   * Keep replicas for the next trial when nothing but their number and limits change. Off when left away: a server that
   * has run for a while has its hot code compiled and needs about 10 % less processor time per request (measured), so
   * trials on reused replicas would look better than those on fresh ones.
   */
  readonly reuse?: boolean;
  /** Found out when left away; null: the server holds its own limits. */
  readonly groups?: ControlGroups | null;
}

type DeployRequest = Parameters<ServingBackend['deploy']>[0];

interface Tools {
  readonly session: Session;
  readonly launcher: Launcher;
  readonly compileCache: CompileCache | null;
}

/** Replicas as child processes of this one, held to their limits by control groups or by themselves. */
export function createLocalBackend(options: LocalBackendOptions): ServingBackend {
  const groups = options.groups === undefined ? detectControlGroups(readGroupFacts()) : options.groups;
  const enforcement = chooseEnforcement(groups);
  const pool = createReplicaPool();
  const costs = new Map<string, StartCosts>();
  let tools: Promise<Tools> | null = null;

  const open = async (): Promise<Tools> => {
    const session = await openSession(options.runFolder);
    const { nodePath, compileCacheFolder = join(options.runFolder, 'compile-cache') } = options;
    const serverEntry = options.serverEntry instanceof URL ? fileURLToPath(options.serverEntry) : options.serverEntry;
    const compileCache = compileCacheFolder === null ? null : openCompileCache(compileCacheFolder, serverEntry, nodePath);
    const environment = {
      ...inheritedEnvironment(),
      ...(compileCache !== null && { NODE_COMPILE_CACHE: compileCache.folder }),
      ...options.environment,
    };
    return { session, compileCache, launcher: createLauncher({ serverEntry, nodePath, environment, enforcement, session }) };
  };

  const bringUp = async (request: DeployRequest, onReleased: () => void): Promise<Deployment> => {
    const { serving, onReplica, readyTimeoutMs, signal } = request;
    refuseAboveMachine(serving);
    const modelName = request.model.workload;
    const { basePath: modelBasePath } = findModel(request.model, { modelRoot: options.modelRoot, ownModelRoot: options.ownModelRoot ?? null });
    const { launcher, compileCache } = await (tools ??= open());
    const limits = { cpuCores: serving.cpuCores, memoryMb: serving.memoryMb };
    const wanted = (index: number): LaunchRequest => ({ index, serving, limits, modelName, modelBasePath });
    const key = launcher.keyOf(wanted(0));
    const knownCosts = costs.get(modelBasePath) ?? { memoryMb: null, cpuMs: null };
    costs.set(modelBasePath, knownCosts);

    if (compileCache !== null && !compileCache.isFilled()) {
      const started = await startUnlimited(launcher, wanted(0), readyTimeoutMs, signal);
      if (started !== null) compileCache.markFilled();
    }
    const replicas: Replica[] = [];
    try {
      replicas.push(...(await pool.take(key, limits, serving.replicas)));
      for (let index = 0; index < serving.replicas; index += 1) {
        onReplica({ index, state: 'starting' });
        if (index < replicas.length) continue;
        signal.throwIfAborted();
        replicas.push(await launcher.launch(wanted(index)));
      }
      const slots = replicas.map((replica, index): Slot => ({ index, serving, replica }));
      const probeMemoryMb = async (): Promise<number | null> =>
        (await startUnlimited(launcher, wanted(0), readyTimeoutMs, signal))?.memoryMb ?? null;
      const start: StartOptions = { readyTimeoutMs, signal, onReplica, costs: knownCosts, probeMemoryMb };
      const ready = await whenAllReady(slots, start);
      signal.throwIfAborted();
      return await createDeployment({
        slots: ready,
        enforcement: enforcement.words,
        onReplica,
        park: options.reuse === true ? (parked) => pool.park(key, parked) : null,
        onReleased,
      });
    } catch (error) {
      await Promise.all([...replicas.map((replica) => replica.end()), pool.endAll()]);
      throw error;
    }
  };

  const endAll = async (): Promise<void> => {
    await pool.endAll();
    (await tools?.catch(() => null))?.session.remove();
  };
  const turns = oneTrialAtATime({ name: 'local', bringUp, endAll });

  return {
    kind: 'local',
    ...turns,
    sweep: () => sweepRunFolder(options.runFolder),
    releaseParked: () => pool.endAll(),
  };
}

/** @throws ServescapeError `limit-above-machine` */
function refuseAboveMachine({ cpuCores, memoryMb }: ServingConfiguration): void {
  const cores = availableParallelism();
  const machineMb = Math.floor(totalmem() / BYTES_PER_MB);
  if (cpuCores > cores) {
    throw new ServescapeError('limit-above-machine', `One replica may use ${cpuCores.toFixed(2)} cores, but this machine has ${cores}.`, {
      hint: `Lower the highest CPU to ${cores}.`,
    });
  }
  if (memoryMb > machineMb) {
    throw new ServescapeError('limit-above-machine', `One replica may use ${memoryMb} MB, but this machine has ${machineMb} MB.`, {
      hint: `Lower the highest memory to ${machineMb} MB or less.`,
    });
  }
}

/** Starts one replica without limits and lets it leave by itself; null when it did not start. */
async function startUnlimited(
  launcher: Launcher, wanted: LaunchRequest, timeoutMs: number, signal: AbortSignal,
): Promise<{ readonly memoryMb: number | null } | null> {
  const limits = { cpuCores: availableParallelism(), memoryMb: null };
  const replica = await launcher.launch({ ...wanted, limits });
  try {
    await replica.whenReady(AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
    const { memoryBytes } = await replica.read();
    await replica.leave();
    return { memoryMb: memoryBytes === null ? null : memoryBytes / BYTES_PER_MB };
  } catch {
    return null;
  } finally {
    await replica.end();
  }
}

/** Replicas see no more of our environment than they need; the inference runtime's telemetry is off. */
function inheritedEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'LANG', 'SystemRoot', 'LD_LIBRARY_PATH'];
  const kept = names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...(Object.fromEntries(kept) as Record<string, string>), ORT_DISABLE_TELEMETRY: '1' };
}
