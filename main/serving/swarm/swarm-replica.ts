import type { DockerClient } from '../docker/engine.ts';
import type { ServescapeError } from '../../domain/errors.ts';
import type { ServingConfiguration } from '../../domain/serving-configuration.ts';
import type { Endpoint } from '../../study/ports.ts';
import { LOG_LINES_MAX } from '../log-tail.ts';
import { followStats, readLog, readState, type Mishap, type RunningReplica } from '../docker/container.ts';
import { findContainerGroup } from '../docker/container-group.ts';
import { demultiplex } from '../docker/output-frames.ts';
import { GRPC_PORT, REST_PORT } from '../docker/container-plan.ts';
import { addressOf, type NodeAnswer, type TaskAnswer } from './swarm-answers.ts';
import type { Swarm } from './swarm-session.ts';
import { isOver, nodeLost } from './task-words.ts';

/** A running task of a service, as one replica. What happens to it is told by whoever watches the swarm. */
export interface SwarmReplica extends RunningReplica {
  see(task: TaskAnswer | undefined, node: NodeAnswer | undefined): void;
  /** The manager does not answer any more. */
  lose(error: ServescapeError): void;
}

export function createSwarmReplica(swarm: Swarm, first: TaskAnswer, node: NodeAnswer | undefined, index: number, serving: ServingConfiguration): SwarmReplica {
  const engine = swarm.engines.get(first.NodeID ?? '') ?? null;
  const { ContainerID = '', PID = 0 } = first.Status.ContainerStatus ?? {};
  const container = engine?.docker.getContainer(ContainerID) ?? null;
  const group = engine?.address.isLocal === true ? findContainerGroup(PID, ContainerID) : null;
  const readings = container === null ? null : followStats(container);
  const happened = Promise.withResolvers<Mishap>();
  let mishap: Mishap | null = null;
  let ended = false;
  const happen = (what: Mishap): void => {
    if (ended || mishap !== null) return;
    mishap = what;
    happened.resolve(what);
  };
  return {
    id: first.ID,
    serving: () => serving,
    endpoint: () => endpointOf(first, node),
    // Ports are published by its node, for the other nodes as for this machine.
    endpointBeside: () => endpointOf(first, node),
    mishap: () => mishap,
    whenMishap: () => happened.promise,
    sawOom: () => false,
    memoryKills: () => group?.memoryKills() ?? null,
    last: () => readings?.latest() ?? null,
    read: async () => {
      const counted = group?.read() ?? null;
      if (counted !== null) readings?.keep(counted);
      return counted ?? (await readings?.next()) ?? null;
    },
    log: () => (container === null ? readServiceLog(swarm.manager.docker, first) : readLog(container)),
    state: async () => {
      if (container !== null) return readState(container);
      return { kind: 'known', running: mishap === null, exitCode: mishap?.exitCode ?? 0, oomKilled: false };
    },
    hear: ({ action, exitCode }) => {
      if (action === 'die') happen({ kind: 'ended', exitCode });
    },
    see: (task, where) => {
      if (where !== undefined && where.Status?.State !== 'ready') happen({ kind: 'ended', exitCode: null, error: nodeLost({ index, node: where }) });
      else if (task === undefined || isOver(task)) happen({ kind: 'ended', exitCode: task?.Status.ContainerStatus?.ExitCode ?? null });
    },
    lose: (error) => happen({ kind: 'engine-lost', exitCode: null, error }),
    end: async () => {
      ended = true;
      readings?.stop();
    },
  };
}

export function isReachable(task: TaskAnswer): boolean {
  return task.Status.State === 'running' && portOf(task, REST_PORT) !== undefined && portOf(task, GRPC_PORT) !== undefined;
}

function endpointOf(task: TaskAnswer, node: NodeAnswer | undefined): Endpoint {
  return { host: addressOf(node), port: portOf(task, REST_PORT) ?? 0, grpcPort: portOf(task, GRPC_PORT) ?? 0 };
}

/** The node chooses it; the same one may be listed more than once. */
function portOf({ Status }: TaskAnswer, target: number): number | undefined {
  return Status.PortStatus?.Ports?.find(({ TargetPort }) => TargetPort === target)?.PublishedPort;
}

/** Through the manager, for nodes whose engine we cannot ask: lines of all tasks, each with the labels of its own. */
async function readServiceLog(manager: DockerClient, { ID, ServiceID }: TaskAnswer): Promise<readonly string[]> {
  try {
    const bytes = (await manager.getService(ServiceID).logs({ stdout: true, stderr: true, tail: LOG_LINES_MAX, details: true })) as unknown as Buffer;
    return demultiplex(bytes).split(/\r?\n/).filter((line) => line.includes(ID)).map((line) => line.replace(/^\S*com\.docker\.swarm\.\S* /, '')).slice(-LOG_LINES_MAX);
  } catch {
    return [];
  }
}
