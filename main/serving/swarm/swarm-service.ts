import { setTimeout as wait } from 'node:timers/promises';
import { ServescapeError } from '../../domain/errors.ts';
import type { ServingConfiguration } from '../../domain/serving-configuration.ts';
import { dockerFailure, engineLost, isEngineSilent, statusOf } from '../docker/docker-errors.ts';
import { serviceOptions, type ServicePlan } from './service-plan.ts';
import { createSwarmReplica, isReachable, type SwarmReplica } from './swarm-replica.ts';
import type { NodeAnswer, TaskAnswer } from './swarm-answers.ts';
import type { Swarm } from './swarm-session.ts';
import { isOver, rejected, unplaceable } from './task-words.ts';

/** A service of ours: its tasks are a trial's replicas. */
export interface SwarmService {
  readonly key: string;
  /** False once it was made narrower: swarm does not fill the places of replicas that may not be restarted. */
  canHold(replicas: number): boolean;
  /** As many replicas as asked for, each with an address; a service that runs is only made wider or narrower. */
  scale(serving: ServingConfiguration, readyTimeoutMs: number, signal: AbortSignal): Promise<readonly SwarmReplica[]>;
  /** Removes it and waits until its containers are gone from every node that still answers. Never throws. */
  remove(): Promise<void>;
}

const POLL_MS = 200;
/** A task may be pending for a moment while another leaves; the scheduler's reason must stand that long. */
const UNPLACED_MS = 2000;
const SILENCE_MS = 5000;
const GONE_WITHIN_MS = 15_000;

export async function startService(
  swarm: Swarm, name: string, key: string, plan: ServicePlan, first: ServingConfiguration, labels: Readonly<Record<string, string>>,
): Promise<SwarmService> {
  const { docker } = swarm.manager;
  const service = await docker.createService(serviceOptions(name, plan, first, labels));
  let replicas: readonly SwarmReplica[] = [];
  let over = false;
  const tasks = async (): Promise<readonly TaskAnswer[]> => (await docker.listTasks({ filters: { service: [service.id] } })) as TaskAnswer[];

  /** Swarm tells nothing of tasks in its events, so they are asked for. */
  const watch = async (): Promise<void> => {
    let heardMs = performance.now();
    while (!over) {
      await wait(POLL_MS);
      try {
        const [now, nodes] = await Promise.all([tasks(), swarm.nodes()]);
        heardMs = performance.now();
        const byId = new Map(now.map((task) => [task.ID, task]));
        for (const replica of replicas) {
          const task = byId.get(replica.id);
          replica.see(task, nodes.find(({ ID }) => ID === task?.NodeID));
        }
      } catch (error) {
        if (isEngineSilent((error as ServescapeError).cause ?? error) && performance.now() - heardMs < SILENCE_MS) continue;
        replicas.forEach((replica) => replica.lose(engineLost('run the replicas of the swarm', error)));
        return;
      }
    }
  };
  void watch();

  let narrowest = Infinity;
  const widen = async (count: number): Promise<void> => {
    const { Version, Spec } = (await service.inspect()) as { Version: { Index: number }; Spec: { Mode?: { Replicated?: { Replicas?: number } } } };
    if (Spec.Mode?.Replicated?.Replicas === count) return;
    if (count < (Spec.Mode?.Replicated?.Replicas ?? count)) narrowest = count;
    await service.update({ version: Version.Index, ...Spec, Mode: { Replicated: { Replicas: count } } });
  };

  const settle = async (serving: ServingConfiguration, readyTimeoutMs: number, signal: AbortSignal): Promise<readonly SwarmReplica[]> => {
    const until = performance.now() + readyTimeoutMs;
    let unplacedMs: number | null = null;
    for (;;) {
      signal.throwIfAborted();
      const [all, nodes] = await Promise.all([tasks(), swarm.nodes()]);
      const wanted = all.filter(({ DesiredState }) => DesiredState === 'running').sort((a, b) => (a.Slot ?? 0) - (b.Slot ?? 0));
      const scene = (task: TaskAnswer) => ({ index: Math.max(0, wanted.indexOf(task)), node: nodeOf(nodes, task), serving, image: plan.image });
      const refused = all.find(({ Status }) => Status.State === 'rejected');
      if (refused !== undefined) throw rejected(refused, scene(refused));
      const ended = all.find((task) => isOver(task) && task.DesiredState === 'shutdown' && task.Status.State !== 'shutdown');
      if (wanted.length === serving.replicas && wanted.every(isReachable)) return adopt(wanted, nodes, serving);
      // It ended before the others were up: whoever waits for it to be ready finds out why.
      if (ended !== undefined) return adopt([ended, ...wanted.filter(isReachable)], nodes, serving);
      const unplaced = wanted.find(({ NodeID, Status }) => !NodeID && Status.State === 'pending' && (Status.Err ?? '') !== '');
      unplacedMs = unplaced === undefined ? null : (unplacedMs ?? performance.now());
      if (unplaced !== undefined && performance.now() - unplacedMs! > UNPLACED_MS) throw unplaceable(unplaced, scene(unplaced), plan.backend.placement);
      if (performance.now() > until) throw notUp(wanted, serving, readyTimeoutMs);
      await wait(POLL_MS, undefined, { signal });
    }
  };
  const adopt = (chosen: readonly TaskAnswer[], nodes: readonly NodeAnswer[], serving: ServingConfiguration): readonly SwarmReplica[] => {
    replicas.filter(({ id }) => !chosen.some(({ ID }) => ID === id)).forEach((replica) => void replica.end());
    const found = chosen.map((task, index) => {
      const replica = createSwarmReplica(swarm, task, nodeOf(nodes, task), index, serving);
      replica.see(task, nodeOf(nodes, task));
      return replica;
    });
    replicas.forEach((replica) => void replica.end());
    return (replicas = found);
  };

  return {
    key,
    canHold: (count) => count <= narrowest,
    scale: async (serving, readyTimeoutMs, signal) => {
      await widen(serving.replicas);
      return settle(serving, readyTimeoutMs, signal);
    },
    remove: async () => {
      over = true;
      await Promise.all(replicas.map((replica) => replica.end()));
      await service.remove().catch(() => undefined);
      await untilGone(swarm, service.id);
    },
  };
}

