import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ServescapeError } from '../../../main/domain/errors.ts';
import { createRandom } from '../../../main/domain/random.ts';
import { sampleUniform } from '../../../main/domain/search-space.ts';
import { countFinished, foldStudy, type Study } from '../../../main/domain/study.ts';
import type { StopReason } from '../../../main/domain/study-event.ts';
import type { StudySpec } from '../../../main/domain/study-spec.ts';
import type { Suggestion } from '../../../main/domain/suggestion.ts';
import { createProjectFile, openProjectFile, type ProjectFile } from '../../../main/project/project-file.ts';
import { recoverInterrupted } from '../../../main/project/recovery.ts';
import type { Chooser, Lab, StudyStore } from '../../../main/study/ports.ts';
import { startStudyRun } from '../../../main/study/study-runner.ts';
import { specOf } from '../../study/doubles.ts';
import { faultsOf, faultyLab, follow, type Ledger } from './faulty-lab.ts';
import { planFaults, READY_TIMEOUT_MS, type FaultPlan, type Step } from './fault-plan.ts';
import { installVirtualTime, type VirtualTime } from './virtual-time.ts';

/** A run that nobody stops is stopped by its user after so long. */
const PATIENCE_MS = 2 * 3_600_000;
/** From "stop now" to the end, with every hand-back giving up on what does not answer. */
const STOP_LIMIT_MS = 200_000;
/** Handing back that takes longer than this is left to the next start. */
const GIVEN_UP_AFTER_MS = 30_000;

export interface Life {
  readonly seed: number;
  /** What should not have happened; empty: all invariants held. */
  readonly wrong: readonly string[];
  /** What happened, for the reader and to compare two runs of one seed. */
  readonly trace: readonly string[];
  readonly digest: string;
  readonly reason: StopReason['kind'];
}

/**
 * One study's life under the faults of `seed`, in virtual time, over the real runner and a real project file in `folder`:
 * a run with faults, the file closed, opened and recovered, a run without. `tamper` breaks it, to see that it is noticed.
 */
export async function simulateLife(seed: number, folder: string, tamper: (lab: Lab) => Lab = (lab) => lab): Promise<Life> {
  const plan = planFaults(seed);
  const trace: string[] = [];
  const wrong: string[] = [];
  const unhandled = (error: unknown): void => void wrong.push(`unhandled rejection: ${String(error)}`);
  process.on('unhandledRejection', unhandled);
  const path = join(folder, `seed-${seed}.servescape`);
  const time = installVirtualTime();
  let reason: StopReason = { kind: 'fault', text: '' };
  try {
    let file = createProjectFile(path, { name: 'life', at: '2026-01-01T00:00:00.000Z' });
    file.createStudy(specFor(plan), '2026-01-01T00:00:00.000Z');
    const first = await liveUnder(plan, file, time, trace, tamper);
    reason = first.reason;
    wrong.push(...first.wrong, ...judgeEnd(plan, first));
    const before = file.study(STUDY);
    file.close();

    file = openProjectFile(path);
    const replayed = foldStudy(file.events(STUDY).map(({ event }) => event));
    if (!isDeepStrictEqual(replayed, before)) wrong.push('the file replays to another study than the one that was shown');
    recoverInterrupted(file, '2026-02-01T00:00:00.000Z');
    wrong.push(...judgeStudy(file.study(STUDY)));
    wrong.push(...judgeTrips(file));

    const second = await liveUnder(null, file, time, trace);
    const after = file.study(STUDY);
    wrong.push(...second.wrong, ...judgeStudy(after));
    if (second.reason.kind !== 'budget') wrong.push(`without faults it ended with ${second.reason.kind}: ${second.reason.text}`);
    // Trials chosen by hand come on top of the budget.
    if (countFinished(after) < plan.trials) wrong.push(`${countFinished(after)} finished trials, asked for ${plan.trials}`);
    for (const trial of before.trials) {
      if (trial.state !== 'running' && !isDeepStrictEqual(after.trials[trial.number - 1], trial)) wrong.push(`trial ${trial.number} was changed later`);
    }
    file.close();
  } catch (error) {
    wrong.push(`the simulation itself was thrown out: ${error instanceof Error ? error.stack : String(error)}`);
  } finally {
    time.uninstall();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    for (const rest of ['', '-wal', '-shm', '-lock']) rmSync(path + rest, { force: true });
  }
  return { seed, wrong, trace, reason: reason.kind, digest: createHash('sha256').update(trace.join('\n')).digest('hex') };
}

