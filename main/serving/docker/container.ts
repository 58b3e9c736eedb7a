import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { ServescapeError } from '../../domain/errors.ts';
import type { ServingConfiguration } from '../../domain/serving-configuration.ts';
import type { Endpoint } from '../../study/ports.ts';
import { batchingFileText } from '../batching-file.ts';
import { LOG_LINES_MAX } from '../log-tail.ts';
import { findContainerGroup, type ContainerGroup } from './container-group.ts';
import { CONFIG_PATH, configEntries, createOptions, GRPC_PORT, limitsOf, modelPath, REST_PORT, type ContainerPlan } from './container-plan.ts';
import { dockerFailure, engineWords, statusOf } from './docker-errors.ts';
import type { Engine } from './engine.ts';
import type { EngineWay } from './engine-way.ts';
import type { ContainerEvent } from './engine-events.ts';
import { modelEntries } from './model-folder.ts';
import { demultiplex } from './output-frames.ts';
import { jsonLines, parseStats, type ResourceReading } from './stats.ts';
import { tarStream } from './tar.ts';

/** How a container ended, or that it was paused, without our doing. */
export interface Mishap {
  readonly kind: 'ended' | 'paused' | 'engine-lost';
  readonly exitCode: number | null;
  /** Set where somebody who knows more has found the words already. */
  readonly error?: ServescapeError;
}

/** What the engine knows about a container. `removed`: there is none any more; `silent`: the engine does not answer. */
export type ContainerState =
  | { readonly kind: 'known'; readonly running: boolean; readonly exitCode: number; readonly oomKilled: boolean }
  | { readonly kind: 'removed' }
  | { readonly kind: 'silent' };

/** One model server in a container, whoever started it. */
export interface RunningReplica {
  readonly id: string;
  /** What it runs with now. */
  readonly serving: () => ServingConfiguration;
  readonly endpoint: () => Endpoint;
  /** As a program on the same machine, outside its container, reaches it. */
  readonly endpointBeside: () => Endpoint;
  /** Set as soon as something happened to it that was not our doing. */
  readonly mishap: () => Mishap | null;
  /** Resolves with it. */
  readonly whenMishap: () => Promise<Mishap>;
  readonly sawOom: () => boolean;
  readonly memoryKills: () => number | null;
  /** The last reading that was taken, however old. */
  readonly last: () => ResourceReading | null;
  /** A fresh reading: at once from the kernel's counters, else the next message of the statistics stream. */
  read(): Promise<ResourceReading | null>;
  log(): Promise<readonly string[]>;
  state(): Promise<ContainerState>;
  /** Tells it what the engine said; called by whoever listens to events. */
  hear(event: ContainerEvent): void;
  /** Never throws. */
  end(): Promise<void>;
}

/** A container of our own, which can be changed while it runs. It ends by a kill (TensorFlow Serving ignores SIGTERM), its volumes with it. */
export interface Replica extends RunningReplica {
  readonly key: string;
  readonly plan: ContainerPlan;
  /** How the kernel shapes its network since its process began; null: not at all. */
  shaping: string | null;
  isPaused(): boolean;
  /** Live: CPU and memory. False when the engine refuses, for example memory below what is in use. */
  update(serving: ServingConfiguration): Promise<boolean>;
  /** The same container with a fresh process, other limits and another batching file. */
  restart(serving: ServingConfiguration): Promise<void>;
  pause(): Promise<void>;
  unpause(): Promise<void>;
  lose(): void;
}

const STATS_WAIT_MS = 2500;

/** @throws ServescapeError in words; what was created by then has been removed */
export async function startContainer(engine: Engine, name: string, plan: ContainerPlan, serving: ServingConfiguration, key: string, slot = 0): Promise<Replica> {
  const { docker } = engine;
  let container: Docker.Container | null = null;
  try {
    container = await docker.createContainer(createOptions(name, plan, serving, slot));
    await putConfig(container, serving);
    if (plan.modelBy === 'copy') await container.putArchive(tarStream(modelEntries(plan.modelFolder)), { path: modelPath(plan.modelName) });
    await container.start();
    return await follow(engine, container, plan, serving, key);
  } catch (error) {
    await container?.remove({ force: true, v: true }).catch(() => undefined);
    throw error;
  }
}

