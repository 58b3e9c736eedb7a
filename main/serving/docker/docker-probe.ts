import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import Docker from 'dockerode';
import { findEngineAddress, USUAL_SOCKET } from './engine-address.ts';
import { probeNetem, type NetemState } from './netem.ts';

export type DockerState =
  | {
      readonly kind: 'running'; readonly version: string; readonly apiVersion: string;
      /** Set where it is not Docker itself. */
      readonly name?: 'Podman';
      /** Set where it is not the usual socket. */
      readonly where?: string;
      readonly netem?: NetemState;
      /** Names of its runtimes: `nvidia` is there with NVIDIA's container toolkit. */
      readonly runtimes?: readonly string[];
    }
  | { readonly kind: 'not-running' }
  | { readonly kind: 'not-installed' }
  | { readonly kind: 'no-permission'; readonly socket: string }
  | { readonly kind: 'unusable'; readonly reason: string };

const TIMEOUT_MS = 2000;

export interface DockerProbeOptions {
  /** Found out from DOCKER_HOST and the platform when left away. */
  readonly socketPath?: string;
  readonly programPath?: string;
}

/** Whether a Docker engine answers, within two seconds; starts nothing. Never throws. */
export async function probeDocker({ socketPath, programPath = process.env['PATH'] ?? '' }: DockerProbeOptions = {}): Promise<DockerState> {
  try {
    const found = socketPath === undefined ? findEngineAddress() : { options: { socketPath }, words: USUAL_SOCKET };
    const docker = new Docker({ ...found.options, timeout: TIMEOUT_MS });
    const answer = await withTimeout(docker.version());
    // Any web server answers: without an API version it is not Docker.
    if (typeof answer.ApiVersion !== 'string') return { kind: 'unusable', reason: 'Something answers at the Docker address, but it is not Docker.' };
    const components = (answer as { Components?: readonly { readonly Name?: string }[] }).Components ?? [];
    return {
      kind: 'running', version: answer.Version, apiVersion: answer.ApiVersion,
      ...(components.some(({ Name }) => /podman/i.test(Name ?? '')) && { name: 'Podman' as const }),
      ...(found.words !== USUAL_SOCKET && { where: found.words }),
      ...(socketPath === undefined && { netem: await probeNetem(), ...(await listRuntimes(docker)) }),
    };
  } catch (error) {
    return explainDockerError(error as DockerError, programPath);
  }
}

async function listRuntimes(docker: Docker): Promise<{ runtimes?: readonly string[] }> {
  try {
    const { Runtimes } = (await withTimeout(docker.info())) as { Runtimes?: object };
    return Runtimes ? { runtimes: Object.keys(Runtimes) } : {};
  } catch {
    return {};
  }
}

type DockerError = NodeJS.ErrnoException & { readonly address?: string };

/** What went wrong on the way to the engine, by the system's error code. */
export function explainDockerError(error: DockerError, programPath: string): DockerState {
  switch (error.code) {
    case 'EACCES':
    case 'EPERM':
      return { kind: 'no-permission', socket: error.address ?? 'the Docker socket' };
    case 'ECONNREFUSED':
      return { kind: 'not-running' };
    case 'ENOENT':
      return isInstalled(programPath) ? { kind: 'not-running' } : { kind: 'not-installed' };
    case 'ENOTFOUND':
      return { kind: 'unusable', reason: `The Docker host ${process.env['DOCKER_HOST'] ?? ''} cannot be found.` };
    default:
      return { kind: 'unusable', reason: error instanceof Error ? error.message : String(error) };
  }
}

const ENGINE_PROGRAMS = process.platform === 'win32' ? ['docker.exe'] : ['dockerd', 'docker'];

function isInstalled(programPath: string): boolean {
  return programPath.split(delimiter).some((folder) => ENGINE_PROGRAMS.some((name) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  }));
}

/** dockerode's own time-out starts at the first byte; a socket nobody listens on must not hold up the page. */
async function withTimeout<Value>(promise: Promise<Value>): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Docker did not answer within ${TIMEOUT_MS / 1000} s.`)), TIMEOUT_MS);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
