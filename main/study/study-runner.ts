import { errorData, ServescapeError } from '../domain/errors.ts';
import { replicaCapacity, type Capacity, type Machine } from '../domain/machine.ts';
import { servingConfiguration } from '../domain/serving-configuration.ts';
import { beginningOf } from '../domain/sureness.ts';
import { applyStudyEvent, bestTrial, countFinished, runningTrials, type Study } from '../domain/study.ts';
import type { LiveRun, LiveTrial } from '../contract/values.ts';
import { acceptsUnequalMachines } from '../domain/study-spec.ts';
import type { NumberedEvent, StopReason, StudyEvent } from '../domain/study-event.ts';
import type { Outcome } from '../domain/trial.ts';
import type { Suggestion } from '../domain/suggestion.ts';
import type { TaughtStudy } from '../optimizer/study-request.ts';
import type { Chooser, Lab, StudyStore } from './ports.ts';
import { meetFleet } from './fleet.ts';
import { createTrialView, type TrialView } from './trial-view.ts';
import { budgetReached, notWorthIt } from './stop-rules.ts';
import { atMost, unlessDeaf } from './patience.ts';
import { restoreClocks, runTrial, type TrialRequest } from './trial-runner.ts';

export interface StudyRunnerOptions {
  readonly study: Study;
  readonly projectId: string;
  readonly store: StudyStore;
  /** One for each machine; trials run on all of them at the same time. At least one. */
  readonly labs: readonly Lab[];
  readonly chooser: Chooser;
  /** Other studies the sampler may learn from. */
  readonly earlier?: readonly TaughtStudy[];
  /** Configurations to run first, chosen by hand. */
  readonly byHand?: readonly Suggestion[];
  /** Wall-clock milliseconds for "time left"; the lab's own clock may be virtual. */
  readonly wallMs: () => number;
  readonly onEvent: (numbered: NumberedEvent) => void;
  readonly onLive: (run: LiveRun, trial: LiveTrial | null) => void;
}

/** Replicas of a paused run stay up this long, then are released. */
const PARKED_REPLICAS_MS = 5 * 60_000;
/** What does not close within this is left to the next start's sweep. */
const CLOSE_LIMIT_MS = 60_000;

/** One run of a study: ask → trial → tell, on each of its machines, until a stop rule, a stop or a fault ends it. */
export interface StudyRunner {
  /** Resolves when the run has ended and every replica is gone; never rejects. */
  readonly ended: Promise<StopReason>;
  pause(): void;
  continueRun(): void;
  /** Runs exactly one more trial, then pauses. */
  step(): void;
  /** Runs this configuration next, even while paused, stepping or out of trials: one more trial, then as before. Refuses while the run ends. */
  tryNext(byHand: Suggestion): void;
  stop(when: 'now' | 'after-trial'): void;
  live(): { readonly run: LiveRun; readonly trials: readonly LiveTrial[] };
}

