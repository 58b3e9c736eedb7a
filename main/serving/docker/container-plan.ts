import type { ContainerCreateOptions, HostConfig } from 'dockerode';
import type { ServingConfiguration } from '../../domain/serving-configuration.ts';
import { batchingFileText, monitoringFileText } from '../batching-file.ts';
import { behaviourFlags } from '../server-flags.ts';
import { BYTES_PER_MB } from './engine.ts';
import { textEntry, type TarEntry } from './tar.ts';

/** TensorFlow Serving's ports. */
export const REST_PORT = 8501;
export const GRPC_PORT = 8500;
const CONFIG_FOLDER = '/config';
const BATCHING_FILE = 'batching.txt';
const MONITORING_FILE = 'monitoring.txt';
/** Share of a GPU's memory the replicas on it take together. */
const GPU_MEMORY_SHARE = 0.9;

/** One replica as a container, apart from what can be changed while it runs. */
export interface ContainerPlan {
  readonly image: string;
  readonly modelName: string;
  /** The folder with the numbered versions on this machine. */
  readonly modelFolder: string;
  /** `bind`: mounted read-only; `copy`: sent to an engine that cannot see our folders. */
  readonly modelBy: 'bind' | 'copy';
  readonly threadsFromCpu: boolean;
  /** Processors it may use, as "0-6"; null: all. */
  readonly cpuset: string | null;
  /** "none", "all", or device numbers, which are dealt out to the replicas in turn. */
  readonly gpus: string;
  /** Null; or the legacy runtime of engines without device requests. */
  readonly gpuRuntime: string | null;
  /** The engine's address on which ports are published; null: none are, requests go to the container's own. */
  readonly publishOn: string | null;
  /** The engine chooses where this is null. */
  readonly hostPort: number | null;
  readonly readOnlyRoot: boolean;
  /** "1000:1000"; null: the image's own. */
  readonly user: string | null;
  /** Where CPU and memory are read: `auto` prefers the kernel's own counters, `stream` asks the engine. */
  readonly counters: 'auto' | 'stream';
  readonly labels: Readonly<Record<string, string>>;
}

/** What decides whether a running container can serve another configuration by live changes and a new batching file. */
export function planKey(plan: ContainerPlan, serving: ServingConfiguration): string {
  const { labels: _, ...fixed } = plan;
  return JSON.stringify([fixed, commandOf(plan, serving)]);
}

export function commandOf(plan: Pick<ContainerPlan, 'threadsFromCpu' | 'gpus'>, serving: ServingConfiguration): readonly string[] {
  return behaviourFlags(serving, {
    batchingFile: `${CONFIG_FOLDER}/${BATCHING_FILE}`, monitoringFile: `${CONFIG_FOLDER}/${MONITORING_FILE}`,
    threadsFromCpu: plan.threadsFromCpu,
    gpuMemoryFraction: plan.gpus === 'none' ? null : Number((GPU_MEMORY_SHARE / replicasPerCard(plan.gpus, serving.replicas)).toFixed(3)),
  });
}

/** With "all" every replica may use every card, so each card may have to hold all of them. */
function replicasPerCard(gpus: string, replicas: number): number {
  return gpus === 'all' ? replicas : Math.ceil(replicas / gpus.split(',').length);
}

/** The cards replica number `slot` sees: one of the list, because a server uses one and would take memory on the others for nothing. */
function cardsFor(gpus: string, slot: number): string {
  const list = gpus.split(',');
  return list[slot % list.length]!;
}

/** What `update` can change while a container runs. Memory and swap are equal, or the limit would not be the limit. */
export function limitsOf({ cpuCores, memoryMb }: Pick<ServingConfiguration, 'cpuCores' | 'memoryMb'>): Required<Pick<HostConfig, 'NanoCpus' | 'Memory' | 'MemorySwap'>> {
  const bytes = memoryMb * BYTES_PER_MB;
  return { NanoCpus: Math.round(cpuCores * 1e9), Memory: bytes, MemorySwap: bytes };
}

/** The archive that is unpacked at `/` before every start: what the server reads once. */
export function configEntries(serving: ServingConfiguration): readonly TarEntry[] {
  return [textEntry(BATCHING_FILE, batchingFileText(serving)), textEntry(MONITORING_FILE, monitoringFileText())];
}
export const CONFIG_PATH = CONFIG_FOLDER;

export function modelPath(modelName: string): string {
  return `/models/${modelName}`;
}

/** What goes to `POST /containers/create` for replica number `slot`. */
export function createOptions(name: string, plan: ContainerPlan, serving: ServingConfiguration, slot: number): ContainerCreateOptions {
  const [rest, grpc] = [`${REST_PORT}/tcp`, `${GRPC_PORT}/tcp`];
  return {
    name,
    Image: plan.image,
    Env: [`MODEL_NAME=${plan.modelName}`, ...(plan.gpuRuntime === null ? [] : [`NVIDIA_VISIBLE_DEVICES=${cardsFor(plan.gpus, slot)}`])],
    Cmd: [...commandOf(plan, serving)],
    Labels: { ...plan.labels },
    ...(plan.user !== null && { User: plan.user }),
    ...(plan.publishOn !== null && { ExposedPorts: { [rest]: {}, [grpc]: {} } }),
    HostConfig: {
      ...limitsOf(serving),
      ...(plan.cpuset !== null && { CpusetCpus: plan.cpuset }),
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: plan.readOnlyRoot,
      Tmpfs: { '/tmp': 'rw,size=64m' },
      Mounts: [
        { Type: 'volume', Source: '', Target: CONFIG_FOLDER, VolumeOptions: { NoCopy: true, Labels: { ...plan.labels }, DriverConfig: { Name: 'local', Options: {} } } },
        plan.modelBy === 'bind'
          ? { Type: 'bind', Source: plan.modelFolder, Target: modelPath(plan.modelName), ReadOnly: true }
          : { Type: 'volume', Source: '', Target: modelPath(plan.modelName), VolumeOptions: { NoCopy: true, Labels: { ...plan.labels }, DriverConfig: { Name: 'local', Options: {} } } },
      ],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '1' } },
      ...(plan.publishOn !== null && { PortBindings: {
        [rest]: [{ HostIp: plan.publishOn, HostPort: plan.hostPort === null ? '' : String(plan.hostPort) }], [grpc]: [{ HostIp: plan.publishOn, HostPort: '' }],
      } }),
      ...(plan.gpus !== 'none' && (plan.gpuRuntime === null ? { DeviceRequests: [deviceRequest(cardsFor(plan.gpus, slot))] } : { Runtime: plan.gpuRuntime })),
    },
  };
}

/** What `--gpus` sends; a count and device numbers exclude each other. */
function deviceRequest(gpus: string): NonNullable<HostConfig['DeviceRequests']>[number] {
  const common = { Driver: '', Capabilities: [['gpu']], Options: {} };
  return gpus === 'all' ? { ...common, Count: -1 } : { ...common, Count: 0, DeviceIDs: gpus.split(',') };
}
