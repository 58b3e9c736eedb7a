import { readFileSync } from 'node:fs';
import Docker, { type CreateServiceOptions } from 'dockerode';
import { ServescapeError } from '../../domain/errors.ts';
import { dockerFailure } from './docker-errors.ts';
import { createEngineWay, type EngineWay } from './engine-way.ts';
import { findEngineAddress, type EngineAddress } from './engine-address.ts';

/** What an engine says about itself and its machine. Memory in MB. */
export interface EngineFacts {
  readonly name: 'Docker' | 'Podman';
  readonly version: string;
  readonly apiVersion: string;
  readonly architecture: string;
  readonly cores: number;
  readonly memoryMb: number;
  readonly cgroupVersion: string;
  readonly runtimes: readonly string[];
  /** Podman has no endpoint for it. */
  readonly updatesLimits: boolean;
  /** Containers of the default network can be reached at their own addresses from here. */
  readonly reachesContainers: boolean;
}

export type DockerClient = Docker;
export type { CreateServiceOptions };

export interface Engine {
  readonly docker: Docker;
  readonly address: EngineAddress;
  readonly facts: EngineFacts;
  /** To the ports its containers publish. */
  readonly way: EngineWay;
}

/** A client for the engine; connects to nothing yet. */
export function createClient(address: EngineAddress = findEngineAddress()): Docker {
  return new Docker({ ...address.options });
}

/** @throws ServescapeError in words when nothing usable answers */
export async function openEngine(address: EngineAddress = findEngineAddress()): Promise<Engine> {
  const docker = createClient(address);
  try {
    await inTime(docker.ping(), ANSWER_MS, address);
    const [version, info] = await inTime(Promise.all([docker.version(), docker.info() as Promise<InfoAnswer>]), FACTS_MS, address);
    if (typeof version.ApiVersion !== 'string') {
      throw new ServescapeError('backend-unavailable', `Something answers at ${address.words}, but it is not Docker.`);
    }
    const components = (version as { Components?: readonly { readonly Name?: string }[] }).Components ?? [];
    const isPodman = components.some(({ Name }) => /podman/i.test(Name ?? ''));
    return {
      docker, address, way: createEngineWay(address),
      facts: {
        name: isPodman ? 'Podman' : 'Docker',
        version: version.Version, apiVersion: version.ApiVersion, architecture: info.Architecture ?? '',
        cores: info.NCPU, memoryMb: Math.floor(info.MemTotal / BYTES_PER_MB), cgroupVersion: info.CgroupVersion ?? '1',
        runtimes: Object.keys(info.Runtimes ?? {}), updatesLimits: !isPodman,
        reachesContainers: address.isLocal && !/docker desktop/i.test(info.OperatingSystem ?? '') && (await ownsBridge(docker)),
      },
    };
  } catch (error) {
    throw dockerFailure(error, { doing: 'be asked about its machine' });
  }
}

/** An engine that is elsewhere may never answer; nobody should have to wait for that. */
const ANSWER_MS = 10_000;
/** Podman starts other programs to say what it is: a second, and ten on a machine that is busy. */
const FACTS_MS = 40_000;

async function inTime<Value>(answer: Promise<Value>, ms: number, { words }: EngineAddress): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new ServescapeError('backend-unavailable', `Docker did not answer within ${ms / 1000} s (${words}).`, {
    hint: 'Check DOCKER_HOST or the Docker context and the network, or use the engine of this machine.',
  })), ms);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

export const BYTES_PER_MB = 1024 * 1024;

interface InfoAnswer {
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly Architecture?: string;
  readonly CgroupVersion?: string;
  readonly OperatingSystem?: string;
  readonly Runtimes?: Readonly<Record<string, unknown>>;
}

/** The machine that owns the bridge's gateway address is the one its containers are next to. */
async function ownsBridge(docker: Docker): Promise<boolean> {
  try {
    const { IPAM } = (await docker.getNetwork('bridge').inspect()) as { IPAM?: { Config?: readonly { Gateway?: string; Subnet?: string }[] } };
    // A bridge without containers is down, and Node lists only interfaces that are up: the kernel's table has it all the same.
    const table = readFileSync('/proc/net/fib_trie', 'utf8');
    return (IPAM?.Config ?? []).some(({ Gateway, Subnet = '' }) => hasLocalAddress(table, Gateway ?? firstAddress(Subnet)));
  } catch {
    return false;
  }
}

/** What engines give the bridge when nobody said otherwise: the first of "172.17.0.0/16". */
function firstAddress(subnet: string): string {
  return subnet.replace(/\d+\/\d+$/, '1');
}

/** An address of this machine stands in the table as a leaf, with "host LOCAL" in the next line. */
export function hasLocalAddress(fibTrie: string, address: string): boolean {
  const pattern = new RegExp(`\\|-- ${address.replaceAll('.', '\\.')}\\n\\s+/32 host LOCAL`);
  return pattern.test(fibTrie);
}

/** "Docker 27.1.0" */
export function engineName({ name, version }: EngineFacts): string {
  return `${name} ${version.replace(/\+.*$/, '')}`;
}