export function startStudyRun(options: StudyRunnerOptions, mode: 'run' | 'step' = 'run'): StudyRunner {
  const { store, labs, chooser, wallMs, projectId } = options;
  const startedMs = wallMs();
  const finishedBefore = countFinished(options.study);
  const stopNow = new AbortController();
  const inFlight = new Map<number, LiveTrial>();
  const inTurn = createQueue();
  const byHand: Suggestion[] = [...(options.byHand ?? [])];
  let study = options.study;
  let pauseRequested = false;
  let stepsLeft = mode === 'step' ? 1 : Infinity;
  let stopRequested = false;
  /** Why no further trial is started; those in flight go on to their end. */
  let ending: StopReason | null = null;
  let changed = Promise.withResolvers<void>();
  let activity: LiveRun['activity'] = labs.length > 1 ? 'calibrating' : 'choosing';
  let largestExpectedGain: number | null = null;
  let paused: Pause | null = null;
  let pausedMs = 0;
  let begun = false;
  /** How trials that became the best began, by their number; those of earlier runs are not known. */
  const beginnings = new Map<number, readonly number[]>();

  const wake = (): void => {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };
  const append = (event: StudyEvent): void => {
    const next = applyStudyEvent(study, event);
    const numbered = store.append(event);
    study = next;
    options.onEvent(numbered);
  };
  const secondsGone = (): number => (wallMs() - startedMs - pausedMs) / 1000;
  const liveRun = (): LiveRun => {
    const done = countFinished(study) - finishedBefore;
    const left = study.spec.budget.trials - countFinished(study);
    return {
      activity, secondsGone: secondsGone(), largestExpectedGain,
      secondsLeft: done === 0 ? null : (secondsGone() / done) * Math.max(left, 0),
    };
  };
  const show = (trial: LiveTrial | null = [...inFlight.values()].at(-1) ?? null): void => options.onLive(liveRun(), trial);

  const running = (): number => runningTrials(study).length;
  const mustWait = (): boolean => ending === null && !stopRequested && byHand.length === 0 && (pauseRequested || stepsLeft <= 0);
  /** Holds a machine's next trial back; the run counts as paused once none is in flight. */
  const hold = async (lab: Lab): Promise<void> => {
    while (mustWait()) {
      lab.order?.rest();
      if (running() === 0 && paused === null) sayPaused(lab.clock.nowIso());
      await changed.promise;
    }
    if (paused !== null) sayContinued(paused, lab.clock.nowIso());
  };
  const sayPaused = (at: string): void => {
    const release = setTimeout(() => labs.forEach(({ backend }) => void backend.releaseParked()), PARKED_REPLICAS_MS);
    paused = { fromMs: wallMs(), release };
    activity = 'paused';
    append({ kind: 'run-paused', at });
    show();
  };
  const sayContinued = ({ fromMs, release }: Pause, at: string): void => {
    paused = null;
    clearTimeout(release);
    pausedMs += wallMs() - fromMs;
    if (!stopRequested) append({ kind: 'run-continued', at });
  };

  /** What was asked for by hand is measured even when every trial is used: the budget makes room for it. */
  const placed = (): Suggestion => {
    const { spec } = study;
    const trials = countFinished(study) + running() + 1;
    if (trials > spec.budget.trials) append({ kind: 'spec-changed', at: labs[0]!.clock.nowIso(), spec: { ...spec, budget: { ...spec.budget, trials } } });
    return byHand.shift()!;
  };
  /** What a machine that is free shall run; null when nothing is left for it. Asked by one machine at a time. */
  const choose = async (capacity: Capacity): Promise<Suggestion | null> => {
    if (stopRequested) ending ??= stoppedByUser();
    if (ending === null && byHand.length > 0) return placed();
    ending ??= budgetReached(study, secondsGone());
    if (ending !== null || countFinished(study) + running() >= study.spec.budget.trials) return null;
    if (running() === 0) activity = 'choosing';
    show();
    const suggestion = await unlessDeaf(stopNow.signal, chooser.ask(study, capacity, stopNow.signal, options.earlier));
    largestExpectedGain = suggestion?.largestExpectedGain ?? null;
    ending ??= notWorthIt(study, suggestion);
    return ending === null ? suggestion : null;
  };

  const begin = (lab: Lab, suggestion: Suggestion, at: string): { readonly trial: number; readonly view: TrialView } => {
    const trial = study.trials.length + 1;
    const { configuration, origin, prediction, reason, advised } = suggestion;
    const machine = labs.length > 1 ? lab.name : undefined;
    append({
      kind: 'trial-started', at, trial, configuration, origin, prediction, ...(reason !== undefined && { reason }),
      ...(advised !== undefined && { advised }), ...(machine !== undefined && { machine }),
    });
    activity = 'trial';
    stepsLeft--;
    const { replicas } = servingConfiguration(study.spec, configuration);
    const view = createTrialView(trial, machine, replicas, (live) => {
      inFlight.set(trial, { ...live, trips: [] });
      show(live);
    });
    return { trial, view };
  };

  const incumbent = (): TrialRequest['incumbent'] => {
    const best = bestTrial(study);
    return best?.value == null ? null : { value: best.value, beginningMs: beginnings.get(best.number) ?? [] };
  };
  /** One machine: ask → trial → tell until nothing is left for it. */
  const work = async (lab: Lab, capacity: Capacity): Promise<void> => {
    const at = (): string => lab.clock.nowIso();
    for (;;) {
      await hold(lab);
      const next = await inTurn(async () => {
        if (mustWait()) return 'held';
        const suggestion = await choose(capacity);
        return suggestion && { suggestion, ...begin(lab, suggestion, at()) };
      });
      if (next === 'held') continue;
      if (next === null) return;
      const { trial, view, suggestion } = next;
      const result = await runTrial({
        spec: study.spec, configuration: suggestion.configuration, trial, labels: { project: projectId, study: study.id }, capacity,
        lab, signal: stopNow.signal, view, incumbent: incumbent(),
      });
      await lab.order?.turn();
      if (result.trips) store.appendRoundTrips(trial, result.trips);
      inFlight.delete(trial);
      append({ kind: 'trial-finished', at: at(), trial, outcome: result.outcome, seconds: result.seconds });
      if (result.trips && study.spec.measurement.racing && study.incumbent === trial) {
        const { replicas } = servingConfiguration(study.spec, suggestion.configuration);
        beginnings.set(trial, beginningOf(result.trips, study.spec.environment.concurrency, replicas));
      }
      const clockTrouble = result.unrestored[0] ?? refusedClock(result.outcome);
      if (clockTrouble !== null) ending = { kind: 'fault', text: clockTrouble };
      // A step that uses the budget up ends the run; there is nothing to wait for.
      if (byHand.length === 0) ending ??= budgetReached(study, secondsGone());
      wake();
    }
  };

  const beginRun = (machine: Machine): void => {
    append({ kind: 'run-started', at: labs[0]!.clock.nowIso(), machine, backend: labs[0]!.backend.kind });
    begun = true;
  };
  /** Null: they are too different for one study. */
  const compareMachines = async (first: Lab): Promise<Capacity | null> => {
    show();
    const { capacity, machines, difference } = await unlessDeaf(stopNow.signal, meetFleet(labs, study.spec, stopNow.signal));
    append({ kind: 'machines-compared', at: first.clock.nowIso(), machines });
    if (difference === null || acceptsUnequalMachines(study.spec)) return capacity;
    ending = { kind: 'fault', text: difference };
    return null;
  };

  const run = async (): Promise<StopReason> => {
    const [first] = labs as [Lab, ...Lab[]];
    const machine = await unlessDeaf(stopNow.signal, first.machine.read());
    beginRun(machine);
    const capacity = labs.length === 1 ? replicaCapacity(machine) : await compareMachines(first);
    if (capacity === null) return ending!;
    await Promise.all(labs.map((lab) => work(lab, capacity)
      .catch((error: unknown) => {
        ending ??= stopRequested ? stoppedByUser() : fault(error);
        wake();
      })
      .finally(() => lab.order?.rest())));
    return ending ?? fault(new Error('The run ended without a reason.'));
  };

  const end = async (): Promise<StopReason> => {
    const reason = await run().catch((error: unknown): StopReason => (stopRequested ? stoppedByUser() : fault(error)));
    activity = 'stopping';
    show();
    await Promise.all(labs.map(closeLab));
    try {
      const at = labs[0]!.clock.nowIso();
      // The end of a run that never began would be taken for the end of the one before.
      if (!begun) beginRun(UNREAD_MACHINE);
      // A fault may have come between a trial and its end.
      for (const { number: trial } of runningTrials(study)) {
        append({ kind: 'trial-finished', at, trial, outcome: { state: 'aborted', reason: reason.text }, seconds: null });
      }
      append({ kind: 'run-ended', at, reason });
    } catch (error) {
      return fault(error);
    }
    return reason;
  };

  return {
    ended: end(),
    pause: () => {
      pauseRequested = true;
      show();
    },
    continueRun: () => {
      pauseRequested = false;
      stepsLeft = Infinity;
      wake();
    },
    step: () => {
      pauseRequested = false;
      stepsLeft = 1;
      wake();
    },
    tryNext: (suggestion) => {
      if (ending !== null || stopRequested) throw new ServescapeError('conflict', 'This run is just ending.', { hint: 'Try again when it has ended.' });
      byHand.push(suggestion);
      wake();
    },
    stop: (when) => {
      stopRequested = true;
      if (when === 'now') stopNow.abort(new ServescapeError('aborted', 'Stopped while this trial ran.'));
      wake();
      show();
    },
    live: () => ({ run: liveRun(), trials: [...inFlight.values()] }),
  };
}

