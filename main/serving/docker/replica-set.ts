import type { ServingConfiguration } from '../../domain/serving-configuration.ts';
import { batchingFileText } from '../batching-file.ts';
import type { Replica } from './container.ts';
import { BYTES_PER_MB } from './engine.ts';

/** Containers that are up but in no deployment. */
export interface ReplicaSet {
  /** Up to `count` containers made ready for the configuration by live updates, or by a restart where that is not enough. */
  take(key: string, serving: ServingConfiguration, count: number): Promise<readonly Replica[]>;
  park(replicas: readonly Replica[]): void;
  all(): readonly Replica[];
  endAll(): Promise<void>;
}

/** A process that already fills the new limit would be killed by what an earlier trial left in its heap. */
const MEMORY_SHARE_MAX = 0.8;

/** @param spareMemoryMb what parked containers may be allowed to hold beside a deployment */
export function createReplicaSet(spareMemoryMb: (serving: ServingConfiguration) => number): ReplicaSet {
  let parked: readonly Replica[] = [];
  const drop = async (replicas: readonly Replica[]): Promise<void> => {
    parked = parked.filter((replica) => !replicas.includes(replica));
    await Promise.all(replicas.map((replica) => replica.end()));
  };

  return {
    take: async (key, serving, count) => {
      await drop(parked.filter((replica) => replica.key !== key || replica.mishap() !== null));
      const batching = batchingFileText(serving);
      const likeliest = parked.toSorted((a, b) => unlikeness(a, batching) - unlikeness(b, batching));
      const chosen = likeliest.slice(0, count);
      parked = parked.filter((replica) => !chosen.includes(replica));
      const fit = await Promise.all(chosen.map(async (replica) => ((await makeFit(replica, serving)) ? replica : null)));
      await Promise.all(chosen.filter((replica) => !fit.includes(replica)).map((replica) => replica.end()));
      await restSurplus(parked, spareMemoryMb(serving), drop);
      return fit.filter((replica) => replica !== null);
    },
    park: (replicas) => void (parked = [...parked, ...replicas]),
    all: () => parked,
    endAll: () => drop(parked),
  };
}

/** Same batching file first, running before paused. */
function unlikeness(replica: Replica, batching: string): number {
  return (batchingFileText(replica.serving()) === batching ? 0 : 2) + (replica.isPaused() ? 1 : 0);
}

/** False: better a new container. */
async function makeFit(replica: Replica, serving: ServingConfiguration): Promise<boolean> {
  try {
    if (replica.isPaused()) await replica.unpause();
    const sameFile = batchingFileText(replica.serving()) === batchingFileText(serving);
    const used = serving.memoryMb < replica.serving().memoryMb ? ((await replica.read())?.memoryBytes ?? 0) : 0;
    const fills = used > serving.memoryMb * BYTES_PER_MB * MEMORY_SHARE_MAX;
    if (sameFile && !fills) return await replica.update(serving);
    await replica.restart(serving);
    return true;
  } catch {
    return false;
  }
}

/** What is not needed now takes no CPU; what would take too much memory goes. */
async function restSurplus(parked: readonly Replica[], spareMb: number, drop: (replicas: readonly Replica[]) => Promise<void>): Promise<void> {
  let sum = 0;
  const tooMany = parked.filter((replica) => (sum += replica.serving().memoryMb) > spareMb);
  await drop(tooMany);
  await Promise.all(parked.filter((replica) => !tooMany.includes(replica) && !replica.isPaused()).map((replica) => replica.pause().catch(() => undefined)));
}
