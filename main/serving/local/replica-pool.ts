import { BYTES_PER_MB, type ReplicaLimits } from './control-group.ts';
import type { Replica } from './replica.ts';

/** Replicas that are up but in no deployment. All of them were started with the same key. */
export interface ReplicaPool {
  /** Up to `count` replicas that differ from what is wanted only in limits, which are updated live; ends unfit ones. */
  take(key: string, limits: ReplicaLimits, count: number): Promise<readonly Replica[]>;
  park(key: string, replicas: readonly Replica[]): void;
  endAll(): Promise<void>;
}

/** A replica that already fills the new limit would be killed by what an earlier trial left in its heap. */
const MEMORY_SHARE_MAX = 0.8;

export function createReplicaPool(): ReplicaPool {
  const parked = new Map<Replica, string>();
  const drop = (replicas: readonly Replica[]): Promise<unknown> => {
    replicas.forEach((replica) => parked.delete(replica));
    return Promise.all(replicas.map((replica) => replica.end()));
  };

  return {
    take: async (key, limits, count) => {
      await drop([...parked].filter(([replica, ofKey]) => ofKey !== key || replica.exit !== null).map(([replica]) => replica));
      const fit: Replica[] = [];
      const unfit: Replica[] = [];
      for (const replica of parked.keys()) {
        if (fit.length >= count) break;
        ((await canTakeOver(replica, limits)) ? fit : unfit).push(replica);
      }
      fit.forEach((replica) => parked.delete(replica));
      await drop(unfit);
      return fit;
    },
    park: (key, replicas) => replicas.forEach((replica) => parked.set(replica, key)),
    endAll: async () => {
      await drop([...parked.keys()]);
    },
  };
}

async function canTakeOver(replica: Replica, limits: ReplicaLimits): Promise<boolean> {
  const { group } = replica.plan;
  if (group === null) return true;
  const { memoryBytes } = await replica.read();
  if (limits.memoryMb !== null && (memoryBytes ?? 0) > limits.memoryMb * BYTES_PER_MB * MEMORY_SHARE_MAX) return false;
  return group.limit(limits);
}
