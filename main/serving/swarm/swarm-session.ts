import type { DockerClient } from '../docker/engine.ts';
import { ServescapeError } from '../../domain/errors.ts';
import { dockerFailure } from '../docker/docker-errors.ts';
import { openEngine, type Engine } from '../docker/engine.ts';
import type { EngineAddress } from '../docker/engine-address.ts';
import { isUp, nodeName, type NodeAnswer } from './swarm-answers.ts';
import { noManager } from './task-words.ts';

/** A swarm as one backend sees it. */
export interface Swarm {
  readonly manager: Engine;
  /** Engines we can look into ourselves, by the id of their node; the manager's own is always there. */
  readonly engines: ReadonlyMap<string, Engine>;
  nodes(): Promise<readonly NodeAnswer[]>;
}

interface SwarmInfo {
  readonly Swarm?: { readonly NodeID?: string; readonly LocalNodeState?: string; readonly ControlAvailable?: boolean };
}

/**
 * The first address is a manager's; the others, of its nodes, are optional: they let the program copy images and models
 * there and read CPU and memory. One that does not answer is left out, for its node may be the one that is down.
 * @throws ServescapeError `unsupported` where the first is no manager of a swarm
 */
export async function openSwarm([first, ...others]: readonly EngineAddress[]): Promise<Swarm> {
  const manager = await openEngine(first!);
  const own = await swarmOf(manager);
  if (own.ControlAvailable !== true || !own.NodeID) throw noManager(manager.address.words);
  const engines = new Map([[own.NodeID, manager]]);
  await Promise.all(others.map(async (address) => {
    const engine = await openEngine(address).catch(() => null);
    const id = engine === null ? undefined : (await swarmOf(engine).catch(() => ({ NodeID: undefined }))).NodeID;
    if (engine !== null && id) engines.set(id, engine);
  }));
  return { manager, engines, nodes: () => listNodes(manager.docker) };
}

async function swarmOf({ docker }: Engine): Promise<NonNullable<SwarmInfo['Swarm']>> {
  return ((await docker.info()) as SwarmInfo).Swarm ?? {};
}

export async function listNodes(docker: DockerClient): Promise<readonly NodeAnswer[]> {
  try {
    return (await docker.listNodes()) as NodeAnswer[];
  } catch (error) {
    throw dockerFailure(error, { doing: 'list the nodes of the swarm' });
  }
}

/** @throws ServescapeError when no node may take replicas */
export function nodesUp(nodes: readonly NodeAnswer[]): readonly NodeAnswer[] {
  const up = nodes.filter(isUp);
  if (up.length > 0) return up;
  throw new ServescapeError('backend-unavailable', `No node of the swarm is ready: ${nodes.map((node) => `${nodeName(node)} is ${node.Status?.State ?? 'unknown'}`).join(', ')}.`, {
    hint: 'docker node ls shows them; docker node update --availability active NODE takes one back.',
  });
}
