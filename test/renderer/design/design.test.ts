import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import DesignScreen from '../../../renderer/design/DesignScreen.svelte';
import { createFakeHost, type FakeHost } from '../fake-host.ts';
import { showScreen } from '../with-app.ts';
import type { AppState } from '../../../renderer/state/app.svelte.ts';
import type { StudyEvent } from '../../../main/domain/study-event.ts';
import type { StudySpec } from '../../../main/domain/study-spec.ts';

const runStarted: StudyEvent = {
  kind: 'run-started', at: '2026-11-21T10:42:00.000Z', backend: 'simulated',
  machine: { hostname: 'h', platform: 'l', processor: 'p', cores: 8, memoryMb: 1, gpus: [], nodeVersion: 'v', appVersion: '1' },
};

async function design(host: FakeHost = createFakeHost()): Promise<{ app: AppState; host: FakeHost }> {
  const app = await showScreen(host, DesignScreen, (ready) => ready.create('mnist'));
  return { app, host };
}

// By label, not by role: the same name, found a hundred times faster in this large a page.
const field = (name: string): HTMLInputElement => screen.getByLabelText<HTMLInputElement>(name, { selector: 'input' });

async function type(name: string, text: string): Promise<void> {
  const input = field(name);
  await fireEvent.focus(input);
  await fireEvent.input(input, { target: { value: text } });
}

async function typeAndLeave(name: string, text: string): Promise<void> {
  await type(name, text);
  await fireEvent.blur(field(name));
}

const sent = (host: FakeHost): StudySpec[] =>
  host.calls.filter(({ method }) => method === 'study.update').map(({ params }) => (params as { spec: StudySpec }).spec);
const start = (): HTMLElement => screen.getByRole('button', { name: /Start study/ });

describe('Design, a parameter row', () => {
  it('saves a good edit as it is typed', async () => {
    const { host } = await design();
    await type('Highest Replicas', '16');
    await waitFor(() => expect(sent(host).at(-1)?.space[0]).toMatchObject({ name: 'replicas', high: 16 }));
  });

  it('leaves the field being typed in alone, then says under the row what would be accepted', async () => {
    const { host } = await design();
    await type('Lowest Replicas', '0');
    expect(screen.queryByText(/Lowest Replicas: 0 cannot be used/)).toBeNull();
    expect(start().getAttribute('aria-disabled')).toBe('true');
    await fireEvent.blur(field('Lowest Replicas'));
    expect(screen.getByText(/Lowest Replicas: 0 cannot be used. Accepted: at least 1/)).toBeTruthy();
    expect(field('Lowest Replicas').getAttribute('aria-invalid')).toBe('true');
    expect(sent(host)).toEqual([]);
  });

  it('repairs with one click', async () => {
    const { app, host } = await design();
    await typeAndLeave('Lowest Replicas', '0');
    await fireEvent.click(screen.getByRole('button', { name: 'Use 1' }));
    expect(field('Lowest Replicas').value).toBe('1');
    expect(app.draft!.faults).toEqual([]);
    expect(start().getAttribute('aria-disabled')).toBeNull();
    await app.draft!.flush();
    expect(sent(host)).toEqual([]);
  });

  it('shows a corrected fault gone at once', async () => {
    await design();
    await typeAndLeave('Highest Replicas', '99');
    expect(screen.getByText(/at most 64/)).toBeTruthy();
    await type('Highest Replicas', '9');
    expect(screen.queryByText(/at most 64/)).toBeNull();
  });

  it('says that a range is upside down', async () => {
    await design();
    await typeAndLeave('Lowest CPU per replica', '0.9');
    expect(screen.getByText(/Highest CPU per replica: 0.85 cannot be used. Accepted: a highest value of at least 0.9/)).toBeTruthy();
  });

  it('turns into one fixed value and back with its old range', async () => {
    const { app } = await design();
    await typeAndLeave('Highest Batch timeout', '5000');
    await fireEvent.click(screen.getByRole('switch', { name: 'Search Batch timeout' }));
    expect(app.draft!.value.fixed).toEqual({ batchTimeoutMicros: 1000 });
    expect(field('Value of Batch timeout').value).toBe('1,000');
    await fireEvent.click(screen.getByRole('switch', { name: 'Search Batch timeout' }));
    expect(field('Highest Batch timeout').value).toBe('5,000');
    expect(app.draft!.value.fixed).toEqual({});
  });

  it('keeps the GPU clock in its place with the reason', async () => {
    await design();
    const clock = screen.getByRole('switch', { name: 'Search GPU clock' });
    expect(clock.getAttribute('aria-disabled')).toBe('true');
    await fireEvent.click(clock);
    expect(clock.getAttribute('aria-checked')).toBe('false');
    expect(screen.getByText(/No NVIDIA GPU was found/)).toBeTruthy();
  });
});