/** Virtual ms from "stop now", pressed at `atMs` of a run in which nothing goes wrong, to its end with everything handed back. */
export async function stopCalmRunAt(atMs: number, folder: string): Promise<number | null> {
  const good = { kind: 'good', waitMs: 100 } as const;
  const plan: FaultPlan = {
    seed: 1, trials: 4, gpu: true, mode: 'run', faults: [], machine: good, backendClose: good, loadClose: good, store: null, watcherThrows: false,
    actions: [{ atMs, act: 'stop-now' }],
  };
  const path = join(folder, `stop-${atMs}.servescape`);
  const time = installVirtualTime();
  try {
    const file = createProjectFile(path, { name: 'stop', at: '2026-01-01T00:00:00.000Z' });
    file.createStudy(specFor(plan), '2026-01-01T00:00:00.000Z');
    const { stopTookMs, reason, study } = await liveUnder(plan, file, time, []);
    file.close();
    return reason.kind === 'user' && study.state === 'ended' ? stopTookMs : null;
  } finally {
    time.uninstall();
    rmSync(path, { force: true });
  }
}

const STUDY = 'study-1';

function specFor(plan: FaultPlan): StudySpec {
  return specOf((spec) => ({
    ...spec, seed: plan.seed, sampler: { kind: 'random' }, budget: { trials: plan.trials, timeLimitMinutes: null, stopBelowExpectedGain: null },
    measurement: { ...spec.measurement, readyTimeoutMs: READY_TIMEOUT_MS },
    ...(plan.gpu && { fixed: { gpuClockMhz: 1200 }, gpuClocks: { cards: ['card'], driver: '1', memoryMhz: 7601, clocksMhz: [1200] } }),
  }));
}

interface Lived {
  readonly reason: StopReason;
  readonly wrong: readonly string[];
  readonly ledger: Ledger;
  readonly study: Study;
  readonly storeBroke: boolean;
  /** From "stop now" to the end; null: nobody stopped it. */
  readonly stopTookMs: number | null;
}

