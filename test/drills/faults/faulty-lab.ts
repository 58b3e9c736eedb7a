import { ServescapeError } from '../../../main/domain/errors.ts';
import { emptyRoundTrips } from '../../../main/domain/round-trips.ts';
import type { Deployment, Hardware, HardwareReading, Lab, LoadResult, ReplicaObservation } from '../../../main/study/ports.ts';
import type { FaultPlan, Step, TrialFaults } from './fault-plan.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What is up at the moment; after a run nothing may be. */
export interface Ledger {
  replicas: number;
  loads: number;
  watches: number;
  clocksChanged: boolean;
  /** Calls that no abort reaches: what they hold is the next start's to sweep. */
  deaf: number;
}

export interface FaultyLab {
  readonly lab: Lab;
  readonly ledger: Ledger;
  /** The wall clock, which may jump. */
  readonly nowIso: () => string;
}

const GOOD: TrialFaults = {
  background: { kind: 'good', waitMs: 1 }, deploy: { kind: 'good', waitMs: 1000 }, beginObservation: { kind: 'good', waitMs: 1 },
  load: { kind: 'good', waitMs: 2000 }, loadResult: 'good', death: null, observe: { kind: 'good', waitMs: 1 }, observed: 'good',
  release: { kind: 'good', waitMs: 100 }, clockSet: { kind: 'good', waitMs: 10 }, clockRestore: { kind: 'good', waitMs: 10 }, watch: 'good',
  wallJumpMs: 0, sleepMs: 0, choose: { kind: 'good', waitMs: 10 },
};

export function faultsOf(plan: FaultPlan | null, attempt: number): TrialFaults {
  return plan?.faults[attempt - 1] ?? GOOD;
}

/** Ports that behave as the plan says; null: well. */
export function faultyLab(plan: FaultPlan | null, time: VirtualTime): FaultyLab {
  const ledger: Ledger = { replicas: 0, loads: 0, watches: 0, clocksChanged: false, deaf: 0 };
  let faults = GOOD;
  let sleptMs = 0;
  let jumpedMs = 0;
  const nowMs = (): number => time.nowMs() + sleptMs;
  const nowIso = (): string => new Date(Date.UTC(2026, 0, 1) + nowMs() + jumpedMs).toISOString();
  const take = <T>(what: string, how: Step, give: () => T, signal: AbortSignal | null = null): Promise<T> => {
    if (how.kind === 'deaf' || (how.kind === 'hangs' && signal === null)) ledger.deaf += 1;
    return follow(what, how, give, signal);
  };

  const deployment = (mine: TrialFaults, died: Promise<never>): Deployment => ({
    endpoints: [{ host: 'nowhere', port: 1 }],
    enforcement: 'faulty',
    died,
    latest: () => [],
    beginObservation: () => take('beginObservation', mine.beginObservation, () => undefined),
    observe: () => take('observe', mine.observe, () => ({ replicas: observed(mine.observed), server: null })),
    release: () => take('release', mine.release, () => void ledger.replicas--),
  });

  /** Tells of a death as the engine would; set off when the load begins. */
  let killReplica: (() => void) | null = null;

  const hardware: Hardware = {
    clocks: {
      supported: async () => ({ cards: ['card'], driver: '1', memoryMhz: 7601, clocksMhz: [1200] }),
      set: (clockMhz) => {
        ledger.clocksChanged = true; // A call that fails may have changed it all the same.
        return take('clocks.set', faults.clockSet, () => ({ requestedMhz: clockMhz, observedMhz: clockMhz, method: 'application' as const }));
      },
      restore: () => {
        if (!ledger.clocksChanged) return Promise.resolve([]);
        if (faults.clockRestore === 'refused') return Promise.resolve(['The clock of card 0 could not be given back.']);
        return take('clocks.restore', faults.clockRestore, () => {
          ledger.clocksChanged = false;
          return [];
        });
      },
    },
    watch: () => {
      if (faults.watch === 'throws') throw new ServescapeError('gpu-unavailable', 'The GPU is gone.');
      const { watch } = faults;
      ledger.watches++;
      return {
        end: () => {
          ledger.watches--;
          if (watch === 'end-throws') return Promise.reject(new Error('nvidia-smi was lost'));
          return take<HardwareReading>('watch.end', watch === 'end-deaf' ? { kind: 'deaf' } : { kind: 'good', waitMs: 1 }, () => NO_READING);
        },
      };
    },
  };

  const lab: Lab = {
    backend: {
      kind: 'simulated',
      deploy: async ({ labels, signal }) => {
        faults = faultsOf(plan, labels.trial);
        const mine = faults;
        sleptMs += mine.sleepMs;
        jumpedMs = mine.wallJumpMs;
        ledger.replicas++;
        try {
          await take('deploy', mine.deploy, () => undefined, signal);
        } catch (error) {
          ledger.replicas--;
          throw error;
        }
        let die: (error: unknown) => void = () => undefined;
        const died = new Promise<never>((_resolve, reject) => (die = reject));
        died.catch(() => undefined);
        killReplica = () => die(new ServescapeError('crashed-under-load', 'Replica 1 crashed.', { log: ['the end'] }));
        return deployment(mine, died);
      },
      sweep: async () => [],
      releaseParked: async () => undefined,
      close: () => take('backend.close', plan?.backendClose ?? { kind: 'good', waitMs: 10 }, () => void (ledger.replicas = 0)),
    },
    load: {
      run: async (_plan, { signal }) => {
        const mine = faults;
        ledger.loads++;
        try {
          if (mine.death !== null) {
            setTimeout(killReplica!, mine.death.afterMs);
            const lost = { kind: 'fails', waitMs: mine.death.afterMs + (mine.death.noticedMs ?? 0), error: 'untyped' } as const;
            return await take('load', mine.death.noticedMs === null ? { kind: 'hangs' } : lost, () => loadResult('good'), signal);
          }
          return await take('load', mine.load, () => loadResult(mine.loadResult), signal);
        } finally {
          if (ledger.loads > 0) ledger.loads--;
        }
      },
      close: () => take('load.close', plan?.loadClose ?? { kind: 'good', waitMs: 1 }, () => void (ledger.loads = 0)),
    },
    clock: { nowMs, nowIso },
    machine: {
      read: () => take('machine.read', plan?.machine ?? { kind: 'good', waitMs: 1 }, () => MACHINE),
      backgroundLoad: () => take('backgroundLoad', faults.background, () => 0),
    },
    hardware,
  };
  return { lab, ledger, nowIso };
}

