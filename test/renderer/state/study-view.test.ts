import '../dom.ts';
import { describe, expect, it, vi } from 'vitest';
import { createClient } from '../../../main/contract/client.ts';
import { StudyView } from '../../../renderer/state/study.svelte.ts';
import { createFakeHost, templateSpec } from '../fake-host.ts';
import type { LiveTrial } from '../../../main/contract/values.ts';
import type { StudyEvent } from '../../../main/domain/study-event.ts';

const at = '2026-11-21T10:42:00.000Z';
const configuration = { replicas: 2, cpuCores: 0.5, memoryMb: 300, maxBatchSize: 8, batchTimeoutMicros: 500 };
const machine = { hostname: 'h', platform: 'linux', processor: 'p', cores: 8, memoryMb: 32_768, gpus: [], nodeVersion: 'v24', appVersion: '0.1.0' };
const started: StudyEvent = { kind: 'run-started', at, machine, backend: 'simulated' };
const trialStarted = (trial: number): StudyEvent => ({ kind: 'trial-started', at, trial, configuration, origin: 'random', prediction: null });
const trialFailed = (trial: number): StudyEvent => ({
  kind: 'trial-finished', at, trial, seconds: null,
  outcome: { state: 'failed', measurement: null, failure: { code: 'not-ready', message: 'Not ready.', log: [] } },
});
const liveTrial = (trial: number, trips: LiveTrial['trips']): LiveTrial => ({
  trial, stage: 'loading', seconds: {}, replicas: [], finished: trips.length, planned: 100, failed: 0, meanMs: null,
  halfWidthMs: null, throughputRps: 0, lagMs: 0, trips,
});
const run = { secondsLeft: null, secondsGone: 1, activity: 'trial', largestExpectedGain: null } as const;

async function open() {
  const host = createFakeHost();
  const client = createClient(await host.connect());
  const view = await StudyView.open(() => client, 'p1', 's1');
  return { host, view };
}

describe('StudyView', () => {
  it('has the study as soon as it is open', async () => {
    const { view } = await open();
    expect(view.study.spec).toEqual(templateSpec());
  });

  it('folds events as they come and passes each one on', async () => {
    const { host, view } = await open();
    const heard: string[] = [];
    view.onEvent((event, study) => heard.push(`${event.kind}, ${study.trials.length} trials`));
    for (const event of [started, trialStarted(1), trialFailed(1)]) host.emit(event);
    await vi.waitFor(() => expect(view.study).toEqual(host.study()));
    expect(view.study.trials[0]!.state).toBe('failed');
    expect(heard).toEqual(['run-started, 0 trials', 'trial-started, 1 trials', 'trial-finished, 1 trials']);
  });

  it('reads everything again when an event is missing', async () => {
    const { host, view } = await open();
    host.emit(started);
    host.emit(trialStarted(1), { skip: true });
    host.emit(trialFailed(1));
    await vi.waitFor(() => expect(view.study).toEqual(host.study()));
    expect(host.watches()).toBe(2);
    host.emit(trialStarted(2));
    await vi.waitFor(() => expect(view.study.trials).toHaveLength(2));
  });

  it('gathers round trips per trial and starts over with the next one', async () => {
    const { host, view } = await open();
    host.emit(started);
    host.emit(trialStarted(1));
    host.live({ kind: 'live', run, trial: liveTrial(1, [[0, 5, 1, 0], [1, 4, 0, 0]]) });
    host.live({ kind: 'live', run, trial: liveTrial(1, [[2, 3, 0, 1]]) });
    await vi.waitFor(() => expect(view.liveTrips.roundTripMs).toEqual([5, 4, 3]));
    expect(view.liveTrips).toMatchObject({ trial: 1, index: [0, 1, 2], excluded: [1, 0, 0], failed: [0, 0, 1] });
    expect(view.live?.trial).toBe(1);
    const seen = view.liveTripsVersion;
    host.emit(trialFailed(1));
    host.emit(trialStarted(2));
    host.live({ kind: 'live', run, trial: liveTrial(2, [[0, 9, 0, 0]]) });
    await vi.waitFor(() => expect(view.liveTrips).toMatchObject({ trial: 2, roundTripMs: [9] }));
    await vi.waitFor(() => expect(view.liveTripsVersion).toBeGreaterThan(seen));
  });

  it('holds several trials in flight, each with its own round trips, until each is over', async () => {
    const { host, view } = await open();
    for (const event of [started, trialStarted(1), trialStarted(2)]) host.emit(event);
    host.live({ kind: 'live', run, trial: { ...liveTrial(1, [[0, 5, 0, 0]]), machine: 'a' } });
    host.live({ kind: 'live', run, trial: { ...liveTrial(2, [[0, 9, 0, 0]]), machine: 'b' } });
    host.live({ kind: 'live', run, trial: { ...liveTrial(1, [[1, 6, 0, 0]]), machine: 'a' } });
    await vi.waitFor(() => expect(view.liveTripsOf(1)?.roundTripMs).toEqual([5, 6]));
    expect(view.liveTripsOf(2)?.roundTripMs).toEqual([9]);
    expect(view.inFlight.map(({ trial, machine: where }) => [trial, where])).toEqual([[1, 'a'], [2, 'b']]);
    expect(view.live?.trial).toBe(2);
    host.emit(trialFailed(2));
    host.live({ kind: 'live', run, trial: liveTrial(2, [[1, 1, 0, 0]]) });
    host.live({ kind: 'live', run, trial: liveTrial(1, [[2, 7, 0, 0]]) });
    await vi.waitFor(() => expect(view.liveTripsOf(1)?.roundTripMs).toEqual([5, 6, 7]));
    expect(view.inFlight.map(({ trial }) => trial)).toEqual([1]);
  });

  it('announces a burst of live values at most ten times a second', async () => {
    const { host, view } = await open();
    host.emit(started);
    host.emit(trialStarted(1));
    const before = view.liveTripsVersion;
    for (let i = 0; i < 50; i++) host.live({ kind: 'live', run, trial: liveTrial(1, [[i, 1, 0, 0]]) });
    await vi.waitFor(() => expect(view.liveTrips.index).toHaveLength(50));
    expect(view.liveTripsVersion - before).toBeLessThan(10);
  });

  it('asks for the round trips of a finished trial once, of the running one each time', async () => {
    const points = { total: 1, points: [], faults: {} };
    const asked: number[] = [];
    const host = createFakeHost({ overrides: { 'trial.roundTrips': async ({ trial }) => (asked.push(trial), points) } });
    const client = createClient(await host.connect());
    const view = await StudyView.open(() => client, 'p1', 's1');
    for (const event of [started, trialStarted(1), trialFailed(1), trialStarted(2)]) host.emit(event);
    await vi.waitFor(() => expect(view.study.trials).toHaveLength(2));
    for (const trial of [1, 1, 2, 2]) await view.roundTrips(trial, 100);
    expect(asked).toEqual([1, 2, 2]);
  });

  it('continues a paused run, and starts a stopped one again', async () => {
    const { host, view } = await open();
    for (const event of [started, { kind: 'run-paused', at } as const]) host.emit(event);
    await vi.waitFor(() => expect(view.study.state).toBe('paused'));
    await view.continueRun();
    host.emit({ kind: 'run-ended', at, reason: { kind: 'user', text: 'Stopped.' } });
    await vi.waitFor(() => expect(view.study.state).toBe('ended'));
    await view.continueRun();
    expect(host.calls.map(({ method }) => method).filter((method) => /start|continue/.test(method))).toEqual(['study.continue', 'study.start']);
  });
});
