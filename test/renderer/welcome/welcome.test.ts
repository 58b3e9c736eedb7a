import { screen, waitFor, within, fireEvent } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import WelcomeScreen from '../../../renderer/welcome/WelcomeScreen.svelte';
import { sampleSweep } from '../../domain/sweep-samples.ts';
import { createFakeHost } from '../fake-host.ts';
import { showScreen } from '../with-app.ts';
import type { RecentFile } from '../../../main/contract/values.ts';

const kept: RecentFile = { path: '/a/kept.servescape', name: 'kept', at: new Date().toISOString(), found: true, state: 'ended', progress: '50 of 50 trials', best: 'best 5.15 ms' };
const moved: RecentFile = { ...kept, path: '/a/moved.servescape', name: 'moved', found: false, state: null };

describe('Welcome', () => {
  it('offers what the host has and makes a project from it', async () => {
    const app = await showScreen(createFakeHost(), WelcomeScreen);
    await fireEvent.click(await screen.findByRole('button', { name: /^Digits/ }));
    await waitFor(() => expect(app.screen).toBe('design'));
    expect(app.project?.name).toBe('mnist-lab');
  });

  it('reproduces the report from one dialog: its parts with their size, then everything starts', async () => {
    const sweep = sampleSweep();
    const part = { title: 'OpenNMT in batches of 4', yields: 'Table 1', studies: 6, trials: 72, requests: 28_800, seconds: 600 };
    const host = createFakeHost({
      overrides: {
        'programme.plan': async ({ scale }) => [scale === 'full' ? { ...part, trials: 300 } : part],
        'programme.create': async () => host.project, 'sweep.startAll': async () => null, 'sweep.list': async () => [sweep],
        'sweep.watch': (_params, sink) => sink.item({ kind: 'snapshot', sweep, studies: [] }),
      },
    });
    const app = await showScreen(host, WelcomeScreen);
    await fireEvent.click(await screen.findByRole('button', { name: /^Reproduce the report/ }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Reproduce the report' }));
    expect((await dialog.findByRole('row', { name: /OpenNMT/ })).textContent).toContain('28,800');
    expect(dialog.getByText(/About 10 min, a first guess\./)).toBeTruthy();
    await fireEvent.click(dialog.getByRole('radio', { name: 'In full' }));
    await waitFor(() => expect(dialog.getByRole('row', { name: /OpenNMT/ }).textContent).toContain('300'));
    await fireEvent.click(dialog.getByRole('button', { name: 'Start' }));
    await waitFor(() => expect(app.screen).toBe('compare'));
    expect(host.calls).toContainEqual({ method: 'programme.create', params: { scale: 'full', backend: { kind: 'local' } } });
    expect(host.calls).toContainEqual({ method: 'sweep.startAll', params: { projectId: 'p1' } });
  });

  it('shows three steps instead of an empty list', async () => {
    await showScreen(createFakeHost(), WelcomeScreen);
    const recent = await screen.findByRole('complementary', { name: 'Three steps' });
    expect(within(recent).getAllByRole('listitem')).toHaveLength(3);
  });

  it('opens a recent file', async () => {
    const host = createFakeHost();
    host.recent = [kept];
    const app = await showScreen(host, WelcomeScreen);
    await fireEvent.click(await screen.findByRole('button', { name: /^kept/ }));
    await waitFor(() => expect(app.project).not.toBeNull());
    expect(host.calls).toContainEqual({ method: 'project.open', params: { path: kept.path, readOnly: false } });
  });

  it('keeps a missing file in the list, cannot open it, and removes it on request', async () => {
    const host = createFakeHost();
    host.recent = [kept, moved];
    await showScreen(host, WelcomeScreen);
    expect(await screen.findByText('not found')).toBeTruthy();
    expect(screen.queryByRole('button', { name: /^moved/ })).toBeNull();
    await fireEvent.click(screen.getByRole('button', { name: 'Remove moved from the list' }));
    await waitFor(() => expect(screen.queryByText('moved')).toBeNull());
    expect(screen.getByText('kept')).toBeTruthy();
  });

  it('takes a file off the list without opening it', async () => {
    const host = createFakeHost();
    host.recent = [kept];
    const app = await showScreen(host, WelcomeScreen);
    await fireEvent.click(await screen.findByRole('button', { name: 'Remove kept from the list' }));
    await waitFor(() => expect(screen.queryByText('kept')).toBeNull());
    expect(app.project).toBeNull();
  });

  it('lets a missing file be located with the picker', async () => {
    const host = createFakeHost();
    host.recent = [moved];
    const app = await showScreen(host, WelcomeScreen);
    await fireEvent.click(await screen.findByRole('button', { name: 'Locate moved' }));
    const dialog = await screen.findByRole('dialog', { name: 'Open a project' });
    await fireEvent.click(await within(dialog).findByRole('button', { name: /^mnist-lab.servescape/ }));
    await waitFor(() => expect(app.project?.path).toBe('/home/ada/mnist-lab.servescape'));
  });

  it('says what the machine can do and checks again', async () => {
    const host = createFakeHost();
    await showScreen(host, WelcomeScreen);
    expect(await screen.findByText('installed, not running')).toBeTruthy();
    const before = host.calls.filter(({ method }) => method === 'preflight.check').length;
    await fireEvent.click(screen.getByRole('button', { name: 'Check again' }));
    await waitFor(() => expect(host.calls.filter(({ method }) => method === 'preflight.check')).toHaveLength(before + 1));
  });
});
