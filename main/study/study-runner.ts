import { errorData, ServescapeError } from '../domain/errors.ts';
import { replicaCapacity, type Machine } from '../domain/machine.ts';
import { servingConfiguration } from '../domain/serving-configuration.ts';
import { applyStudyEvent, bestTrial, countFinished, runningTrial, type Study } from '../domain/study.ts';
import type { LiveRun, LiveTrial } from '../contract/values.ts';
import type { NumberedEvent, StopReason, StudyEvent } from '../domain/study-event.ts';
import type { Outcome } from '../domain/trial.ts';
import type { Suggestion } from '../domain/suggestion.ts';
import type { Chooser, Lab, StudyStore, TaughtStudy } from './ports.ts';
import { createTrialView } from './trial-view.ts';
import { budgetReached, notWorthIt } from './stop-rules.ts';
import { atMost, unlessDeaf } from './patience.ts';
import { restoreClocks, runTrial } from './trial-runner.ts';

export interface StudyRunnerOptions {
  readonly study: Study;
  readonly projectId: string;
  readonly store: StudyStore;
  readonly lab: Lab;
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

/** One run of a study: ask → trial → tell until a stop rule, a stop or a fault ends it. */
export interface StudyRunner {
  /** Resolves when the run has ended and every replica is gone; never rejects. */
  readonly ended: Promise<StopReason>;
  pause(): void;
  continueRun(): void;
  /** Runs exactly one more trial, then pauses. */
  step(): void;
  /** Runs this configuration next, even while paused or stepping: one more trial, then as before. */
  tryNext(byHand: Suggestion): void;
  stop(when: 'now' | 'after-trial'): void;
  live(): { readonly run: LiveRun; readonly trial: LiveTrial | null };
}

export function startStudyRun(options: StudyRunnerOptions, mode: 'run' | 'step' = 'run'): StudyRunner {
  const { store, lab, chooser, wallMs, projectId } = options;
  const startedMs = wallMs();
  const finishedBefore = countFinished(options.study);
  const stopNow = new AbortController();
  let study = options.study;
  let pauseRequested = false;
  let stepsLeft = mode === 'step' ? 1 : Infinity;
  let stopRequested = false;
  const byHand: Suggestion[] = [...(options.byHand ?? [])];
  let wake: () => void = () => undefined;
  let activity: LiveRun['activity'] = 'choosing';
  let liveTrial: LiveTrial | null = null;
  let largestExpectedGain: number | null = null;
  let pausedMs = 0;
  let clockTrouble: string | null = null;
  let begun = false;

  const append = (event: StudyEvent): void => {
    const next = applyStudyEvent(study, event);
    const numbered = store.append(event);
    study = next;
    options.onEvent(numbered);
  };
  const at = (): string => lab.clock.nowIso();
  const secondsGone = (): number => (wallMs() - startedMs - pausedMs) / 1000;
  const liveRun = (): LiveRun => {
    const done = countFinished(study) - finishedBefore;
    const left = study.spec.budget.trials - countFinished(study);
    return {
      activity, secondsGone: secondsGone(), largestExpectedGain,
      secondsLeft: done === 0 ? null : (secondsGone() / done) * Math.max(left, 0),
    };
  };
  const show = (): void => options.onLive(liveRun(), liveTrial);

  const waitWhilePaused = async (): Promise<void> => {
    if (byHand.length > 0 || (!pauseRequested && stepsLeft > 0)) return;
    const from = wallMs();
    activity = 'paused';
    append({ kind: 'run-paused', at: at() });
    show();
    const release = setTimeout(() => void lab.backend.releaseParked(), PARKED_REPLICAS_MS);
    while (!stopRequested && byHand.length === 0 && (pauseRequested || stepsLeft <= 0)) await new Promise<void>((resolve) => (wake = resolve));
    clearTimeout(release);
    pausedMs += wallMs() - from;
    if (!stopRequested) append({ kind: 'run-continued', at: at() });
  };

  const runOne = async (suggestion: Suggestion, cores: number, memoryMb: number): Promise<void> => {
    const trial = study.trials.length + 1;
    const { configuration, origin, prediction, reason, advised } = suggestion;
    append({
      kind: 'trial-started', at: at(), trial, configuration, origin, prediction, ...(reason !== undefined && { reason }),
      ...(advised !== undefined && { advised }),
    });
    activity = 'trial';
    const { replicas } = servingConfiguration(study.spec, configuration);
    const view = createTrialView(trial, replicas, (live) => {
      liveTrial = live;
      show();
    });
    const result = await runTrial({
      spec: study.spec, configuration, trial, labels: { project: projectId, study: study.id }, capacity: { cores, memoryMb },
      lab, signal: stopNow.signal, view, incumbent: bestTrial(study)?.value ?? null,
    });
    if (result.trips) store.appendRoundTrips(trial, result.trips);
    liveTrial = null;
    append({ kind: 'trial-finished', at: at(), trial, outcome: result.outcome, seconds: result.seconds });
    stepsLeft--;
    clockTrouble = result.unrestored[0] ?? refusedClock(result.outcome);
  };

  const begin = (machine: Machine): void => {
    append({ kind: 'run-started', at: at(), machine, backend: lab.backend.kind });
    begun = true;
  };

  const loop = async (): Promise<StopReason> => {
    const machine = await unlessDeaf(stopNow.signal, lab.machine.read());
    begin(machine);
    const capacity = replicaCapacity(machine);
    for (;;) {
      if (stopRequested) return stoppedByUser();
      const reached = budgetReached(study, secondsGone());
      if (reached) return reached;
      await waitWhilePaused();
      if (stopRequested) return stoppedByUser();
      activity = 'choosing';
      show();
      const placed = byHand.shift() ?? null;
      const suggestion = placed ?? (await unlessDeaf(stopNow.signal, chooser.ask(study, capacity, stopNow.signal, options.earlier)));
      if (placed === null) {
        largestExpectedGain = suggestion?.largestExpectedGain ?? null;
        const enough = notWorthIt(study, suggestion);
        if (enough) return enough;
      }
      await runOne(suggestion!, capacity.cores, capacity.memoryMb);
      if (clockTrouble !== null) return { kind: 'fault', text: clockTrouble };
    }
  };

  const end = async (): Promise<StopReason> => {
    const reason = await loop().catch((error: unknown): StopReason => {
      if (stopRequested) return stoppedByUser();
      return { kind: 'fault', text: errorData(error).message };
    });
    activity = 'stopping';
    show();
    await restoreClocks(lab.hardware);
    await Promise.allSettled([
      atMost(CLOSE_LIMIT_MS, 'Ending the replicas', lab.backend.close()), atMost(CLOSE_LIMIT_MS, 'Ending the load generator', lab.load.close()),
    ]);
    try {
      // A fault may have come between a trial and its end.
      const cut = runningTrial(study);
      const outcome = { state: 'aborted', reason: reason.text } as const;
      // The end of a run that never began would be taken for the end of the one before.
      if (!begun) begin(UNREAD_MACHINE);
      if (cut !== null) append({ kind: 'trial-finished', at: at(), trial: cut.number, outcome, seconds: null });
      append({ kind: 'run-ended', at: at(), reason });
    } catch (error) {
      return { kind: 'fault', text: errorData(error).message };
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
      byHand.push(suggestion);
      wake();
    },
    stop: (when) => {
      stopRequested = true;
      if (when === 'now') stopNow.abort(new ServescapeError('aborted', 'Stopped while this trial ran.'));
      wake();
      show();
    },
    live: () => ({ run: liveRun(), trial: liveTrial }),
  };
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
