import { describe, expect, test } from 'vitest';
import { isOutside, legendOf, marksOf, shownTable, type Annotation } from '../../../renderer/charts/chart-value.ts';
import { filterTrials, isFiltered, NO_FILTER, outsideOf, withBrush } from '../../../renderer/charts/filter.ts';
import { hypervolumeChart } from '../../../renderer/charts/hypervolume-chart.ts';
import { parallelChart } from '../../../renderer/charts/parallel-chart.ts';
import { brushRange, brushText, heightOf, trialAxes, valueAt } from '../../../renderer/charts/trial-axes.ts';
import { buildStudy } from '../fixtures/build-study.ts';

const study = buildStudy({ trials: 50, failEvery: 9, end: true });
const axes = trialAxes(study);
const of = <K extends Annotation['kind']>(annotations: readonly Annotation[], kind: K): readonly (Annotation & { kind: K })[] => annotations.filter((one): one is Annotation & { kind: K } => one.kind === kind);

describe('parallel coordinates', () => {
  const chart = parallelChart(study);
  test('an axis a parameter and a measured value, each with its unit and its own ends', () => {
    expect(of(chart.panels[0]!.annotations, 'scale').map(({ title }) => title)).toEqual([
      'Replicas', 'CPU per replica (cores)', 'Memory per replica (MB)', 'Max batch size (items, log)', 'Batch timeout (µs, log)', 'Mean round trip (ms, log)', 'CPU in use (cores)',
    ]);
    expect(of(chart.panels[0]!.annotations, 'scale')[1]!.ticks.map(({ text }) => text)).toEqual(['0.2', '0.5', '1', '1.5']);
    expect(new Set(axes.map(({ key }) => key)).size).toBe(axes.length);
  });
  test('a line a measured trial; a failed one ends before what was measured and has no value', () => {
    const threads = chart.panels[0]!.series.flatMap((series) => (series.kind === 'threads' ? series.threads.map((thread) => ({ role: series.role, thread })) : []));
    expect(threads).toHaveLength(50);
    for (const { role, thread } of threads) expect(thread.points).toHaveLength(role === 'failed' ? 5 : 7);
    expect(chart.panels[0]!.rug.marks).toHaveLength(5);
    expect(chart.panels[0]!.rug.text).toBe('5 failed');
    expect(legendOf(chart).map(({ role }) => role)).toEqual(['failed', 'random', 'bayes', 'best']);
    expect(chart.table().rows).toHaveLength(50);
    expect(marksOf(chart.panels[0]!)).toHaveLength(50);
  });
});

describe('a brush', () => {
  const filter = withBrush(NO_FILTER, 'cpuCores', { low: 0.8, high: 1.32 });
  test('dims what is outside it in every chart and its table, removes nothing', () => {
    expect(filterTrials(study, filter)).toHaveLength(50);
    const outside = outsideOf(study, filter)!;
    expect(outside.size).toBe(study.trials.filter(({ configuration }) => Number(configuration['cpuCores']) < 0.8 || Number(configuration['cpuCores']) > 1.32).length);
    const chart = { ...hypervolumeChart(study), outside };
    expect(shownTable(chart).rows.length).toBe(study.trials.filter(({ value, number }) => value !== null && !outside.has(number)).length);
    expect(marksOf(chart.panels[0]!).some((mark) => isOutside(chart, mark))).toBe(true);
  });
  test('of a measured value leaves out what has none', () => {
    const outside = outsideOf(study, withBrush(NO_FILTER, 'objective', { low: 0, high: 1e9 }))!;
    expect([...outside]).toEqual(study.trials.filter(({ state }) => state === 'failed').map(({ number }) => number));
  });
  test('is one per axis, counts as a filter and goes away', () => {
    expect(withBrush(filter, 'cpuCores', { low: 1, high: 1.1 }).brushes).toEqual([{ axis: 'cpuCores', low: 1, high: 1.1 }]);
    expect([isFiltered(filter), isFiltered(withBrush(filter, 'cpuCores', null))]).toEqual([true, false]);
    expect(outsideOf(study, NO_FILTER)).toBeNull();
    expect(outsideOf(study, withBrush(NO_FILTER, 'unknown', { low: 0, high: 1 }))).toBeNull();
  });
  test('takes in whole values of a list, the nearest where it holds none', () => {
    const batch = axes.find(({ key }) => key === 'maxBatchSize')!;
    expect(brushRange(batch, heightOf(batch.axis, 7), heightOf(batch.axis, 40))).toEqual({ low: 8, high: 32 });
    expect(brushRange(batch, heightOf(batch.axis, 20), heightOf(batch.axis, 18))).toEqual({ low: 16, high: 16 });
    expect(brushText(batch, { low: 8, high: 32 })).toBe('Max batch size 8–32 items');
    for (const { axis } of axes) expect(valueAt(axis, heightOf(axis, axis.max * 0.5))).toBeCloseTo(Math.max(axis.max * 0.5, axis.min), 6);
  });
});