function nodeOf(nodes: readonly NodeAnswer[], { NodeID }: TaskAnswer): NodeAnswer | undefined {
  return nodes.find(({ ID }) => ID === NodeID);
}

function notUp(tasks: readonly TaskAnswer[], { replicas }: ServingConfiguration, readyTimeoutMs: number): ServescapeError {
  const up = tasks.filter(isReachable).length;
  const states = [...new Set(tasks.filter((task) => !isReachable(task)).map(({ Status }) => Status.State))].join(', ');
  return new ServescapeError('not-ready', `${up} of ${replicas} replicas were running after ${Math.round(readyTimeoutMs / 1000)} s; the others are ${states || 'missing'}.`, {
    hint: 'docker service ps shows what each is waiting for; allow more time before giving up if nodes fetch the image.',
  });
}

/** The next trial must not share its nodes with replicas that are being ended. */
async function untilGone({ engines, nodes }: Swarm, serviceId: string): Promise<void> {
  const until = performance.now() + GONE_WITHIN_MS;
  const up = new Set((await nodes().catch(() => [])).filter(({ Status }) => Status?.State === 'ready').map(({ ID }) => ID));
  await Promise.all([...engines].filter(([id]) => up.has(id)).map(async ([, { docker }]) => {
    const filters = { label: [`com.docker.swarm.service.id=${serviceId}`] };
    while (performance.now() < until) {
      const left = await docker.listContainers({ all: true, filters }).catch(() => []);
      if (left.length === 0) break;
      // What has ended is kept by swarm for its history; nobody asks for it after the trial.
      await Promise.all(left.filter(({ State }) => State === 'exited' || State === 'dead' || State === 'created').map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true }).catch(() => undefined)));
      await wait(POLL_MS);
    }
  }));
}

/** For errors around a service. */
export function serviceFailure(error: unknown, doing: string): ServescapeError {
  if (error instanceof ServescapeError) return error;
  if (statusOf(error) === 503) return new ServescapeError('engine-lost', 'The swarm has no leader any more, so nothing can be started on it.', { hint: 'docker node ls on another manager shows what happened.', cause: error });
  return dockerFailure(error, { doing });
}
