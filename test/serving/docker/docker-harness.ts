import { fileURLToPath } from 'node:url';
import Docker from 'dockerode';
import packageJson from '../../../package.json' with { type: 'json' };
import type { ServingConfiguration } from '../../../main/domain/serving-configuration.ts';
import { dockerBackendSchema, type DockerBackend } from '../../../main/domain/study-spec.ts';
import { createDockerBackend, type DockerBackendOptions } from '../../../main/serving/docker/docker-backend.ts';
import { probeDocker } from '../../../main/serving/docker/docker-probe.ts';
import { findEngineAddress } from '../../../main/serving/docker/engine-address.ts';
import { PROJECT_LABEL } from '../../../main/serving/docker/labels.ts';
import type { ServerImageSource } from '../../../main/serving/docker/server-image-files.ts';
import type { Deployment, ReplicaStatus, ServingBackend } from '../../../main/study/ports.ts';
import { randomUUID } from 'node:crypto';

const probed = await probeDocker();
/** Why tests against a real engine cannot run here; null where they can. */
export const noEngine = probed.kind === 'running' ? null : `no Docker engine answers (${probed.kind})`;
/** For the title of a suite, so that a skip is listed with its reason. */
export const onEngine = (title: string): string => (noEngine === null ? title : `${title} [skipped: ${noEngine}]`);

export const MODELS = fileURLToPath(new URL('../../../resources/models', import.meta.url));
export const imageSource: ServerImageSource = {
  serverEntry: fileURLToPath(new URL('../../../main/modelserver/main.ts', import.meta.url)), nodePath: process.execPath, version: packageJson.version,
};
/** Small enough for two shared cores. */
export const SMALL: ServingConfiguration = {
  replicas: 1, cpuCores: 0.6, memoryMb: 256, maxBatchSize: 8, batchTimeoutMicros: 500, batchThreads: 1, gpuClockMhz: 1000,
};

export interface DockerHarness {
  readonly backend: ServingBackend;
  readonly docker: Docker;
  /** Marks this harness's containers. */
  readonly project: string;
  deploy(serving?: Partial<ServingConfiguration>, options?: DeployOptions): Promise<Deployment>;
  containers(): Promise<readonly Docker.ContainerInfo[]>;
  /** Containers and volumes that should be gone, in words. */
  remains(): Promise<readonly string[]>;
  dispose(): Promise<void>;
}

export interface DeployOptions {
  readonly readyTimeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly onReplica?: (status: ReplicaStatus) => void;
}

export type HarnessOptions = Partial<Omit<DockerBackendOptions, 'backend'>> & { readonly backend?: Partial<DockerBackend>; readonly docker?: Docker };

export function createDockerHarness({ backend: chosen = {}, docker = new Docker({ ...findEngineAddress().options }), ...options }: HarnessOptions = {}): DockerHarness {
  const project = `test-${randomUUID()}`;
  const inner = createDockerBackend({
    backend: dockerBackendSchema.parse({ kind: 'docker', ...chosen }), image: imageSource, modelRoot: MODELS, ...options,
  });
  const deployAs: ServingBackend['deploy'] = (request) => inner.deploy({ ...request, labels: { ...request.labels, project } });
  const filters = { label: [`${PROJECT_LABEL}=${project}`] };
  const containers = (): Promise<Docker.ContainerInfo[]> => docker.listContainers({ all: true, filters });
  const backend = { ...inner, deploy: deployAs };
  return {
    backend, docker, project, containers,
    deploy: (serving = {}, { readyTimeoutMs = 60_000, signal = new AbortController().signal, onReplica = () => undefined } = {}) =>
      backend.deploy({
        serving: { ...SMALL, ...serving }, model: { workload: 'digits', transport: 'http', balancing: 'round-robin' },
        readyTimeoutMs, labels: { project, study: 'test', trial: 1 }, signal, onReplica,
      }),
    remains: async () => [
      ...(await containers()).map(({ Names, State }) => `container ${Names.join()} (${State})`),
      ...((await docker.listVolumes({ filters })).Volumes ?? []).map(({ Name }) => `volume ${Name}`),
    ],
    dispose: () => inner.close(),
  };
}

/** Blank digits, as TensorFlow Serving's REST interface takes them. */
export function predict({ host, port }: { readonly host: string; readonly port: number }, digits = 1): Promise<Response> {
  const blank = Array.from({ length: 28 }, () => Array.from({ length: 28 }, () => [0]));
  return fetch(`http://${host}:${port}/v1/models/digits:predict`, { method: 'POST', body: JSON.stringify({ instances: Array.from({ length: digits }, () => blank) }) });
}
