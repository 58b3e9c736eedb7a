import { describe, expect, test } from 'vitest';
import { axisTitle, marksOf } from '../../../renderer/charts/chart-value.ts';
import { edfChart } from '../../../renderer/charts/edf-chart.ts';
import { importanceChart } from '../../../renderer/charts/importance-chart.ts';
import { modelCheckChart } from '../../../renderer/charts/model-check-chart.ts';
import { resourceUseChart, waitingChart } from '../../../renderer/charts/resources-chart.ts';
import { throughputChart } from '../../../renderer/charts/throughput-chart.ts';
import { finishedStudies, sampleSweep } from '../../domain/sweep-samples.ts';

const study = finishedStudies(sampleSweep(), () => 4)[1]!;

describe('figures of one study', () => {
  test('share of trials: a staircase to 100 % for each sampler, every trial a mark', () => {
    const chart = edfChart(study);
    expect(marksOf(chart.panels[0]!)).toHaveLength(6);
    for (const series of chart.panels[0]!.series) if (series.kind === 'line') expect(series.points.at(-1)!.y).toBe(100);
    expect([axisTitle(chart.x), axisTitle(chart.panels[0]!.y)]).toEqual(['Mean round trip (ms)', 'Trials at most this (%)']);
  });
  test('what matters: the largest first, with its interval', () => {
    const chart = importanceChart([{ parameter: 'memoryMb', main: 0, total: 0.02, totalLow: 0, totalHigh: 0.05 }, { parameter: 'replicas', main: 0.4, total: 0.6, totalLow: 0.5, totalHigh: 0.7 }]);
    const bars = chart.panels[0]!.annotations.flatMap((one) => (one.kind === 'bar' ? [[one.to, one.low, one.high]] : []));
    expect(bars).toEqual([[60, 50, 70], [2, 0, 5]]);
    expect(axisTitle(chart.x)).toBe('Share of variation explained (%)');
    expect(chart.table().rows[0]![0]).toBe('Replicas');
  });
  test('model check: prediction against measurement with its interval and the diagonal', () => {
    const chart = modelCheckChart(study, { trials: [{ trial: 1, observed: 4, mean: 5, low: 3, high: 7 }, { trial: 2, observed: 9, mean: 8, low: 6, high: 11 }], coverage: 1, skill: 0.8 });
    expect(chart.panels[0]!.series[0]!.kind).toBe('line');
    expect(marksOf(chart.panels[0]!).map(({ x, y, low, high }) => [x, y, low, high])).toEqual([[4, 5, 3, 7], [9, 8, 6, 11]]);
    expect(chart.finding).toBe('100 % inside their 95 % interval');
  });
  test('throughput against latency with the limit the study asks for', () => {
    expect(throughputChart(study).finding).toBe('the study sets no limit');
    const limited = { ...study, spec: { ...study.spec, objective: { ...study.spec.objective, constraints: [{ metric: 'p99Ms' as const, relation: 'at-most' as const, bound: 7 }] } } };
    const chart = throughputChart(limited);
    expect(chart.finding).toBe('1 of 6 within the limit');
    expect(chart.panels[0]!.annotations).toMatchObject([{ kind: 'horizontal', y: 7, text: 'limit 7.00 ms' }]);
  });
  test('resources: one panel a figure with its unit; what was not observed is said, not drawn as zero', () => {
    expect(resourceUseChart(study).panels.map(({ title, y }) => [title, y.unit])).toEqual([['CPU in use', 'cores'], ['Peak memory of a replica', 'MB']]);
    const chart = waitingChart(study);
    expect(marksOf(chart.panels[0]!).map(({ y }) => Math.round(y))).toEqual(Array(6).fill(10));
    expect(marksOf(chart.panels[1]!)).toEqual([]);
    expect(chart.finding).toBe('not observed: waiting in the server, batch the server ran');
  });
});
