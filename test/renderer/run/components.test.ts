import { fireEvent, render, screen, within } from '@testing-library/svelte';
import { cleanup } from '@testing-library/svelte';
import { afterEach, describe, expect, test } from 'vitest';
import ProgressHeader from '../../../renderer/run/ProgressHeader.svelte';
import TrialList from '../../../renderer/run/TrialList.svelte';
import Architecture from '../../../renderer/run/Architecture.svelte';
import BestCard from '../../../renderer/results/BestCard.svelte';
import FilterBar from '../../../renderer/results/FilterBar.svelte';
import NothingMeasured from '../../../renderer/results/NothingMeasured.svelte';
import TrialsTable from '../../../renderer/results/TrialsTable.svelte';
import ChartTable from '../../../renderer/charts/ChartTable.svelte';
import { historyChart } from '../../../renderer/charts/history-chart.ts';
import { countTrials, NO_FILTER, type Filter } from '../../../renderer/charts/filter.ts';
import { bestTrial } from '../../../main/domain/study.ts';
import { buildStudy } from '../fixtures/build-study.ts';

/** jsdom has no layout, so nothing is ever resized. */
class StillObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
globalThis.ResizeObserver ??= StillObserver;

afterEach(cleanup);
const running = buildStudy({ trials: 33, failEvery: 9, running: true });
const none = (): void => undefined;

describe('progress header', () => {
  test('title, time, bar with its value in words, best so far', async () => {
    let chosen = false;
    const { container } = render(ProgressHeader, { study: running, run: { secondsLeft: 100, secondsGone: 190, activity: 'trial', largestExpectedGain: null }, live: null, onbest: () => (chosen = true) });
    expect(screen.getByRole('heading', { name: 'Trial 34 of 50' })).toBeTruthy();
    expect(container.textContent).toContain('1 min 40 s left, 3 min 10 s gone');
    const bar = screen.getByRole('progressbar', { name: 'Trials finished' });
    expect(bar.getAttribute('aria-valuenow')).toBe('33');
    expect(bar.getAttribute('aria-valuetext')).toBe('33 of 50 trials finished, Bayesian search, 9 of 25');
    expect(bar.querySelectorAll('i.failed')).toHaveLength(3);
    await fireEvent.click(screen.getByRole('button', { name: /Best so far, trial/ }));
    expect(chosen).toBe(true);
  });

  test('from 200 trials on one continuous bar', () => {
    const { container } = render(ProgressHeader, { study: buildStudy({ trials: 60, budget: 300 }), run: null, live: null, onbest: none });
    expect(container.querySelectorAll('.progbar i')).toHaveLength(1);
    expect(container.querySelector<HTMLElement>('.whole b')!.style.width).toBe('20%');
  });
});

describe('trial list', () => {
  const rowsOf = (): HTMLElement[] => screen.getAllByRole('row').slice(1);

  test('newest first, selection shared, the best and the failed marked in words', () => {
    render(TrialList, { study: running, selected: 31, runningValue: 5.53, onselect: none, onopen: none });
    const rows = rowsOf();
    expect(within(rows[0]!).getByText('measuring')).toBeTruthy();
    expect(rows[0]!.textContent).toContain('5.53');
    expect(rows.find((row) => row.id === 'trial-row-31')!.getAttribute('aria-selected')).toBe('true');
    expect(rows.find((row) => row.id === `trial-row-${running.incumbent}`)!.textContent).toContain('best,');
    expect(screen.getByText(/0\.22 cores are too few/)).toBeTruthy();
    expect(screen.getByRole('columnheader', { name: '(N, C, M, B, T)' })).toBeTruthy();
  });

  test('arrow keys select, Enter opens, a click selects', async () => {
    const selected: number[] = [];
    const opened: number[] = [];
    render(TrialList, { study: running, selected: 31, onselect: (trial: number) => void selected.push(trial), onopen: (trial: number) => void opened.push(trial) });
    const grid = screen.getByRole('grid');
    await fireEvent.keyDown(grid, { key: 'ArrowDown' });
    await fireEvent.keyDown(grid, { key: 'ArrowUp' });
    await fireEvent.keyDown(grid, { key: 'End' });
    await fireEvent.keyDown(grid, { key: 'Enter' });
    await fireEvent.click(rowsOf()[3]!);
    expect(selected).toEqual([30, 32, 1, 31]);
    expect(opened).toEqual([31]);
  });

  test('ten thousand trials draw only what fits', () => {
    render(TrialList, { study: buildStudy({ trials: 10_000, budget: 10_000, startupTrials: 5000 }), selected: null, onselect: none, onopen: none });
    expect(rowsOf().length).toBeLessThan(100);
    expect(screen.getByRole('grid').getAttribute('aria-rowcount')).toBe('10001');
  });
});

