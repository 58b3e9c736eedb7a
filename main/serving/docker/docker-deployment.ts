import { setTimeout as wait } from 'node:timers/promises';
import type { NetworkReading } from '../../domain/network.ts';
import type { Deployment, ReplicaStatus } from '../../study/ports.ts';
import type { Mishap, RunningReplica } from './container.ts';
import { explainMishap } from './explain-mishap.ts';
import { startObserver } from './observer.ts';

export interface DeploymentSetup<Replica extends RunningReplica> {
  readonly replicas: readonly Replica[];
  readonly enforcement: string;
  readonly network?: NetworkReading;
  readonly networkMs?: (() => Promise<number | null>) | undefined;
  readonly neededMb: () => Promise<number | null>;
  readonly onReplica: (status: ReplicaStatus) => void;
  readonly park: (replicas: readonly Replica[]) => void;
  readonly onReleased: () => void;
}

/** The engine's news of a death may arrive a moment after the last request. */
const NEWS_WAIT_MS = 300;

/** Replicas that are ready. `observe` rejects like `died` when one has ended: last request and death come in either order. */
export async function createDeployment<Replica extends RunningReplica>({ replicas, enforcement, network, networkMs, neededMb, onReplica, park, onReleased }: DeploymentSetup<Replica>): Promise<Deployment> {
  const observer = startObserver(replicas);
  let inUse = true;
  const explain = (replica: RunningReplica, index: number, mishap: Mishap): Promise<Error> =>
    explainMishap(replica, mishap, { index, atStart: false, neededMb });

  const died = new Promise<never>((_, reject) => {
    replicas.forEach((replica, index) => void replica.whenMishap().then(async (mishap) => {
      if (!inUse) return;
      onReplica({ index, state: 'gone' });
      reject(await explain(replica, index, mishap));
    }));
  });
  died.catch(() => undefined);

  let releasing: Promise<void> | null = null;
  const release = async (reusable: boolean): Promise<void> => {
    inUse = false;
    observer.stop();
    if (reusable && replicas.every((replica) => replica.mishap() === null)) park(replicas);
    else await Promise.all(replicas.map((replica) => replica.end()));
    onReleased();
  };

  return {
    endpoints: replicas.map((replica) => replica.endpoint()),
    endpointsBeside: replicas.map((replica) => replica.endpointBeside()),
    ...(networkMs && { networkMs }),
    enforcement,
    ...(network && { network }),
    beginObservation: () => observer.begin(),
    observe: async () => {
      const seen = await observer.observe();
      if (seen.server === null) await Promise.race([wait(NEWS_WAIT_MS), ...replicas.map((replica) => replica.whenMishap())]);
      const at = replicas.findIndex((replica) => replica.mishap() !== null);
      const dead = replicas[at];
      const mishap = dead?.mishap() ?? null;
      if (dead !== undefined && mishap !== null) throw await explain(dead, at, mishap);
      return seen;
    },
    latest: () => observer.latest(),
    died,
    release: ({ reusable }) => (releasing ??= release(reusable)),
  };
}
