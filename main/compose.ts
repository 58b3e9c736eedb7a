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
import { createEngineMachine } from './serving/docker/engine-machine.ts';
import { findModelFolder } from './serving/docker/model-folder.ts';
import { createImageRoom } from './serving/docker/images.ts';
import { bundledReference } from './serving/docker/server-image.ts';
import { findNodeProgram } from './serving/docker/node-program.ts';
import { createLocalBackend } from './serving/local/local-backend.ts';
import { createMachineFacts } from './hardware/machine-facts.ts';
import { createPreflight } from './hardware/preflight.ts';
import { asksGpuClock } from './domain/gpu.ts';
import { createStudyHardware, prepareWithClocks, simulatedFacts } from './hardware/study-hardware.ts';
import { SIMULATED_CLOCKS } from './serving/simulated/simulated-gpu.ts';
import { createSimulatedLab } from './serving/simulated/simulated-lab.ts';
import { createThreadLoadGenerator } from './load/thread-load-generator.ts';
import { firstConfigurations } from './optimizer/study-sampler.ts';
import { SamplerThread } from './optimizer/thread/sampler-thread.ts';
import type { AppInfo } from './contract/values.ts';
import type { Preferences } from './contract/preferences.ts';
import type { Shell } from './contract/shell-methods.ts';
import type { Clock, Lab, MachineFacts, ServingBackend } from './study/ports.ts';
import type { Services } from './contract/services.ts';
import { dockerBackendSchema, type DockerBackend, type StudySpec } from './domain/study-spec.ts';
import type { ServerImageSource } from './serving/docker/server-image-files.ts';

export interface AppOptions {
  readonly entries: { readonly modelServer: URL; readonly loadWorker: URL; readonly samplerWorker: URL };
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

  const studyHardware = createStudyHardware({ folder: folders.data, nowMs: clock.nowMs });

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
  const dockerBackend = (backend: DockerBackend): ServingBackend =>
    createDockerBackend({ backend, image, modelRoot: join(resourcesRoot, 'models'), beforeUse: () => (dockerSwept ??= sweepDocker()) });
  let dockerSwept: Promise<void> | null = null;
  const sweepDocker = async (): Promise<void> => {
    const sweeper = createDockerBackend({ backend: dockerBackendSchema.parse({ kind: 'docker' }), image, modelRoot: join(resourcesRoot, 'models') });
    tell(await sweeper.sweep().finally(() => sweeper.close()));
  };
  const engineMachine = createEngineMachine(machine);
  const labFor = (spec: StudySpec): Lab => {
    switch (spec.backend.kind) {
      case 'local':
        return {
          backend: localBackend(), clock, machine, hardware: studyHardware.hardwareFor(spec),
          load: createThreadLoadGenerator({ workerUrl: entries.loadWorker, dataRoot: join(resourcesRoot, 'data'), ownDataRoot: own.data }),
        };
      case 'simulated':
        return createSimulatedLab({ appVersion: version, gpu: asksGpuClock(spec) });
      case 'docker':
        return {
          backend: dockerBackend({ ...spec.backend, modelFolder: findModelFolder(spec.backend, spec.model, modelPlaces).basePath }), clock, machine: engineMachine, hardware: studyHardware.hardwareFor(spec),
          load: createThreadLoadGenerator({ workerUrl: entries.loadWorker, dataRoot: join(resourcesRoot, 'data'), ownDataRoot: own.data }),
        };
    }
  };
  const machineFor = (spec: StudySpec): MachineFacts => {
    if (spec.backend.kind === 'simulated') return labFor(spec).machine;
    return spec.backend.kind === 'docker' ? engineMachine : machine;
  };

  const info = (): AppInfo => ({
    version, host: options.host === 'electron' ? 'electron' : 'browser', platform: process.platform,
    nativeDialogs: options.dialogs !== undefined, notices, preferences: settings.read(), versions: programVersions(), logFolder: log.folder,
  });
  const running = createServices({
    info, preferences: settings, log, shell: options.shell ?? null, ...(options.onActivity && { onActivity: options.onActivity }), resourcesRoot, folders, labFor, machineFor, chooser, firstConfigurations,
    images: createImageRoom(image), compose: { ...modelPlaces, bundledImage: bundledReference(image) },
    models: createModelRoom({
      labFor, machineFor,
      places: { ...modelPlaces, dataRoot: join(resourcesRoot, 'data'), ownDataRoot: own.data },
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
        docker === 'sweep-docker' && (dockerSwept ??= sweepDocker()),
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