async function liveUnder(plan: FaultPlan | null, file: ProjectFile, time: VirtualTime, trace: string[], tamper: (lab: Lab) => Lab = (lab) => lab): Promise<Lived> {
  const wrong: string[] = [];
  const { lab: honest, ledger } = faultyLab(plan, time);
  const lab = tamper(honest);
  const store = faultyStore(plan, file);
  let attempt = 0;
  let stoppedAtMs: number | null = null;
  const note = (text: string): void => void trace.push(`${Math.round(time.nowMs())} ${text}`);
  const runner = startStudyRun(
    {
      study: file.study(STUDY), projectId: 'p', store, labs: [lab], chooser: choosing(plan, () => ++attempt), wallMs: time.nowMs,
      onLive: () => undefined,
      onEvent: ({ seq, event }) => {
        note(`${seq} ${event.kind}${event.kind === 'trial-finished' ? ` ${event.outcome.state} ${'failure' in event.outcome ? event.outcome.failure.message : ''}` : ''}`);
        if (plan?.watcherThrows && event.kind === 'trial-started') throw new Error('a watcher broke');
      },
    },
    plan?.mode,
  );
  const stop = (when: 'now' | 'after-trial'): void => {
    if (when === 'now') stoppedAtMs ??= time.nowMs();
    runner.stop(when);
  };
  const fromMs = time.nowMs();
  const actions = (plan?.actions ?? []).map(({ atMs, act }) => setTimeout(() => {
    note(`user: ${act}`);
    if (act === 'pause') runner.pause();
    else if (act === 'continue') runner.continueRun();
    else if (act === 'step') runner.step();
    else if (act === 'try') runner.tryNext({ configuration: drawn(file.study(STUDY), 99), origin: 'user', prediction: null, largestExpectedGain: null });
    else stop(act === 'stop-now' ? 'now' : 'after-trial');
  }, atMs));

  let outcome = await time.run(runner.ended, fromMs + PATIENCE_MS);
  if (outcome !== 'done') {
    if (!mayWait(plan)) wrong.push(`the run got ${outcome} although nothing in the plan waits for ever`);
    note('user: loses patience');
    stop('now');
    outcome = await time.run(runner.ended, time.nowMs() + STOP_LIMIT_MS);
    if (outcome !== 'done') {
      wrong.push(`the run did not end within ${STOP_LIMIT_MS / 1000} s of being stopped (${outcome})`);
      return { reason: { kind: 'fault', text: 'never ended' }, wrong, ledger, study: file.study(STUDY), storeBroke: store.broke(), stopTookMs: null };
    }
  }
  if (stoppedAtMs !== null && time.nowMs() - stoppedAtMs > STOP_LIMIT_MS) wrong.push(`the stop took ${time.nowMs() - stoppedAtMs} ms`);
  const endedAtMs = time.nowMs();
  const reason = await runner.ended;
  note(`ended ${reason.kind}: ${reason.text}`);
  actions.forEach((action) => clearTimeout(action));
  return { reason, wrong, ledger, study: file.study(STUDY), storeBroke: store.broke(), stopTookMs: stoppedAtMs === null ? null : endedAtMs - stoppedAtMs };
}

/** What must be so when a run has ended, whatever happened in it. */
function judgeEnd(plan: FaultPlan, { reason, ledger, study, storeBroke }: Lived): readonly string[] {
  const wrong: string[] = [];
  if (!storeBroke) {
    if (study.state !== 'ended') wrong.push(`the study is ${study.state} after its run`);
    wrong.push(...judgeStudy(study));
    if (study.runs.at(-1)?.reason?.kind !== reason.kind) wrong.push('the reason told is not the reason kept');
  }
  const left = Object.entries(ledger).filter(([name, value]) => name !== 'deaf' && value !== 0 && value !== false).map(([name]) => name);
  const excused = (name: string): boolean => ledger.deaf > 0 || mayLeave(plan, name);
  for (const name of left) if (!excused(name)) wrong.push(`left behind: ${name}`);
  if (reason.kind === 'fault' && !storeBroke && !mayFault(plan)) wrong.push(`the run died of a trial: ${reason.text}`);
  return wrong;
}

/** Numbered without gaps, and every trial in exactly one final state with what belongs to it. */
function judgeStudy({ trials, incumbent }: Study): readonly string[] {
  const wrong: string[] = [];
  trials.forEach((trial, i) => {
    if (trial.number !== i + 1) wrong.push(`trial ${i + 1} is numbered ${trial.number}`);
    const parts = [trial.state === 'complete' && trial.measurement !== null, trial.state === 'failed' && trial.failure !== null, trial.state === 'aborted' && trial.abortReason !== null];
    if (parts.filter(Boolean).length !== 1) wrong.push(`trial ${trial.number} is ${trial.state} without what belongs to it`);
  });
  if (incumbent !== null && trials[incumbent - 1]?.state !== 'complete') wrong.push('the best trial is not a complete one');
  return wrong;
}

function judgeTrips(file: ProjectFile): readonly string[] {
  return file.study(STUDY).trials
    .filter(({ number, state }) => state === 'complete' && file.roundTrips(STUDY, number) === null)
    .map(({ number }) => `trial ${number} is complete and has no round trips`);
}

