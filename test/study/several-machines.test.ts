import { describe, expect, it } from 'vitest';
import { countFinished, runningTrials } from '../../main/domain/study.ts';
import type { StudySpec } from '../../main/domain/study-spec.ts';
import { suggestForStudy } from '../../main/optimizer/study-sampler.ts';
import { createSimulatedFleet } from '../../main/serving/simulated/simulated-lab.ts';
import { startStudyRun, type StudyRunner } from '../../main/study/study-runner.ts';
import type { Chooser, Lab } from '../../main/study/ports.ts';
import type { LiveTrial } from '../../main/contract/values.ts';
import { memoryStore, outOfMemory, randomChooser, scriptedLab, specOf, steadyLoad, untilAborted, type LabScript, type MemoryStore } from './doubles.ts';

const small = specOf((spec) => ({ ...spec, sampler: { kind: 'random' }, budget: { ...spec.budget, trials: 6 } }));

/** Chooses without a thread, as the real one does. */
const chooser: Chooser = { ...randomChooser(), ask: async (study, capacity) => suggestForStudy(study, capacity) };

interface Started { readonly store: MemoryStore; readonly runner: StudyRunner; readonly live: LiveTrial[]; readonly most: () => number }

function start(labs: readonly Lab[], { spec = small, mode = 'run', ask = chooser }: { spec?: StudySpec; mode?: 'run' | 'step'; ask?: Chooser } = {}): Started {
  const store = memoryStore(spec);
  const live: LiveTrial[] = [];
  let most = 0;
  const runner = startStudyRun({
    study: store.study(), projectId: 'p', store, labs, chooser: ask, wallMs: () => 0,
    onEvent: () => (most = Math.max(most, runningTrials(store.study()).length)),
    onLive: (_run, trial) => void (trial && live.push(trial)),
  }, mode);
  return { store, runner, live, most: () => most };
}

const scripted = (names: readonly string[], script: LabScript = {}): Lab[] => names.map((name) => ({ ...scriptedLab(script).lab, name }));

describe('a run on several machines', () => {
  it('has a trial in flight on each, never more than the budget, and says which machine each ran on', async () => {
    const { store, runner, live, most } = start(scripted(['a', 'b', 'c']), { spec: { ...small, budget: { ...small.budget, trials: 8 } } });
    await expect(runner.ended).resolves.toMatchObject({ kind: 'budget' });
    const { trials } = store.study();
    expect(trials.map(({ state }) => state)).toEqual(Array(8).fill('complete'));
    expect(most()).toBe(3);
    expect(new Set(trials.map(({ machine }) => machine))).toEqual(new Set(['a', 'b', 'c']));
    expect(new Set(trials.map(({ configuration }) => JSON.stringify(configuration))).size).toBe(8);
    expect(live.every(({ trial, machine }) => trials[trial - 1]!.machine === machine)).toBe(true);
    expect(store.trips.size).toBe(8);
  });

  it('compares the machines first and keeps what it found', async () => {
    const { store, runner } = start(scripted(['a', 'b']));
    await runner.ended;
    const [run] = store.study().runs;
    expect(run!.machines!.map(({ name, calibration }) => [name, calibration.ratio])).toEqual([['a', 1], ['b', 1]]);
  });

  it('refuses machines that are too different, in words, unless told to mix them', async () => {
    const slow = (factor: number): LabScript => ({ load: () => {
      const load = steadyLoad();
      return { ...load, trips: { ...load.trips, roundTripMs: load.trips.roundTripMs.map((ms) => ms * factor) } };
    } });
    const labs = [...scripted(['fast']), ...scripted(['slow'], slow(1.4))];
    const { store, runner } = start(labs);
    const reason = await runner.ended;
    expect(reason.kind).toBe('fault');
    expect(reason.text).toMatch(/^slow is not equal to fast: the same 300 requests took 1\d\.\d+ ms each \(median\), there/);
    expect(store.study().trials).toEqual([]);
    expect(store.study().runs[0]!.machines![1]!.calibration.ratio).toBeCloseTo(1.4, 3);
    const mixed = start(labs, { spec: { ...small, backend: { kind: 'simulated', machines: 2, unequalMachines: 'accept' } } });
    await expect(mixed.runner.ended).resolves.toMatchObject({ kind: 'budget' });
  });

  it('goes on when trials of one machine fail', async () => {
    const labs = [...scripted(['good']), ...scripted(['bad'], { deploy: (trial) => { if (trial > 1) throw outOfMemory(); } })];
    const { store, runner } = start(labs);
    await expect(runner.ended).resolves.toMatchObject({ kind: 'budget' });
    expect(store.study().trials.filter(({ state }) => state === 'failed').every(({ machine }) => machine === 'bad')).toBe(true);
  });

  it('stops all of them at once, and closes every lab', async () => {
    let measuring = 0;
    const both = Promise.withResolvers<void>();
    const script: LabScript = { load: (trial, signal) => {
      // The calibration load comes first, as trial 1 of no study.
      if (measuring < 2 || trial < 1) return measuring++, steadyLoad();
      if (++measuring === 4) both.resolve();
      return untilAborted(signal);
    } };
    const made = ['a', 'b'].map((name) => { const { lab, log } = scriptedLab(script); return { lab: { ...lab, name }, log }; });
    const { store, runner } = start(made.map(({ lab }) => lab));
    await both.promise;
    runner.stop('now');
    await expect(runner.ended).resolves.toMatchObject({ kind: 'user' });
    expect(store.study().trials.map(({ state }) => state)).toEqual(['aborted', 'aborted']);
    expect(made.map(({ log }) => log.closed)).toEqual([1, 1]);
  });
});

describe('simulated machines in one virtual time', () => {
  const spec = specOf((usual) => ({
    ...usual, sampler: { ...usual.sampler, kind: 'bayes', startupTrials: 4 } as StudySpec['sampler'], budget: { ...usual.budget, trials: 10 },
    measurement: { ...usual.measurement, requests: { kind: 'fixed', count: 400 } },
  }));
  const fleet = (): readonly Lab[] => createSimulatedFleet({ appVersion: 'test' }, 3);

  it('tell and ask in the order of that time, the same at every repetition', async () => {
    const runs = [start(fleet(), { spec }), start(fleet(), { spec, ask: { ...chooser, ask: async (study, capacity) => {
      // Another interleaving of the real machine: a late answer must change nothing.
      await new Promise((resolve) => setTimeout(resolve, 5));
      return suggestForStudy(study, capacity);
    } } })];
    await Promise.all(runs.map(({ runner }) => runner.ended));
    expect(runs[1]!.store.events).toEqual(runs[0]!.store.events);
    const finished = runs[0]!.store.events.filter(({ kind }) => kind === 'trial-finished').map(({ at }) => at);
    expect(finished).toEqual(finished.toSorted());
    expect(runs[0]!.most()).toBe(3);
  });

  it('make one more trial at a time when stepping, and pause between', async () => {
    const paused = Promise.withResolvers<void>();
    const { store, runner } = start(fleet(), { spec, mode: 'step' });
    const timer = setInterval(() => { if (store.study().state === 'paused') paused.resolve(); }, 2);
    await paused.promise;
    clearInterval(timer);
    expect(countFinished(store.study())).toBe(1);
    runner.continueRun();
    await expect(runner.ended).resolves.toMatchObject({ kind: 'budget' });
    expect(countFinished(store.study())).toBe(10);
  });
});
