import { createRandom } from '../../../main/domain/random.ts';

/** What goes wrong in one simulated life of a study; everything follows from the seed. */

/** `wait`: virtual milliseconds before it happens. `hangs`: until it is aborted. `deaf`: it does not even hear the abort. */
export type Step =
  | { readonly kind: 'good'; readonly waitMs: number }
  | { readonly kind: 'fails'; readonly waitMs: number; readonly error: 'typed' | 'untyped' | 'odd' }
  | { readonly kind: 'hangs' }
  | { readonly kind: 'deaf' };

export interface TrialFaults {
  readonly background: Step;
  /** `fails` after the ready time-out is a replica that never becomes ready. */
  readonly deploy: Step;
  readonly beginObservation: Step;
  readonly load: Step;
  readonly loadResult: 'good' | 'all-failed' | 'empty' | 'not-numbers';
  /** The replica dies so long after the load began; the load notices so much later, or never. */
  readonly death: { readonly afterMs: number; readonly noticedMs: number | null } | null;
  readonly observe: Step;
  readonly observed: 'good' | 'nothing' | 'not-numbers';
  readonly release: Step;
  readonly clockSet: Step;
  readonly clockRestore: Step | 'refused';
  readonly watch: 'good' | 'throws' | 'end-throws' | 'end-deaf';
  /** The wall clock is set to another time; a laptop sleeps. Milliseconds. */
  readonly wallJumpMs: number;
  readonly sleepMs: number;
  readonly choose: Step | 'nothing-left' | 'illegal';
}

export interface UserAction {
  readonly atMs: number;
  readonly act: 'pause' | 'continue' | 'step' | 'stop-now' | 'stop-after' | 'try';
}

export interface StoreFault {
  /** Writes counted from 1; `writes` of them fail in a row, Infinity: from then on all. */
  readonly from: number;
  readonly writes: number;
  readonly error: 'disk-full' | 'project-missing' | 'project-read-only' | 'EIO';
}

export interface FaultPlan {
  readonly seed: number;
  readonly trials: number;
  readonly gpu: boolean;
  readonly mode: 'run' | 'step';
  readonly faults: readonly TrialFaults[];
  readonly machine: Step;
  readonly backendClose: Step;
  readonly loadClose: Step;
  readonly store: StoreFault | null;
  readonly watcherThrows: boolean;
  readonly actions: readonly UserAction[];
}

export const READY_TIMEOUT_MS = 60_000;
const PLANNED_TRIALS_MAX = 4;
/** Attempts that have a plan; aborted trials are tried again. Later ones go well. */
const PLANNED_ATTEMPTS = 10;

type Random = ReturnType<typeof createRandom>;

export function planFaults(seed: number): FaultPlan {
  const random = createRandom(`faults/${seed}`);
  const chance = (share: number): boolean => random.next() < share;
  // Some lives have one fault, some have many: rare pairs want both.
  const eagerness = [0.02, 0.08, 0.25][random.integer(0, 2)]!;
  const trials = random.integer(1, PLANNED_TRIALS_MAX);
  return {
    seed, trials,
    gpu: chance(0.4),
    mode: chance(0.1) ? 'step' : 'run',
    faults: Array.from({ length: PLANNED_ATTEMPTS }, () => trialFaults(random, eagerness)),
    machine: step(random, eagerness / 3, 10),
    backendClose: step(random, eagerness / 2, 200),
    loadClose: step(random, eagerness / 2, 50),
    store: chance(eagerness * 1.5)
      ? { from: random.integer(1, 4 * trials), writes: chance(0.5) ? Infinity : random.integer(1, 3), error: pick(random, ['disk-full', 'project-missing', 'project-read-only', 'EIO']) }
      : null,
    watcherThrows: chance(eagerness / 5),
    actions: Array.from({ length: chance(0.5) ? random.integer(1, 4) : 0 }, () => ({
      atMs: random.integer(0, 40_000), act: pick(random, ['pause', 'continue', 'step', 'stop-now', 'stop-after', 'try']),
    })),
  };
}

function trialFaults(random: Random, eagerness: number): TrialFaults {
  const chance = (share: number): boolean => random.next() < share;
  const restore = step(random, eagerness / 2, 20);
  const choose = step(random, eagerness / 4, 100);
  return {
    background: step(random, eagerness / 3, 5),
    deploy: chance(eagerness / 2) ? { kind: 'fails', waitMs: READY_TIMEOUT_MS, error: 'typed' } : step(random, eagerness, 3000),
    beginObservation: step(random, eagerness / 2, 5),
    load: step(random, eagerness, 6000),
    loadResult: chance(eagerness) ? pick(random, ['all-failed', 'empty', 'not-numbers']) : 'good',
    death: chance(eagerness) ? { afterMs: random.integer(0, 6000), noticedMs: chance(0.3) ? null : random.integer(0, 5000) } : null,
    observe: step(random, eagerness / 2, 5),
    observed: chance(eagerness / 2) ? pick(random, ['nothing', 'not-numbers']) : 'good',
    release: step(random, eagerness, 500),
    clockSet: step(random, eagerness, 50),
    clockRestore: chance(eagerness / 4) ? 'refused' : restore,
    watch: chance(eagerness) ? pick(random, ['throws', 'end-throws', 'end-deaf']) : 'good',
    wallJumpMs: chance(eagerness) ? random.integer(-86_400_000, 86_400_000) : 0,
    sleepMs: chance(eagerness / 2) ? random.integer(0, 8 * 3_600_000) : 0,
    choose: chance(eagerness / 8) ? pick(random, ['nothing-left', 'illegal']) : choose,
  };
}

function step(random: Random, faulty: number, usualMs: number): Step {
  const waitMs = random.integer(0, usualMs);
  if (random.next() >= faulty) return { kind: 'good', waitMs };
  switch (random.integer(0, 5)) {
    case 0:
      return { kind: 'hangs' };
    case 1:
      return { kind: 'deaf' };
    case 2:
      return { kind: 'good', waitMs: waitMs + random.integer(10_000, 120_000) };
    default:
      return { kind: 'fails', waitMs, error: pick(random, ['typed', 'untyped', 'odd']) };
  }
}

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.integer(0, values.length - 1)]!;
}