describe('Design, undo', () => {
  it('takes back and repeats an edit, several key strokes in one field being one', async () => {
    await design();
    await type('Seed', '4');
    await type('Seed', '42');
    await fireEvent.blur(field('Seed'));
    await typeAndLeave('Concurrent requests (in flight)', '30');
    await fireEvent.click(screen.getByRole('button', { name: 'Undo' }));
    expect([field('Seed').value, field('Concurrent requests (in flight)').value]).toEqual(['42', '20']);
    await fireEvent.keyDown(window, { key: 'z', ctrlKey: true });
    await waitFor(() => expect(field('Seed').value).toBe('23'));
    expect(screen.getByRole('button', { name: 'Undo' }).getAttribute('aria-disabled')).toBe('true');
    await fireEvent.keyDown(window, { key: 'Z', ctrlKey: true, shiftKey: true });
    await waitFor(() => expect(field('Seed').value).toBe('42'));
    await fireEvent.click(screen.getByRole('button', { name: 'Redo' }));
    expect(field('Concurrent requests (in flight)').value).toBe('30');
  });

  it('reaches the sweep beside the form, value by value', async () => {
    const { app } = await design();
    const values = screen.getByRole('textbox', { name: 'Add to Values to go through' });
    for (const value of ['5', '10']) {
      await fireEvent.input(values, { target: { value } });
      await fireEvent.keyDown(values, { key: 'Enter' });
    }
    await fireEvent.click(screen.getByRole('switch', { name: 'Compare with random' }));
    expect([app.queue.values, app.queue.duel]).toEqual([[5, 10], true]);
    for (const after of [[[5, 10], false], [[5], false], [[], false]]) {
      await fireEvent.click(screen.getByRole('button', { name: 'Undo' }));
      expect([app.queue.values, app.queue.duel]).toEqual(after);
    }
    await fireEvent.click(screen.getByRole('button', { name: 'Redo' }));
    expect(app.queue.values).toEqual([5]);
  });

  it('does not reach back before a run', async () => {
    const { app, host } = await design();
    await typeAndLeave('Concurrent requests (in flight)', '30');
    await app.draft!.flush();
    host.emit(runStarted);
    await vi.waitFor(() => expect(app.study!.study.state).toBe('running'));
    expect(app.draft!.canUndo).toBe(false);
  });

  it('takes back what could not be used, too', async () => {
    const { app } = await design();
    await typeAndLeave('Seed', 'abc');
    expect(app.draft!.faults).toHaveLength(1);
    await fireEvent.click(screen.getByRole('button', { name: 'Undo' }));
    expect(field('Seed').value).toBe('23');
    expect(app.draft!.faults).toEqual([]);
  });
});

describe('Design, the rest of the form', () => {
  it('keeps the Bayesian part when the random part changes', async () => {
    const { app } = await design();
    await typeAndLeave('Random first (trials)', '10');
    expect(app.draft!.value.budget.trials).toBe(35);
    await typeAndLeave('Then Bayesian (trials)', '5');
    expect(app.draft!.value.budget.trials).toBe(15);
  });

  it('keeps both parts of the budget in sight while the random part is empty or wrong', async () => {
    const { app } = await design();
    for (const wrong of ['', '-5']) {
      await typeAndLeave('Random first (trials)', wrong);
      expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Then Bayesian (trials)' }).value).toBe('25');
    }
    await typeAndLeave('Random first (trials)', '10');
    expect(app.draft!.value.budget.trials).toBe(35);
  });

  it('reads seconds into milliseconds', async () => {
    const { app } = await design();
    await typeAndLeave('Give up after (s)', '2.5');
    expect(app.draft!.value.measurement.timeoutMs).toBe(2500);
    await typeAndLeave('Give up after (s)', '-5');
    expect(screen.getAllByText(/^Give up after \(s\): -5 cannot be used\. Accepted: at least 0\.01/).length).toBeGreaterThan(0);
  });

  it('jumps to the first field to fix', async () => {
    await design();
    await typeAndLeave('Items per request (images)', '0');
    await typeAndLeave('Seed', '-1');
    await fireEvent.click(screen.getByRole('button', { name: '2 fields to fix' }));
    expect(document.activeElement).toBe(field('Items per request (images)'));
  });

  it('says the plan: time, rules and the problem in a formula', async () => {
    await design();
    expect(await screen.findByText(/about \d+ min/)).toBeTruthy();
    expect(await screen.findByText('Replicas × CPU ≤ 7 cores')).toBeTruthy();
    expect(screen.getByText('−ART(N, C, M, B, T)')).toBeTruthy();
  });

  it('sends what is typed before it starts', async () => {
    const { app, host } = await design();
    await type('Seed', '7');
    await fireEvent.click(start());
    await waitFor(() => expect(app.screen).toBe('run'));
    const order = host.calls.map(({ method }) => method).filter((method) => /update|start/.test(method));
    expect(order).toEqual(['study.update', 'study.start']);
    expect(sent(host)[0]!.seed).toBe(7);
  });

  it('is locked while the study runs and says why', async () => {
    const { app, host } = await design();
    host.emit(runStarted);
    await vi.waitFor(() => expect(app.study!.study.state).toBe('running'));
    await waitFor(() => expect(screen.getAllByText(/Running. Stop, or make a new study from it./).length).toBeGreaterThan(0));
    expect(field('Seed').readOnly).toBe(true);
    expect(screen.getByRole('button', { name: /Go to Run/ })).toBeTruthy();
  });
});