function allSteps(plan: FaultPlan): readonly Step[] {
  const steps: unknown[] = [plan.machine, plan.backendClose, plan.loadClose, ...plan.faults.flatMap((faults) => Object.values(faults) as unknown[])];
  return steps.filter((value): value is Step => typeof value === 'object' && value !== null && 'kind' in value);
}

/** A step that hangs, a deaf one, or a pause waits until the user acts. */
function mayWait(plan: FaultPlan | null): boolean {
  if (plan === null) return false;
  return plan.mode === 'step' || plan.actions.some(({ act }) => act === 'pause' || act === 'step')
    || allSteps(plan).some(({ kind }) => kind === 'hangs' || kind === 'deaf') || plan.faults.some(({ watch, death }) => watch === 'end-deaf' || death?.noticedMs === null);
}

/** Handing back itself failed: that is told, and the next start sweeps. */
function mayLeave(plan: FaultPlan, name: string): boolean {
  const breaks = (how: Step): boolean => how.kind !== 'good' || how.waitMs > GIVEN_UP_AFTER_MS;
  if (name === 'clocksChanged') return plan.faults.some(({ clockRestore }) => clockRestore === 'refused' || breaks(clockRestore));
  if (name === 'replicas') return breaks(plan.backendClose);
  if (name === 'loads') return breaks(plan.loadClose);
  return false;
}

/** What ends a run for good: nothing to choose with, no machine, a clock that cannot be given back. */
function mayFault(plan: FaultPlan): boolean {
  const fails = (how: Step): boolean => how.kind === 'fails';
  return plan.watcherThrows || fails(plan.machine)
    || plan.faults.some(({ choose, clockSet, clockRestore }) =>
      (typeof choose === 'object' && fails(choose)) || (plan.gpu && (fails(clockSet) || clockRestore === 'refused' || clockRestore.kind !== 'good' || clockRestore.waitMs > GIVEN_UP_AFTER_MS)));
}

function drawn(study: Study, number: number): Suggestion['configuration'] {
  const narrow = study.spec.space.map((parameter) => (parameter.kind === 'integer' || parameter.kind === 'real' ? { ...parameter, high: parameter.low } : parameter));
  return sampleUniform(narrow, createRandom(study.spec.seed).split(number));
}

function choosing(plan: FaultPlan | null, next: () => number): Chooser {
  return {
    ask: async (study, _capacity, signal) => {
      const { choose } = faultsOf(plan, next());
      const suggestion: Suggestion = { configuration: drawn(study, countFinished(study)), origin: 'random', prediction: null, largestExpectedGain: null };
      if (choose === 'nothing-left') return null;
      if (choose === 'illegal') return { ...suggestion, configuration: { ...suggestion.configuration, replicas: 5000 } };
      return follow('choosing', choose, () => suggestion, signal);
    },
    slice: async () => null, surface: async () => null,
    predict: async () => null,
    explain: async () => null,
    close: async () => undefined,
  };
}

/** The study's part of a real file, refusing the writes the plan names. */
function faultyStore(plan: FaultPlan | null, file: ProjectFile): StudyStore & { broke(): boolean } {
  const store = file.store(STUDY);
  let writes = 0;
  let broke = false;
  const refuse = (): void => {
    writes++;
    const fault = plan?.store ?? null;
    if (fault === null || writes < fault.from || writes >= fault.from + fault.writes) return;
    broke = true;
    throw fault.error === 'EIO' ? Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }) : new ServescapeError(fault.error, `Not written: ${fault.error}.`);
  };
  return {
    append: (event) => {
      refuse();
      return store.append(event);
    },
    appendRoundTrips: (trial, trips) => {
      refuse();
      store.appendRoundTrips(trial, trips);
    },
    broke: () => broke,
  };
}