/** `what` is named by the error. A step without a signal hangs like one that is deaf. */
export function follow<T>(what: string, how: Step, give: () => T, signal: AbortSignal | null = null): Promise<T> {
  return new Promise((resolve, reject) => {
    const hears = signal !== null && how.kind !== 'deaf';
    if (hears && signal.aborted) return reject(signal.reason as Error);
    if (hears) signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    if (how.kind === 'good') setTimeout(() => resolve(give()), how.waitMs);
    // Not only errors are thrown in this world.
    if (how.kind === 'fails') setTimeout(() => reject(errorOf(what, how.error)), how.waitMs);
  });
}

function errorOf(what: string, kind: 'typed' | 'untyped' | 'odd'): unknown {
  if (kind === 'typed') return new ServescapeError('engine-lost', `${what}: the engine is gone.`, { hint: 'Start it again.', log: Array(200).fill('line') });
  return kind === 'untyped' ? new TypeError(`${what} broke`) : `${what} threw a string`;
}

const MACHINE = {
  hostname: 'faulty', platform: 'test', processor: 'none', cores: 8, memoryMb: 32_768, gpus: [], nodeVersion: 'v24', appVersion: '0.0.0',
};

const NO_READING: HardwareReading = { gpu: null, busyClocksMhz: [], energy: { source: 'none', joules: null } };

function observed(how: TrialFaults['observed']): readonly ReplicaObservation[] {
  if (how === 'nothing') return [];
  return how === 'good'
    ? [{ cpuCores: 0.5, memoryMb: 120, throttledShare: 0.1 }]
    : [{ cpuCores: Number.NaN, memoryMb: Number.POSITIVE_INFINITY, throttledShare: -1 }];
}

const REQUESTS = 60;

function loadResult(how: TrialFaults['loadResult']): LoadResult {
  const count = how === 'empty' ? 0 : REQUESTS;
  const trips = emptyRoundTrips(count);
  for (let i = 0; i < count; i++) {
    trips.startMs[i] = i * 10;
    trips.roundTripMs[i] = how === 'not-numbers' && i % 3 === 0 ? Number.NaN : 10 + (i % 7) / 10;
    trips.fault[i] = how === 'all-failed' ? 1 : 0;
    trips.excluded[i] = i < 2 ? 1 : 0;
  }
  return { trips, durationS: how === 'not-numbers' ? Number.NaN : count / 100, lagMsP99: 0.05, cpuShare: 0.1, sure: true };
}