test('the architecture says phase and state of every replica', () => {
  const trial = running.trials[33]!;
  render(Architecture, {
    study: running, trial, run: null, onopen: none,
    live: { trial: 34, stage: 'loading', seconds: { deploy: 1.2 }, finished: 1912, planned: 3413, failed: 0, meanMs: null, halfWidthMs: null, throughputRps: 3610, lagMs: 0.03, trips: [], replicas: Array.from({ length: 64 }, () => ({ state: 'ready' as const, waiting: 4, cpuCores: 0.9, memoryMb: 141 })) },
  });
  expect(screen.getByText('Loading 56 %')).toBeTruthy();
  expect(screen.getByText(/3,610 requests\/s/)).toBeTruthy();
  expect(screen.getAllByRole('group', { name: /^Replica \d/ })).toHaveLength(Number(trial.configuration['replicas']));
  expect(screen.getByRole('group', { name: /^Replica 1, 4 waiting, CPU 0\.90 of/ })).toBeTruthy();
});

describe('results', () => {
  const done = buildStudy({ trials: 50, failEvery: 9, end: true });

  test('the card says the answer, what goes with it, and why', () => {
    render(BestCard, { study: done, best: bestTrial(done)!, onopen: none, oncopy: none, onselect: none, ondeploy: none });
    const card = screen.getByRole('region', { name: new RegExp(`Best configuration, trial ${done.incumbent}`) });
    expect(card.textContent).toMatch(/[\d.]+ ms ± [\d.]+/);
    expect(card.textContent).toContain('requests/s');
    expect(card.textContent).toMatch(/than the best random trial|drawn at random|Too close to call/);
  });

  test('chips toggle and Reset brings all back', async () => {
    const filters: Filter[] = [];
    render(FilterBar, { filter: { ...NO_FILTER, failed: false }, counts: countTrials(done), inFocus: 45, onchange: (filter: Filter) => void filters.push(filter) });
    expect(screen.getByRole('button', { name: 'Failed 5' }).getAttribute('aria-pressed')).toBe('false');
    await fireEvent.click(screen.getByRole('button', { name: /Random/ }));
    await fireEvent.click(screen.getByRole('button', { name: 'Reset' }));
    expect(filters).toEqual([{ ...NO_FILTER, failed: false, random: false }, NO_FILTER]);
  });

  test('a study in which nothing succeeded is still a report', () => {
    render(NothingMeasured, { study: buildStudy({ trials: 12, failEvery: 1, end: true }), onopen: none, ondesign: none, onrun: none, onnew: none });
    expect(screen.getByRole('heading', { name: 'None of the 12 trials gave a number' })).toBeTruthy();
    expect(screen.getByText('6 not ready, 6 no memory', { exact: false })).toBeTruthy();
  });

  test('the table sorts by any column, missing values last', async () => {
    const { container } = render(TrialsTable, { study: done, trials: done.trials, selected: null, onselect: none, onopen: none });
    await fireEvent.click(screen.getByRole('button', { name: 'Mean round trip (ms)' }));
    expect(container.querySelector('tbody tr td button')!.textContent).toBe(String(done.incumbent));
  });

  test('the table twin of a chart is a real table', () => {
    render(ChartTable, { table: historyChart(done).table(), label: 'Search history' });
    expect(screen.getAllByRole('row')).toHaveLength(51);
    expect(screen.getByRole('columnheader', { name: 'Mean round trip (ms)' })).toBeTruthy();
  });
});
