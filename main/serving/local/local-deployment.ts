import { setTimeout as wait } from 'node:timers/promises';
import type { ServescapeError } from '../../domain/errors.ts';
import type { ServingConfiguration } from '../../domain/serving-configuration.ts';
import type { Deployment, Endpoint, ReplicaStatus } from '../../study/ports.ts';
import { crashedUnderLoad, outOfMemoryUnderLoad } from '../failure-words.ts';
import { memoryEvidence } from './memory-evidence.ts';
import { startObserver } from './observer.ts';
import { describeExit, type Replica } from './replica.ts';

/** A replica in its place in one deployment: a reused one may have had another place and other limits before. */
export interface Slot {
  readonly index: number;
  readonly serving: ServingConfiguration;
  readonly replica: Replica;
}

export interface ReadySlot extends Slot {
  readonly endpoint: Endpoint;
}

export interface DeploymentSetup {
  readonly slots: readonly ReadySlot[];
  readonly enforcement: string;
  readonly onReplica: (status: ReplicaStatus) => void;
  /** Null: replicas end with their deployment. */
  readonly park: ((replicas: readonly Replica[]) => void) | null;
  readonly onReleased: () => void;
}

/** A killed process stops answering a moment before the system reports its end. */
const DEATH_WAIT_MS = 500;

/** `observe` rejects like `died` when a replica has ended: the last request and the death may come in either order. */
export async function createDeployment({ slots, enforcement, onReplica, park, onReleased }: DeploymentSetup): Promise<Deployment> {
  const observer = await startObserver(slots);
  const replicas = slots.map(({ replica }) => replica);
  let inUse = true;

  const died = new Promise<never>((_, reject) => {
    for (const slot of slots) {
      void slot.replica.ended.then(async () => {
        if (!inUse) return;
        onReplica({ index: slot.index, state: 'gone' });
        reject(await explainDeath(slot));
      });
    }
  });
  died.catch(() => undefined);

  let releasing: Promise<void> | null = null;
  const release = async (reusable: boolean): Promise<void> => {
    inUse = false;
    observer.stop();
    if (park !== null && reusable && replicas.every(({ exit }) => exit === null)) park(replicas);
    else await Promise.all(replicas.map((replica) => replica.end()));
    onReleased();
  };

  return {
    endpoints: slots.map(({ endpoint }) => endpoint),
    enforcement,
    beginObservation: () => observer.begin(),
    observe: async () => {
      const { replicas: seen, server, silent } = await observer.observe();
      await Promise.all(silent.map((replica) => Promise.race([replica.ended, wait(DEATH_WAIT_MS)])));
      const dead = slots.find(({ replica }) => replica.exit !== null);
      if (dead !== undefined) throw await explainDeath(dead);
      return { replicas: seen, server };
    },
    latest: () => observer.latest(),
    died,
    release: ({ reusable }) => (releasing ??= release(reusable)),
  };
}

async function explainDeath({ index, serving, replica }: Slot): Promise<ServescapeError> {
  const scene = { replica: index + 1, serving, log: replica.log() };
  const evidence = await memoryEvidence(replica);
  if (evidence !== null) return outOfMemoryUnderLoad(scene, evidence);
  return crashedUnderLoad(scene, replica.exit === null ? 'it is gone' : describeExit(replica.exit));
}