function putConfig(container: Docker.Container, serving: ServingConfiguration): Promise<unknown> {
  return container.putArchive(tarStream(configEntries(serving)), { path: CONFIG_PATH });
}

async function follow(engine: Engine, container: Docker.Container, plan: ContainerPlan, first: ServingConfiguration, key: string): Promise<Replica> {
  let serving = first;
  let place = await findPlace(container, engine.way, plan, serving);
  let mishap: Mishap | null = null;
  let oom = false;
  let paused = false;
  /** Ends we caused ourselves and have not heard of yet. */
  let endsToCome = 0;
  let ended = false;
  const happened = Promise.withResolvers<Mishap>();
  const happen = (what: Mishap): void => {
    if (ended || mishap !== null) return;
    mishap = what;
    happened.resolve(what);
  };
  const readings = followStats(container);

  const replica: Replica = {
    id: container.id, key, plan,
    shaping: null,
    serving: () => serving,
    endpoint: () => place.endpoint,
    endpointBeside: () => place.beside,
    mishap: () => mishap,
    whenMishap: () => happened.promise,
    sawOom: () => oom,
    memoryKills: () => place.group?.memoryKills() ?? null,
    last: () => readings.latest(),
    read: async () => {
      const counted = place.group?.read() ?? null;
      if (counted !== null) readings.keep(counted);
      return counted ?? readings.next();
    },
    isPaused: () => paused,
    update: async (next) => {
      if (sameLimits(serving, next)) {
        serving = next;
        return true;
      }
      if (!engine.facts.updatesLimits) return false;
      try {
        await container.update(limitsOf(next));
        serving = next;
        return true;
      } catch {
        return false;
      }
    },
    restart: async (next) => {
      if (batchingFileText(next) !== batchingFileText(serving)) await putConfig(container, next);
      endsToCome += 1;
      // Answers once the process has ended.
      await container.kill();
      if (!sameLimits(serving, next)) await container.update(limitsOf(next));
      await container.start();
      oom = false;
      replica.shaping = null;
      serving = next;
      place = await findPlace(container, engine.way, plan, next);
      readings.follow();
    },
    pause: async () => {
      paused = true;
      await container.pause();
    },
    unpause: async () => {
      await container.unpause();
      paused = false;
    },
    log: () => readLog(container),
    state: () => readState(container),
    hear: ({ action, exitCode }) => {
      if (action === 'oom') oom = true;
      if (action === 'die' && endsToCome > 0) {
        endsToCome -= 1;
        return;
      }
      if (action === 'die') happen({ kind: 'ended', exitCode });
      if (action === 'pause' && !paused) happen({ kind: 'paused', exitCode: null });
      if (action === 'destroy') happen({ kind: 'ended', exitCode: null });
    },
    lose: () => happen({ kind: 'engine-lost', exitCode: null }),
    end: async () => {
      ended = true;
      readings.stop();
      await container.remove({ force: true, v: true }).catch(() => undefined);
    },
  };
  return replica;
}

function sameLimits(a: ServingConfiguration, b: ServingConfiguration): boolean {
  return a.cpuCores === b.cpuCores && a.memoryMb === b.memoryMb;
}

interface Place {
  readonly endpoint: Endpoint;
  readonly beside: Endpoint;
  readonly group: ContainerGroup | null;
}

