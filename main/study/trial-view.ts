import type { LiveReplica, LiveTrial } from '../contract/values.ts';
import type { Stage, StageSeconds } from '../domain/trial.ts';
import type { LoadTick, ReplicaObservation, ReplicaStatus } from './ports.ts';

/** Gathers what is happening in a running trial into one value for the live view. Holds nothing that is stored. */
export interface TrialView {
  readonly enter: (stage: Stage, seconds: Partial<StageSeconds>) => void;
  readonly replica: (status: ReplicaStatus) => void;
  readonly watch: (latest: () => readonly ReplicaObservation[]) => void;
  readonly tick: (tick: LoadTick) => void;
}

export function createTrialView(trial: number, machine: string | undefined, replicaCount: number, onChange: (live: LiveTrial) => void): TrialView {
  const states: LiveReplica['state'][] = Array.from({ length: replicaCount }, () => 'starting');
  let stage: Stage = 'deploying';
  let seconds: Partial<StageSeconds> = {};
  let last: LoadTick | null = null;
  let observe: () => readonly ReplicaObservation[] = () => [];

  const live = (trips: LoadTick['trips']): LiveTrial => {
    const observed = observe();
    return {
      trial, stage, seconds, ...(machine !== undefined && { machine }),
      replicas: states.map((state, i) => ({
        state, waiting: last?.waiting[i] ?? 0, cpuCores: observed[i]?.cpuCores ?? null, memoryMb: observed[i]?.memoryMb ?? null,
      })),
      finished: last?.finished ?? 0, planned: last?.planned ?? 0, failed: last?.failed ?? 0,
      meanMs: last?.meanMs ?? null, halfWidthMs: last?.halfWidthMs ?? null,
      throughputRps: last?.throughputRps ?? 0, lagMs: last?.lagMs ?? 0,
      trips: trips.map((trip) => [trip.index, trip.roundTripMs, trip.excluded ? 1 : 0, trip.failed ? 1 : 0]),
    };
  };

  return {
    enter: (next, spent) => {
      stage = next;
      seconds = spent;
      onChange(live([]));
    },
    replica: ({ index, state }) => {
      states[index] = state;
      onChange(live([]));
    },
    watch: (latest) => void (observe = latest),
    tick: (tick) => {
      last = tick;
      onChange(live(tick.trips));
    },
  };
}