interface Pause {
  readonly fromMs: number;
  readonly release: NodeJS.Timeout;
}

/** One after the other, in the order of asking. */
function createQueue(): <Value>(work: () => Promise<Value>) => Promise<Value> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine;
    return mine;
  };
}

async function closeLab({ hardware, backend, load }: Lab): Promise<void> {
  await restoreClocks(hardware);
  await Promise.allSettled([
    atMost(CLOSE_LIMIT_MS, 'Ending the replicas', backend.close()), atMost(CLOSE_LIMIT_MS, 'Ending the load generator', load.close()),
  ]);
}

function fault(error: unknown): StopReason {
  return { kind: 'fault', text: errorData(error).message };
}

/** Of a run that ended before the machine had said what it is. */
const UNREAD_MACHINE: Machine = {
  hostname: 'not read', platform: 'not read', processor: 'not read', cores: 1, memoryMb: 1, gpus: [], nodeVersion: 'not read', appVersion: 'not read',
};

function stoppedByUser(): StopReason {
  return { kind: 'user', text: 'Stopped on request.' };
}

/** A clock that cannot be set now cannot be set in the next trial either: no reason to fail them all. */
function refusedClock(outcome: Outcome): string | null {
  if (outcome.state !== 'failed' || outcome.failure.code !== 'clock-refused') return null;
  return [outcome.failure.message, outcome.failure.hint ?? ''].join(' ').trim();
}
