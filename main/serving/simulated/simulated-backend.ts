import { setImmediate as breathe } from 'node:timers/promises';
import { ServescapeError } from '../../domain/errors.ts';
import type { Machine } from '../../domain/machine.ts';
import type { ServingConfiguration } from '../../domain/serving-configuration.ts';
import type { Deployment, Endpoint, ReplicaObservation, ServerObservation, ServingBackend } from '../../study/ports.ts';
import { SimulatedGpu } from './simulated-gpu.ts';
import { SimulatedReplica, suggestedMemoryMb, type BatchCounts, type WindowObservation } from './simulated-replica.ts';
import type { SimulatedRequest } from './simulated-loop.ts';
import { idleMemoryMb, startMs } from './surface.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** Endpoints of this host exist in the lab only. */
export const SIMULATED_HOST = 'simulated';

export interface SimulatedBackend extends ServingBackend {
  replicaAt(endpoint: Endpoint): SimulatedReplica<SimulatedRequest> | null;
  /** Replicas that are up, by port; for tests and drills. */
  running(): readonly number[];
  /** Ends one replica as a crash would. */
  killReplica(port: number): void;
  /** The card of the present deployment; null when replicas work on the processor. */
  gpu(): SimulatedGpu | null;
  /** Time since the present replicas were ready. */
  ownTimeMs(): number;
  /** Cores in use by all replicas since the observation began. */
  coresInUse(): number;
}

/**
 * Every trial gets fresh replicas and starts at the same state whatever ran before it, so that a trial depends on its
 * configuration and its seed alone. Ports count up from 1 in each deployment's order.
 */
export function createSimulatedBackend(clock: VirtualClock, machine: Machine, withGpu = false): SimulatedBackend {
  const replicas = new Map<number, SimulatedReplica<SimulatedRequest>>();
  let nextPort = 1;
  let gpu: SimulatedGpu | null = null;
  // Rounded: figures must not depend on how late it is in the lab.
  const ageMs = ({ bornMs }: SimulatedReplica<SimulatedRequest>): number => Math.round((clock.nowMs() - bornMs) * 1e6) / 1e6;
  return {
    kind: 'simulated',
    replicaAt: ({ host, port }) => (host === SIMULATED_HOST ? (replicas.get(port) ?? null) : null),
    running: () => [...replicas.keys()],
    gpu: () => gpu,
    ownTimeMs: () => [...replicas.values()].slice(0, 1).map(ageMs)[0] ?? 0,
    coresInUse: () => [...replicas.values()].reduce((sum, replica) => sum + (replica.observe(ageMs(replica)).cpuCores ?? 0), 0),
    killReplica: (port) => {
      const replica = replicas.get(port);
      if (replica) replica.kill(new ServescapeError('crashed-under-load', `Replica ${replica.index + 1} ended by itself (killed).`, {
        hint: 'Try again; if it happens again, lower the batch size or give it more memory.', log: ['killed (simulated)'],
      }));
    },
    deploy: async ({ serving, readyTimeoutMs, signal, onReplica }) => {
      signal.throwIfAborted();
      refuseImpossible(serving, machine);
      const indices = Array.from({ length: serving.replicas }, (_, index) => index);
      for (const index of indices) onReplica({ index, state: 'starting' });
      const fromMs = clock.nowMs();
      await breathe();
      signal.throwIfAborted();
      const lastReadyMs = startMs(serving.replicas - 1, serving.cpuCores);
      if (lastReadyMs > readyTimeoutMs) {
        clock.advanceTo(fromMs + readyTimeoutMs);
        throw notReady(serving, readyTimeoutMs, lastReadyMs);
      }
      for (const index of indices) {
        clock.advanceTo(fromMs + startMs(index, serving.cpuCores));
        onReplica({ index, state: 'ready' });
      }
      gpu = withGpu ? new SimulatedGpu() : null;
      const card = gpu;
      const ports = indices.map((index) => {
        replicas.set(nextPort, new SimulatedReplica<SimulatedRequest>(index, serving, clock.nowMs(), card));
        return nextPort++;
      });
      return deploymentOf(clock, replicas, ports);
    },
    sweep: async () => [],
    releaseParked: async () => undefined,
    close: async () => replicas.clear(),
  };
}

function deploymentOf(clock: VirtualClock, all: Map<number, SimulatedReplica<SimulatedRequest>>, ports: readonly number[]): Deployment {
  const mine = ports.map((port) => all.get(port)!);
  const died = new Promise<never>((_, reject) => {
    for (const replica of mine) replica.onDeath = reject;
  });
  died.catch(() => undefined); // Nobody may be listening, and that is no fault.
  const beginWindow = (): void => {
    for (const replica of mine) replica.beginWindow(clock.nowMs() - replica.bornMs);
  };
  beginWindow();
  const read = (): readonly WindowObservation[] => mine.map((replica) => replica.observe(clock.nowMs() - replica.bornMs));
  return {
    endpoints: ports.map((port) => ({ host: SIMULATED_HOST, port })),
    enforcement: 'virtual time',
    died,
    beginObservation: async () => beginWindow(),
    observe: async () => {
      const seen = read();
      return { replicas: seen.map(withoutCounts), server: serverObservation(seen.map(({ counts }) => counts)) };
    },
    latest: () => read().map(withoutCounts),
    release: async () => {
      for (const port of ports) all.delete(port);
    },
  };
}

function withoutCounts({ counts: _, ...observation }: WindowObservation): ReplicaObservation {
  return observation;
}

function serverObservation(counts: readonly BatchCounts[]): ServerObservation | null {
  const sum = (pick: keyof BatchCounts): number => counts.reduce((total, count) => total + count[pick], 0);
  if (sum('batches') === 0) return null;
  return { meanBatchSize: sum('items') / sum('batches'), meanQueueMs: sum('queueMs') / sum('requests'), paddedShare: 0 };
}

/** What would fail before the first request; each refusal says what to change. */
function refuseImpossible(serving: ServingConfiguration, machine: Machine): void {
  const { replicas, cpuCores, memoryMb, batchThreads } = serving;
  if (replicas * cpuCores > machine.cores + 1e-9 || replicas * memoryMb > machine.memoryMb) {
    throw new ServescapeError(
      'limit-above-machine',
      `${replicas} × ${cpuCores} cores and ${replicas} × ${memoryMb} MB are more than the simulated machine has ` +
        `(${machine.cores} cores, ${machine.memoryMb} MB).`,
      { hint: 'Lower the number of replicas or the share of each.' },
    );
  }
  const neededMb = idleMemoryMb(batchThreads);
  if (memoryMb < neededMb) {
    throw new ServescapeError(
      'out-of-memory',
      `Replica 1 was killed while it loaded the model: it needs ${neededMb} MB and its limit is ${memoryMb} MB.`,
      {
        hint: `Raise the lowest memory to ${suggestedMemoryMb({ ...serving, maxBatchSize: 1 })} MB.`,
        log: [`loading the model: ${neededMb} MB needed, limit ${memoryMb} MB`, 'killed (simulated)'],
      },
    );
  }
}

function notReady({ replicas, cpuCores }: ServingConfiguration, readyTimeoutMs: number, neededMs: number): ServescapeError {
  return new ServescapeError(
    'not-ready',
    `Replica ${replicas} was not ready after ${readyTimeoutMs} ms: with ${cpuCores} cores it needs ${Math.ceil(neededMs)} ms.`,
    { hint: 'Raise the lowest CPU per replica or the time a replica may take to become ready.', log: ['loading the model (simulated)'] },
  );
}
