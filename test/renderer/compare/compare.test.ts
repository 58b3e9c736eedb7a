import { screen } from '@testing-library/svelte';
import { expect, test } from 'vitest';
import CompareScreen from '../../../renderer/compare/CompareScreen.svelte';
import { finishedStudies, sampleSweep } from '../../domain/sweep-samples.ts';
import { createFakeHost } from '../fake-host.ts';
import { showScreen } from '../with-app.ts';

const open = async (app: { open(path: string): Promise<void> }): Promise<void> => app.open('/home/ada/mnist-lab.servescape');

test('without a sweep it says how to make one', async () => {
  await showScreen(createFakeHost(), CompareScreen, open);
  expect(screen.getByText('Nothing to compare yet')).toBeTruthy();
  expect(screen.getByRole('button', { name: 'Go to Design' })).toBeTruthy();
});

test('a finished duel: verdict, Table 1 with units, three claims, and that it is simulated', async () => {
  const sweep = sampleSweep();
  const studies = finishedStudies(sweep, (value, side) => (1 + 0.2 * value) * (side === 'bayes' ? 0.9 : 1), 0.001);
  const host = createFakeHost({
    overrides: {
      'sweep.list': async () => [sweep],
      'sweep.watch': (_params, sink) => sink.item({ kind: 'snapshot', sweep, studies }),
      'trial.roundTrips': async () => ({ total: 3, points: [[0, 1, 0, 0, 0], [1, 2, 0, 0, 0], [2, 3, 0, 0, 0]], faults: {} }),
    },
  });
  await showScreen(host, CompareScreen, open);
  expect(screen.getByRole('region', { name: 'Outcome' }).textContent).toContain('4 of 4 concurrency levels');
  expect(screen.getByText('Simulated')).toBeTruthy();
  expect(screen.getByRole('columnheader', { name: 'CPU (cores)' })).toBeTruthy();
  expect(screen.getByText('Bayesian search beats random in all 4 scenarios').parentElement!.textContent).toContain('Supported.');
  expect(screen.getAllByRole('figure').length).toBeGreaterThanOrEqual(5);
});
