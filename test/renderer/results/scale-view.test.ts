import { fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { beforeEach, describe, expect, test } from 'vitest';
import { ServescapeError } from '../../../main/domain/errors.ts';
import type { ParamsOf } from '../../../main/contract/methods.ts';
import type { StreamSink } from '../../../main/contract/services.ts';
import type { ScaleUpdate } from '../../../main/domain/scale-level.ts';
import { createFakeHost } from '../fake-host.ts';
import { studyEvents } from '../fixtures/build-study.ts';
import { sampleLevels } from '../fixtures/scale-levels.ts';
import { showScreen } from '../with-app.ts';
import ScalePanel from './ScalePanel.svelte';

interface Asked {
  readonly params: ParamsOf<'scale.simulate'>;
  readonly sink: StreamSink<ScaleUpdate>;
  left: boolean;
}
let asked: Asked[] = [];
let refuse: ServescapeError | null = null;
beforeEach(() => {
  asked = [];
  refuse = null;
});

async function showView(): Promise<void> {
  const host = createFakeHost({
    overrides: {
      'scale.simulate': (params, sink, signal) => {
        if (refuse) throw refuse;
        const one: Asked = { params, sink, left: false };
        asked.push(one);
        signal.addEventListener('abort', () => void (one.left = true));
      },
    },
  });
  for (const event of studyEvents({ trials: 12, end: true }).slice(1)) host.emit(event, { skip: true });
  await showScreen(host, ScalePanel, (app) => app.open('/home/ada/mnist-lab.servescape'));
}
/** The fields are folded away until they are asked for. */
const openAssumptions = (): Promise<boolean> => fireEvent.click(within(view()).getByText('What is assumed'));
const view = (): HTMLElement => screen.getByRole('region', { name: 'Past this machine, simulated' });

describe('past this machine', () => {
  test('asks at once with what the best trial gives, and shows each step', async () => {
    await showView();
    await waitFor(() => expect(asked).toHaveLength(1));
    const [{ params, sink }] = asked as [Asked];
    expect(params).toMatchObject({ projectId: 'p1', studyId: 's1', assumptions: { machineCores: 7, levels: [10, 30, 100, 300, 1000, 3000, 10_000] } });
    sink.item({ kind: 'calibrated', trial: params.trial!, factor: 0.5, simulatedMs: 5, measuredMs: 5.01 });
    for (const level of sampleLevels()) sink.item({ kind: 'level', level });
    await waitFor(() => expect(within(view()).getByText(/Everything beyond that size is simulated, not measured/)).toBeTruthy());
    expect(within(view()).getByRole('row', { name: /^10 / }).textContent).toContain('The replicas are 100 % busy');
    sink.end();
    await waitFor(() => expect(within(view()).getByRole('row', { name: /^1,000 / }).textContent).toContain('One overlay network of Docker'));
    await waitFor(() => expect(within(view()).getByRole('button', { name: 'Simulate again' })).toBeTruthy());
    expect(within(view()).getAllByText('Simulated').length).toBeGreaterThan(1);
    expect(within(view()).getAllByRole('figure')).toHaveLength(2);
  });

  test('a changed assumption makes the figures old until they are simulated again', async () => {
    await showView();
    await waitFor(() => expect(asked).toHaveLength(1));
    asked[0]!.sink.item({ kind: 'level', level: sampleLevels()[0]! });
    asked[0]!.sink.end();
    await openAssumptions();
    const field = within(view()).getByRole('textbox', { name: 'Load generators' });
    await fireEvent.input(field, { target: { value: '4' } });
    await waitFor(() => expect(within(view()).getByText('These figures are of other assumptions.')).toBeTruthy());
    expect(within(view()).getByText('yours; otherwise 1.00')).toBeTruthy();
    await waitFor(() => fireEvent.click(within(view()).getByRole('button', { name: 'Simulate again' })));
    await waitFor(() => expect(asked[1]?.params.assumptions.generators).toBe(4));
    await fireEvent.click(within(view()).getByRole('button', { name: 'Stop simulating' }));
    await waitFor(() => expect(asked[1]!.left).toBe(true));
  });

  test('what cannot be used is refused at its field, and nothing is asked', async () => {
    await showView();
    await waitFor(() => expect(asked).toHaveLength(1));
    asked[0]!.sink.end();
    await openAssumptions();
    const field = within(view()).getByRole('textbox', { name: 'Cores of a machine (cores)' });
    await fireEvent.input(field, { target: { value: 'many' } });
    await waitFor(() => expect(field.getAttribute('aria-invalid')).toBe('true'));
    await waitFor(() => expect(within(view()).getByText('Accepted: a number')).toBeTruthy());
    expect(within(view()).getByRole('button', { name: 'Simulate' }).getAttribute('aria-disabled')).toBe('true');
    await fireEvent.input(field, { target: { value: '0' } });
    await waitFor(() => expect(within(view()).getByText('Accepted: at least 1')).toBeTruthy());
    expect(asked).toHaveLength(1);
  });

  test('a refusal of the host is said in words', async () => {
    refuse = new ServescapeError('conflict', 'A study is running.', { hint: 'Simulate when it has ended.' });
    await showView();
    await waitFor(() => expect(within(view()).getByRole('alert').textContent).toBe('A study is running. Simulate when it has ended.'));
  });
});
