import { describe, expect, it } from 'vitest';
import { foldStudy } from '../../main/domain/study.ts';
import { startStudyRun, type StudyRunner } from '../../main/study/study-runner.ts';
import { memoryStore, outOfMemory, randomChooser, scriptedLab, specOf, steadyLoad, untilAborted, type LabScript } from './doubles.ts';
import type { Suggestion } from '../../main/domain/suggestion.ts';
import type { StudyEvent } from '../../main/domain/study-event.ts';
import type { Chooser } from '../../main/study/ports.ts';
import type { StudySpec } from '../../main/domain/study-spec.ts';

const small = specOf((spec) => ({ ...spec, sampler: { kind: 'random' }, budget: { ...spec.budget, trials: 6 } }));

function start(
  script: LabScript = {}, options: { spec?: StudySpec; chooser?: Chooser; mode?: 'run' | 'step'; onEvent?: (event: StudyEvent, runner: StudyRunner) => void } = {},
) {
  const store = memoryStore(options.spec ?? small);
  const { lab, log } = scriptedLab(script);
  const runner: StudyRunner = startStudyRun(
    {
      study: store.study(), projectId: 'p', store, labs: [lab], chooser: options.chooser ?? randomChooser(), wallMs: () => lab.clock.nowMs(),
      onEvent: ({ event }) => options.onEvent?.(event, runner),
      onLive: () => undefined,
    },
    options.mode,
  );
  return { store, log, runner };
}

const kinds = (events: readonly StudyEvent[]): string[] => events.map((event) => event.kind);

