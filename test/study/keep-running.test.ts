import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServescapeError } from '../../main/domain/errors.ts';
import { keepRunning } from '../../main/study/keep-running.ts';
import { finishedStudy } from '../domain/sweep-samples.ts';
import { scriptedLab, specOf, untilAborted, type LabScript } from './doubles.ts';
import type { Deployed } from '../../main/contract/deployed-methods.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const gone = (): Promise<never> => Promise.reject(new ServescapeError('crashed-under-load', 'Replica 1 is gone.', { hint: 'See its log.' }));

function keep(script: LabScript, { died = [], ask = async () => true }: { died?: (() => Promise<never>)[]; ask?: () => Promise<boolean> } = {}) {
  const { lab, log } = scriptedLab(script);
  const seen: Deployed[] = [];
  const abort = new AbortController();
  const study = finishedStudy('s', specOf(), 5);
  const deploy = lab.backend.deploy.bind(lab.backend);
  let deployed = 0;
  const backend = { ...lab.backend, deploy: async (request: Parameters<typeof deploy>[0]) => ({ ...(await deploy(request)), died: (died[deployed++] ?? (() => new Promise<never>(() => undefined)))() }) };
  const ended = keepRunning({ ids: { projectId: 'p', studyId: 's' }, study, trial: study.trials[0]!, lab: { ...lab, backend }, ask, onChange: (now) => seen.push(now), signal: abort.signal });
  return { seen, log, abort, ended, states: () => seen.map(({ state }) => state).filter((state, i, all) => state !== all[i - 1]) };
}

describe('keeping a configuration running', () => {
  it('serves, counts the checks, and hands everything back when stopped', async () => {
    const { seen, log, abort, ended, states } = keep({});
    await vi.advanceTimersByTimeAsync(3000);
    abort.abort();
    await ended;
    expect(states()).toEqual(['starting', 'serving']);
    expect(seen.at(-1)).toMatchObject({ checks: { answered: 3, failed: 0 }, restarts: 0, fault: null, replicas: [{ address: 'nowhere:1', answered: true }] });
    expect(log).toMatchObject({ deployed: 1, released: [false], closed: 1 });
  });

  it('says which replica is silent without ending it', async () => {
    const { seen, abort, ended } = keep({}, { ask: async () => false });
    await vi.advanceTimersByTimeAsync(2000);
    expect(seen.at(-1)).toMatchObject({ state: 'serving', checks: { answered: 0, failed: 2 }, replicas: [{ answered: false, roundTripMs: null }] });
    abort.abort();
    await ended;
  });

  it('brings it up again when a replica is gone, and keeps the reason', async () => {
    const { seen, log, abort, ended, states } = keep({}, { died: [gone] });
    await vi.advanceTimersByTimeAsync(2000);
    expect(states()).toEqual(['starting', 'serving', 'restarting', 'serving']);
    expect(seen.at(-1)).toMatchObject({ state: 'serving', restarts: 1, fault: { message: 'Replica 1 is gone.', hint: 'See its log.' } });
    abort.abort();
    await ended;
    expect(log.released).toEqual([false, false]);
  });

  it('gives up after five breaks in a row', async () => {
    const { seen, log, ended, states } = keep({}, { died: Array.from({ length: 9 }, () => gone) });
    await vi.advanceTimersByTimeAsync(60_000);
    await ended;
    expect(states().at(-1)).toBe('failed');
    expect(seen.at(-1)).toMatchObject({ restarts: 4, since: null, replicas: [] });
    expect(log).toMatchObject({ deployed: 5, closed: 1 });
  });

  it('does not try again what has never come up', async () => {
    const { seen, log, ended } = keep({ deploy: () => { throw new ServescapeError('model-missing', 'There is no model.'); } });
    await ended;
    expect(seen.at(-1)).toMatchObject({ state: 'failed', restarts: 0, fault: { message: 'There is no model.' } });
    expect(log.closed).toBe(1);
  });

  it('stops while it is still starting', async () => {
    const { log, abort, ended, states } = keep({ deploy: (_trial, signal) => untilAborted(signal) });
    abort.abort(new Error('stop'));
    await ended;
    expect(states()).toEqual(['starting']);
    expect(log).toMatchObject({ deployed: 0, closed: 1 });
  });
});
