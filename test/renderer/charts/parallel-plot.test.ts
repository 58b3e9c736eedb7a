import { fireEvent, render, screen } from '@testing-library/svelte';
import { expect, test, vi } from 'vitest';

vi.mock('../../../renderer/charts/draw/panel-drawer.ts', () => ({
  createPanelDrawer: () => ({ show() {}, nearest: () => null, place: () => ({ x: 0, y: 0 }), size: () => ({ width: 600, height: 200 }), area: () => ({ left: 40, top: 20, width: 500, height: 160 }), destroy() {} }),
}));
const { default: ParallelPlot } = await import('../../../renderer/charts/ParallelPlot.svelte');
const { buildStudy } = await import('../fixtures/build-study.ts');

test('ranges are set, moved and cleared by keyboard, one axis in the tab order', async () => {
  const study = buildStudy({ trials: 20, end: true });
  const onbrush = vi.fn();
  render(ParallelPlot, { study, trials: study.trials, brushes: [{ axis: 'replicas', low: 2, high: 5 }], onbrush, selected: null, onselect: () => undefined, onopen: () => undefined });
  const low = await screen.findByRole('slider', { name: 'Replicas, lowest in focus' });
  expect([low.getAttribute('aria-valuenow'), low.getAttribute('aria-valuetext')]).toEqual(['2', 'Replicas 2']);
  await fireEvent.keyDown(low, { key: 'ArrowUp' });
  expect(onbrush).toHaveBeenLastCalledWith('replicas', { low: 3, high: 5 });
  await fireEvent.keyDown(screen.getByRole('slider', { name: 'Replicas, highest in focus' }), { key: 'Home' });
  expect(onbrush).toHaveBeenLastCalledWith('replicas', { low: 2, high: 2 });
  await fireEvent.keyDown(low, { key: 'Delete' });
  expect(onbrush).toHaveBeenLastCalledWith('replicas', null);
  await fireEvent.keyDown(low, { key: 'ArrowRight' });
  expect(document.activeElement?.getAttribute('aria-label')).toBe('CPU per replica, lowest in focus');
  expect(screen.getAllByRole('slider').filter(({ tabIndex }) => tabIndex === 0)).toHaveLength(2);
});
