import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { appFolders } from './project/app-folders.ts';
import { createModelRoom } from './host/model-room.ts';
import { createLogFile } from './host/log-file.ts';
import { createServices, type RunningServices, type SystemDialogs } from './host/services.ts';
import type { Activity } from './host/activity.ts';
import { createSettingsFile } from './host/settings.ts';
import { createDockerBackend } from './serving/docker/docker-backend.ts';
import { engineAddress, findEngineAddress, type EngineAddress } from './serving/docker/engine-address.ts';
import { createEngineMachine } from './serving/docker/engine-machine.ts';
import { findModelFolder } from './serving/docker/model-folder.ts';
import { createImageRoom } from './serving/docker/images.ts';
import { createLoadContainers } from './serving/docker/load-container.ts';
import { bundledReference, isBundledImage } from './serving/docker/server-image.ts';
import { findNodeProgram } from './serving/docker/node-program.ts';
import { createSwarmBackend } from './serving/swarm/swarm-backend.ts';
import { createSwarmMachine } from './serving/swarm/swarm-machine.ts';
import { reportEngines, reportSwarm } from './serving/swarm/node-report.ts';
import { createLocalBackend } from './serving/local/local-backend.ts';
import { createMachineFacts } from './hardware/machine-facts.ts';
import { createPreflight } from './hardware/preflight.ts';
import { asksGpuClock } from './domain/gpu.ts';
import { createStudyHardware, prepareWithClocks, simulatedFacts } from './hardware/study-hardware.ts';
import { SIMULATED_CLOCKS } from './serving/simulated/simulated-gpu.ts';
import { createSimulatedFleet } from './serving/simulated/simulated-lab.ts';
import { createStationLoadGenerator } from './load/station-load-generator.ts';
import { createThreadLoadGenerator } from './load/thread-load-generator.ts';
import { firstConfigurations } from './optimizer/study-sampler.ts';
import { SamplerThread } from './optimizer/thread/sampler-thread.ts';
import { ServescapeError } from './domain/errors.ts';
import type { NodeReport } from './domain/node-report.ts';
import type { AppInfo } from './contract/values.ts';
import type { Preferences } from './contract/preferences.ts';
import type { Shell } from './contract/shell-methods.ts';
import type { Clock, Lab, LoadGenerator, MachineFacts, ServingBackend } from './study/ports.ts';
import type { Services } from './contract/services.ts';
import { countMachines, dockerBackendSchema, loadsFromBeside, type DockerBackend, type StudySpec, type SwarmBackend } from './domain/study-spec.ts';
import type { LoadImageSource } from './serving/docker/load-image.ts';
import type { ServerImageSource } from './serving/docker/server-image-files.ts';

export interface AppOptions {
  readonly entries: { readonly modelServer: URL; readonly loadWorker: URL; readonly loadStation: URL; readonly samplerWorker: URL };
  readonly resourcesRoot: string;
  readonly host: 'electron' | 'browser' | 'cli';
  readonly version: string;
  /** Told what is found out after the start. */
  readonly onNotice?: (notice: string) => void;
  readonly dialogs?: SystemDialogs;
  readonly shell?: Shell;
  readonly onActivity?: (activity: Activity) => void;
}

export interface App {
  readonly services: Services;
  /** What was cleaned up after an earlier, killed session; one sentence each. Complete after `start`. */
  readonly notices: readonly string[];
  /** Notes a fault of our own in the log; refusals do not belong there. */
  readonly onFault: (error: unknown, method: string) => void;
  readonly preferences: () => Preferences;
  readonly drafts: RunningServices['drafts'];
  /** Whether any study is running right now. */
  readonly anyRunning: () => boolean;
  /** `leave-docker`: containers an earlier program left are looked for when the first study uses Docker, not now. */
  start(docker?: 'sweep-docker' | 'leave-docker'): Promise<void>;
  /** Stops every run, hands back every replica, closes every file. Idempotent. */
  close(): Promise<void>;
}