/** Address and process change with every start. An engine that drops limits silently must not be measured. */
async function findPlace(container: Docker.Container, way: EngineWay, plan: ContainerPlan, serving: ServingConfiguration): Promise<Place> {
  const { State, NetworkSettings, HostConfig } = await container.inspect();
  const wanted = limitsOf(serving);
  if (HostConfig.NanoCpus !== wanted.NanoCpus || HostConfig.Memory !== wanted.Memory) {
    throw new ServescapeError('unsupported', 'This engine ignores CPU and memory limits, so nothing it runs would mean anything.', {
      hint: 'Podman without root on control groups version 1 does that. Use Docker, or Podman as root.',
    });
  }
  const published = (port: number): number => Number(NetworkSettings.Ports[`${port}/tcp`]?.[0]?.HostPort ?? 0);
  const address = Object.values(NetworkSettings.Networks).find(({ IPAddress }) => IPAddress !== '')?.IPAddress ?? '';
  const beside = plan.publishOn === null || address !== ''
    ? { host: address, port: REST_PORT, grpcPort: GRPC_PORT }
    : { host: plan.publishOn, port: published(REST_PORT), grpcPort: published(GRPC_PORT) };
  const endpoint = plan.publishOn === null
    ? beside
    : { ...(await way.reach(published(REST_PORT))), grpcPort: (await way.reach(published(GRPC_PORT))).port };
  return { endpoint, beside, group: plan.counters === 'stream' ? null : findContainerGroup(State.Pid, container.id) };
}

export interface Readings {
  latest(): ResourceReading | null;
  keep(reading: ResourceReading): void;
  next(): Promise<ResourceReading | null>;
  /** After a restart: the old stream has ended. */
  follow(): void;
  stop(): void;
}

/** The statistics stream, opened when somebody first needs it: about one message a second. */
export function followStats(container: Docker.Container): Readings {
  let latest: ResourceReading | null = null;
  let stream: Readable | null = null;
  let opening: Promise<void> | null = null;
  let stopped = false;
  let waiting: ((reading: ResourceReading | null) => void)[] = [];
  const tell = (reading: ResourceReading | null): void => {
    const asked = waiting;
    waiting = [];
    asked.forEach((resolve) => resolve(reading));
  };
  const open = async (): Promise<void> => {
    const opened = (await container.stats({ stream: true })) as unknown as Readable;
    if (stopped) return void opened.destroy();
    stream = opened;
    const gone = (): void => {
      if (stream === opened) stream = null;
      tell(null);
    };
    opened.on('data', jsonLines((value) => {
      const reading = parseStats(value);
      if (reading === null) return;
      latest = reading;
      tell(reading);
    }));
    opened.on('error', gone).on('end', gone).on('close', gone);
  };
  return {
    latest: () => latest,
    keep: (reading) => (latest = reading),
    next: async () => {
      if (stream === null) await (opening ??= open().catch(() => undefined).finally(() => (opening = null)));
      if (stream === null) return null;
      const { promise, resolve } = Promise.withResolvers<ResourceReading | null>();
      waiting.push(resolve);
      const timer = setTimeout(resolve, STATS_WAIT_MS, null);
      return promise.finally(() => clearTimeout(timer));
    },
    follow: () => {
      stream?.destroy();
      stream = null;
    },
    stop: () => {
      stopped = true;
      stream?.destroy();
      tell(null);
    },
  };
}

/** What the engine says of it now. Never throws. */
export async function readState(container: Docker.Container): Promise<ContainerState> {
  try {
    const { State } = await container.inspect();
    return { kind: 'known', running: State.Running, exitCode: State.ExitCode, oomKilled: State.OOMKilled };
  } catch (error) {
    return { kind: statusOf(error) === 404 ? 'removed' : 'silent' };
  }
}

/** The last lines it printed on either stream. Never throws: a log must not hide what it should explain. */
export async function readLog(container: Docker.Container): Promise<readonly string[]> {
  try {
    const bytes = (await container.logs({ stdout: true, stderr: true, tail: LOG_LINES_MAX })) as unknown as Buffer;
    return demultiplex(bytes).split(/\r?\n/).filter((line) => line !== '').slice(-LOG_LINES_MAX);
  } catch (error) {
    return statusOf(error) === null ? [] : [`(the log cannot be read: ${engineWords(error)})`];
  }
}

/** For errors around a container: what was done, to which image. */
export function startFailure(error: unknown, index: number, image: string): ServescapeError {
  return dockerFailure(error, { doing: `start replica ${index + 1}`, image });
}
