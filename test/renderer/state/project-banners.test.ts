import '../dom.ts';
import { describe, expect, it, vi } from 'vitest';
import { AppState } from '../../../renderer/state/app.svelte.ts';
import { projectBanners } from '../../../renderer/state/project-banners.ts';
import { stateText } from '../../../renderer/state/state-text.ts';
import { createFakeHost } from '../fake-host.ts';
import type { StopReason, StudyEvent } from '../../../main/domain/study-event.ts';

const at = '2026-11-21T10:42:00.000Z';
const machine = { hostname: 'h', platform: 'l', processor: 'p', cores: 8, memoryMb: 1, gpus: [], nodeVersion: 'v', appVersion: '1' };
const configuration = { replicas: 1, cpuCores: 0.5, memoryMb: 300, maxBatchSize: 8, batchTimeoutMicros: 500 };
const oneTrial: StudyEvent[] = [
  { kind: 'run-started', at, machine, backend: 'simulated' },
  { kind: 'trial-started', at, trial: 1, configuration, origin: 'random', prediction: null },
  { kind: 'trial-finished', at, trial: 1, seconds: null, outcome: { state: 'failed', measurement: null, failure: { code: 'not-ready', message: 'Not ready.', log: [] } } },
];

async function after(events: readonly StudyEvent[], project: { readOnly?: string; recovered?: string[] } = {}) {
  sessionStorage.clear();
  const host = createFakeHost();
  host.project = { ...host.project, ...project };
  const app = new AppState(host.connect);
  await app.begin();
  await app.create('mnist');
  for (const event of events) host.emit(event);
  await vi.waitFor(() => expect(app.study!.study).toEqual(host.study()));
  return { app, host };
}
const ended = (kind: StopReason['kind'], text: string): StudyEvent => ({ kind: 'run-ended', at, reason: { kind, text } });

describe('what an open project says about itself', () => {
  it('is quiet while all is well', async () => {
    const { app } = await after(oneTrial);
    expect([projectBanners(app), stateText(app)]).toEqual([[], 'Saved after trial 1']);
  });

  it('never calls a sweep on Compare “not yet run”', async () => {
    const { app } = await after([]);
    expect(stateText(app)).toBe('Edited, not yet run');
    expect(stateText({ ...app, project: app.project, study: app.study, screen: 'compare', sweep: {} } as never)).toBe('Saved');
  });

  it('offers to go on after a stop', async () => {
    const { app, host } = await after([...oneTrial, ended('user', 'Stopped.')]);
    const [banner] = projectBanners(app);
    expect(banner).toMatchObject({ tone: 'warn', strong: 'Stopped after trial 1 of 50.' });
    await banner!.actions!.find(({ label }) => label === 'Continue')!.run();
    expect(host.calls.at(-1)?.method).toBe('study.start');
    expect(app.screen).toBe('run');
  });

  it('says after a crash what is safe and what was cleaned up', async () => {
    const { app } = await after([...oneTrial, ended('interrupted', 'The program ended during trial 2.')], { recovered: ['Two leftover replicas were removed.'] });
    expect(projectBanners(app)[0]).toMatchObject({
      strong: 'Recovered.', text: 'The program ended during trial 2. 1 trial is safe. Two leftover replicas were removed.',
    });
  });

  it('says why a file cannot be changed and locks the form', async () => {
    const { app } = await after([], { readOnly: 'Another window has this project open.' });
    expect(projectBanners(app)[0]).toMatchObject({ strong: 'Opened read-only.', text: 'Another window has this project open.' });
    expect([stateText(app), app.draft!.lock.kind]).toEqual(['Read-only', 'all']);
  });
});