/** Puts the rooms together. The only file that sees both the story of a study and what stands behind its ports. */
export function createApp(options: AppOptions): App {
  const { entries, resourcesRoot, version } = options;
  const folders = appFolders();
  const settings = createSettingsFile(folders.data);
  const log = createLogFile(folders.data);
  const machine = createMachineFacts({ appVersion: version });
  const chooser = new SamplerThread(entries.samplerWorker);
  const notices: string[] = [];
  const tell = (found: readonly string[]): void => {
    notices.push(...found);
    if (started) found.forEach((notice) => options.onNotice?.(notice));
  };
  let started = false;
  const clock: Clock = { nowMs: () => performance.now(), nowIso: () => new Date().toISOString() };

  const studyHardware = createStudyHardware({ folder: folders.data, nowMs: clock.nowMs, isElsewhere });

  const hardwareOf = (spec: StudySpec): Pick<Lab, 'hardware'> => {
    const hardware = studyHardware.hardwareFor(spec);
    return hardware === undefined ? {} : { hardware };
  };

  /** The documented places for the user's own files: a folder per workload, looked at before what comes with the program. */
  const own = { models: join(folders.data, 'models'), data: join(folders.data, 'data') };

  const modelPlaces = { modelRoot: join(resourcesRoot, 'models'), ownModelRoot: own.models };

  const localBackend = (): ServingBackend =>
    createLocalBackend({
      serverEntry: entries.modelServer, nodePath: process.execPath, ...modelPlaces,
      runFolder: join(folders.data, 'run'),
      ...(options.host === 'electron' && { environment: { ELECTRON_RUN_AS_NODE: '1' } }),
    });
  const image: ServerImageSource = {
    serverEntry: fileURLToPath(entries.modelServer), version,
    // Electron's own program is none that a container could run.
    nodePath: options.host === 'electron' ? findNodeProgram() : process.execPath,
  };
  const dockerBackend = (backend: DockerBackend, engine?: string): ServingBackend =>
    createDockerBackend({
      backend, image, modelRoot: join(resourcesRoot, 'models'), beforeUse: () => sweepDocker(engine), ...addressed(engine),
    });
  const swarmBackend = (backend: SwarmBackend, beforeUse?: () => Promise<unknown>): ServingBackend =>
    createSwarmBackend({ backend, addresses: addressesOf(backend), image, modelRoot: join(resourcesRoot, 'models'), ...(beforeUse && { beforeUse }) });
  /** What an earlier program left on an engine or a swarm is cleared away once, before it is used. */
  const swept = new Map<string, Promise<void>>();
  const sweepOnce = (where: string, make: () => ServingBackend): Promise<void> => {
    const sweep = async (): Promise<void> => {
      const sweeper = make();
      tell(await sweeper.sweep().finally(() => sweeper.close()));
    };
    const sweeping = swept.get(where) ?? sweep();
    swept.set(where, sweeping);
    return sweeping;
  };
  const sweepDocker = (engine?: string): Promise<void> => sweepOnce(engine ?? '', () =>
    createDockerBackend({ backend: dockerBackendSchema.parse({ kind: 'docker' }), image, modelRoot: join(resourcesRoot, 'models'), ...addressed(engine) }));
  const engineMachine = createEngineMachine(machine);
  const data = { dataRoot: join(resourcesRoot, 'data'), ownDataRoot: own.data };
  const loadHere = (): LoadGenerator => createThreadLoadGenerator({ workerUrl: entries.loadWorker, ...data });
  const loadImage: LoadImageSource = { entries: [fileURLToPath(entries.loadStation), fileURLToPath(entries.loadWorker)], nodePath: image.nodePath, version };
  /** From here or from beside the replicas on this engine, as the study says. */
  const loadFor = (spec: StudySpec, address: () => EngineAddress): LoadGenerator => {
    if (!loadsFromBeside(spec)) return loadHere();
    return createStationLoadGenerator({ ...data, model: spec.model, open: createLoadContainers({ address, image: loadImage, pinned: 'pinCores' in spec.backend && spec.backend.pinCores }) });
  };
  /** An engine the study names; the usual one when it names none. */
  const engineLab = (spec: StudySpec, backend: DockerBackend, engine?: string): Lab => ({
    backend: dockerBackend({ ...backend, modelFolder: findModelFolder(backend, spec.model, modelPlaces).basePath }, engine), clock,
    machine: engine === undefined ? engineMachine : createEngineMachine(machine, engineAddress(engine)),
    ...hardwareOf(spec), load: loadFor(spec, () => addressed(engine).address ?? findEngineAddress()), ...(engine !== undefined && { name: engine }),
  });
  const labsFor = (spec: StudySpec): readonly [Lab, ...Lab[]] => {
    const { backend } = spec;
    switch (backend.kind) {
      case 'local':
        return [{ backend: localBackend(), clock, machine, ...hardwareOf(spec), load: loadHere() }];
      case 'simulated':
        return createSimulatedFleet({ appVersion: version, gpu: asksGpuClock(spec) }, countMachines(spec)) as unknown as [Lab, ...Lab[]];
      case 'docker':
        return (backend.engines ?? [undefined]).map((engine) => engineLab(spec, backend, engine)) as [Lab, ...Lab[]];
      case 'swarm': {
        const addresses = addressesOf(backend);
        const study = { ...backend, modelFolder: findModelFolder(backend, spec.model, modelPlaces).basePath };
        return [{
          backend: swarmBackend(study, () => sweepOnce(`swarm ${backend.engines?.join() ?? ''}`, () => swarmBackend(backend))), clock,
          machine: createSwarmMachine(machine, addresses), load: loadFor(spec, () => addresses[0]!),
        }];
      }
    }
  };
  const labFor = (spec: StudySpec): Lab => labsFor(spec)[0];
  const machineFor = (spec: StudySpec): MachineFacts => labFor(spec).machine;

  const nodes = (backend: StudySpec['backend']): Promise<NodeReport> => {
    if (backend.kind !== 'docker' && backend.kind !== 'swarm') {
      throw new ServescapeError('unsupported', 'Nodes belong to studies whose replicas run in Docker or on a swarm.');
    }
    const reference = isBundledImage(backend.image) ? bundledReference(image) : backend.image;
    return backend.kind === 'swarm' ? reportSwarm(addressesOf(backend), reference) : reportEngines(addressesOf(backend), reference);
  };

  const info = (): AppInfo => ({
    version, host: options.host === 'electron' ? 'electron' : 'browser', platform: process.platform,
    nativeDialogs: options.dialogs !== undefined, notices, preferences: settings.read(), versions: programVersions(), logFolder: log.folder,
  });
  const running = createServices({
    info, preferences: settings, log, shell: options.shell ?? null, ...(options.onActivity && { onActivity: options.onActivity }), resourcesRoot, folders, labFor, labsFor, machineFor, chooser, firstConfigurations,
    nodes, images: createImageRoom(image), compose: { ...modelPlaces, bundledImage: bundledReference(image) },
    models: createModelRoom({
      labFor, machineFor,
      places: { ...modelPlaces, ...data },
    }),
    preflight: createPreflight({ machine, backend: localBackend, cards: studyHardware.cards, folder: folders.data }),
    hardware: {
      ...studyHardware,
      // The simulated machine gives everything and asks nobody.
      facts: async (backend) => (backend.kind === 'simulated' ? simulatedFacts() : studyHardware.facts(backend)),
      supportedClocks: async (backend) => (backend.kind === 'simulated' ? SIMULATED_CLOCKS : studyHardware.supportedClocks(backend)),
      prepare: async (spec) => (spec.backend.kind === 'simulated' ? prepareWithClocks(spec, SIMULATED_CLOCKS) : studyHardware.prepare(spec)),
    },
    dialogs: options.dialogs ?? null,
  });

  let closed: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    await running.close();
    await chooser.close();
  };
  return {
    services: running.services,
    notices,
    anyRunning: running.anyRunning,
    drafts: running.drafts,
    preferences: settings.read,
    onFault: (error, method) => log.write(`${method}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    start: async (docker = 'sweep-docker') => {
      const clocks = await studyHardware.recover();
      const sweeper = localBackend();
      await Promise.all([
        sweeper.sweep().finally(() => sweeper.close()).then(tell),
        docker === 'sweep-docker' && sweepDocker(),
      ]);
      // Last, and so shown first: it is the user's hardware.
      notices.push(...clocks);
      started = true;
    },
    close: () => (closed ??= close()),
  };
}

/** What the program stands on, by name. */
function programVersions(): Record<string, string> {
  const { node, electron, chrome } = process.versions as Record<string, string | undefined>;
  return { ...(electron && { Electron: electron }), ...(chrome && { Chrome: chrome }), Node: node ?? '' };
}

/** Where an engine is that a study names; nothing for the usual one, which is looked for at each use. */
function addressed(engine: string | undefined): { readonly address?: EngineAddress } {
  return engine === undefined ? {} : { address: engineAddress(engine) };
}

/** Nodes of a swarm may be anywhere; so may an engine that cannot be found. */
function isElsewhere(backend: StudySpec['backend']): boolean {
  if (backend.kind !== 'docker') return backend.kind === 'swarm';
  try {
    return addressesOf(backend).some(({ isLocal }) => !isLocal);
  } catch {
    return true;
  }
}

/** The engines a study names, or the usual one. */
function addressesOf({ engines }: DockerBackend | SwarmBackend): readonly EngineAddress[] {
  return engines?.map((engine) => engineAddress(engine)) ?? [findEngineAddress()];
}