describe('a run', () => {
  it('asks, runs and tells until the budget is spent, and closes the lab', async () => {
    const { store, log, runner } = start();
    await expect(runner.ended).resolves.toEqual({ kind: 'budget', text: 'All 6 trials are done.' });
    expect(store.study().state).toBe('ended');
    expect(store.study().trials.map(({ state }) => state)).toEqual(Array(6).fill('complete'));
    expect(store.trips.size).toBe(6);
    expect(log.released).toEqual(Array(6).fill(true));
    expect(log.closed).toBe(1);
    expect(foldStudy(store.events)).toEqual(store.study());
  });

  it('keeps going when trials fail, with cause and log in the trial', async () => {
    const { store, runner } = start({ deploy: (trial) => { if (trial % 2 === 0) throw outOfMemory(); } });
    await runner.ended;
    const { trials } = store.study();
    expect(trials.map(({ state }) => state)).toEqual(['complete', 'failed', 'complete', 'failed', 'complete', 'failed']);
    expect(trials[1]!.failure).toEqual({ code: 'out-of-memory', message: 'Replica 1 ran out of memory.', hint: 'Raise the memory.', log: ['line 1', 'line 2'] });
  });

  it('names the dead replica, not the broken connection it caused', async () => {
    let kill: (error: unknown) => void = () => undefined;
    const died = new Promise<never>((_resolve, reject) => (kill = reject));
    died.catch(() => undefined);
    const { store, runner } = start(
      { died, load: () => { setTimeout(() => kill(outOfMemory()), 5); throw new Error('socket hang up'); } },
      { spec: specOf((spec) => ({ ...spec, sampler: { kind: 'random' }, budget: { ...spec.budget, trials: 1 } })) },
    );
    await runner.ended;
    expect(store.study().trials[0]!.failure?.code).toBe('out-of-memory');
  });

  it('fails a trial without a single good answer, and does not reuse its replicas', async () => {
    const { store, log, runner } = start({ load: () => steadyLoad(50, 1) });
    await runner.ended;
    expect(store.study().trials[0]).toMatchObject({ state: 'failed', failure: { code: 'tcp-timeout' } });
    expect(log.released).toEqual(Array(6).fill(false));
  });

  it('stops now: the trial in flight is aborted, none is left open', async () => {
    const { store, log, runner } = start(
      { load: (trial, signal) => (trial === 3 ? untilAborted(signal) : steadyLoad()) },
      { onEvent: (event, run) => { if (event.kind === 'trial-started' && event.trial === 3) run.stop('now'); } },
    );
    await expect(runner.ended).resolves.toMatchObject({ kind: 'user' });
    expect(store.study().trials.map(({ state }) => state)).toEqual(['complete', 'complete', 'aborted']);
    expect(log.closed).toBe(1);
  });

  it('stops after the running trial when asked to', async () => {
    const { store, runner } = start({}, { onEvent: (event, run) => { if (event.kind === 'trial-started' && event.trial === 2) run.stop('after-trial'); } });
    await expect(runner.ended).resolves.toMatchObject({ kind: 'user' });
    expect(store.study().trials.map(({ state }) => state)).toEqual(['complete', 'complete']);
  });

  it('pauses after the running trial and continues', async () => {
    const { store, runner } = start({}, {
      onEvent: (event, run) => {
        if (event.kind === 'trial-started' && event.trial === 2) run.pause();
        if (event.kind === 'run-paused') setTimeout(() => run.continueRun(), 1);
      },
    });
    await runner.ended;
    const paused = kinds(store.events).indexOf('run-paused');
    expect(store.events[paused - 1]).toMatchObject({ kind: 'trial-finished', trial: 2 });
    expect(kinds(store.events)[paused + 1]).toBe('run-continued');
    expect(store.study().trials).toHaveLength(6);
  });

  it('steps exactly one trial at a time', async () => {
    let steps = 0;
    const { store, runner } = start({}, {
      mode: 'step',
      onEvent: (event, run) => {
        if (event.kind !== 'run-paused') return;
        setTimeout(() => (++steps < 3 ? run.step() : run.stop('now')), 1);
      },
    });
    await runner.ended;
    expect(store.study().trials).toHaveLength(3);
    expect(kinds(store.events).filter((kind) => kind === 'run-paused')).toHaveLength(3);
  });

  it('continues a stopped run without repeating or losing a trial', async () => {
    const first = start({}, { onEvent: (event, run) => { if (event.kind === 'trial-started' && event.trial === 4) run.stop('now'); } });
    await first.runner.ended;
    const { lab } = scriptedLab();
    const again = startStudyRun({
      study: first.store.study(), projectId: 'p', store: first.store, labs: [lab], chooser: randomChooser(), wallMs: () => 0,
      onEvent: () => undefined, onLive: () => undefined,
    });
    await expect(again.ended).resolves.toMatchObject({ kind: 'budget' });
    const { trials } = first.store.study();
    expect(trials.filter(({ state }) => state === 'complete')).toHaveLength(6);
    expect(trials.map(({ number }) => number)).toEqual(trials.map((_, i) => i + 1));
  });

  it.each([
    ['expected-gain', { largestExpectedGain: 0.00001 }],
    ['space-exhausted', null],
  ] as const)('ends with reason %s', async (kind, suggestion) => {
    const spec = specOf((s) => ({ ...s, budget: { ...s.budget, trials: 30, stopBelowExpectedGain: 0.001 } }));
    const chooser = suggestion ? randomChooser(suggestion) : { ...randomChooser(), ask: async () => null };
    const { store, runner } = start({}, { spec, chooser });
    await expect(runner.ended).resolves.toMatchObject({ kind });
    expect(store.study().runs[0]!.reason).toMatchObject({ kind });
  });

  it('measures what is asked for by hand when every trial is used, also twice, and refuses once it ends', async () => {
    const { store, runner } = start();
    await runner.ended;
    const { configuration } = store.study().trials[0]!;
    const byHand: Suggestion = { configuration, origin: 'user', prediction: null, largestExpectedGain: null };
    expect(() => runner.tryNext(byHand)).toThrow(/just ending/);
    const again: StudyRunner = startStudyRun({
      study: store.study(), projectId: 'p', store, labs: [scriptedLab().lab], chooser: randomChooser(), wallMs: () => 0, byHand: [byHand],
      onEvent: ({ event }) => { if (event.kind === 'trial-started' && event.trial === 7) again.tryNext(byHand); },
      onLive: () => undefined,
    }, 'step');
    expect(await again.ended).toEqual({ kind: 'budget', text: 'All 8 trials are done.' });
    const { trials, spec } = store.study();
    expect(trials.slice(6).map((trial) => [trial.state, trial.origin, trial.configuration])).toEqual([7, 8].map(() => ['complete', 'user', configuration]));
    expect(spec.budget.trials).toBe(8);
  });

  it('ends at the time limit', async () => {
    const spec = specOf((s) => ({ ...s, sampler: { kind: 'random' }, budget: { ...s.budget, timeLimitMinutes: 0.1 } }));
    const { store, runner } = start({}, { spec });
    await expect(runner.ended).resolves.toMatchObject({ kind: 'time-limit' });
    expect(store.study().trials).toHaveLength(2);
  });

  it('ends as a fault when choosing breaks, with the reason kept', async () => {
    const chooser: Chooser = { ...randomChooser(), ask: async () => { throw new Error('the sampler broke'); } };
    const { store, log, runner } = start({}, { chooser });
    await expect(runner.ended).resolves.toEqual({ kind: 'fault', text: 'the sampler broke' });
    expect(store.study().state).toBe('ended');
    expect(log.closed).toBe(1);
  });
});
