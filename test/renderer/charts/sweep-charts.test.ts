import { describe, expect, test } from 'vitest';
import { compareSweep } from '../../../main/domain/comparison.ts';
import { axisTitle, legendOf, marksOf, type ChartValue } from '../../../renderer/charts/chart-value.ts';
import { bestOfEachChart } from '../../../renderer/charts/best-of-each-chart.ts';
import { duelHistoryChart } from '../../../renderer/charts/duel-history-chart.ts';
import { gainTrendChart } from '../../../renderer/charts/gain-trend-chart.ts';
import { meanByLevelChart } from '../../../renderer/charts/mean-by-level-chart.ts';
import { boxOf, spreadChart } from '../../../renderer/charts/spread-chart.ts';
import { finishedStudies, sampleSweep } from '../../domain/sweep-samples.ts';

const sweep = sampleSweep();
const studies = finishedStudies(sweep, (value, side) => (1 + 0.2 * value) * (side === 'bayes' ? 1 - value / 100 : 1), 0.001);
const comparison = compareSweep(sweep, studies);
const kinds = (chart: ChartValue, panel = 0): string[] => chart.panels[panel]!.series.map(({ kind, role }) => `${kind} ${role}`);
const words = (chart: ChartValue): string => chart.panels.flatMap(({ annotations }) => annotations.map((one) => ('text' in one ? one.text : ''))).join('; ');

describe('mean by concurrency (Fig 4)', () => {
  const chart = meanByLevelChart(sweep, comparison);
  test('a mark a level with its interval, the line and R², CPU on the same axis below', () => {
    expect(marksOf(chart.panels[0]!).map(({ x }) => x)).toEqual([1, 5, 10, 20]);
    expect(marksOf(chart.panels[0]!).every(({ low, high, y }) => low! < y && high! > y)).toBe(true);
    expect(kinds(chart)).toEqual(['line neutral', 'points bayes']);
    expect(words(chart)).toMatch(/R² = 0\.9\d\d/);
    expect(chart.panels[1]!.series.map(({ role }) => role)).toEqual(['neutral', 'neutral']);
    expect(chart.panels[0]!.y.min).toBe(0);
  });
  test('units on every axis, a legend, a table', () => {
    expect(chart.panels.map(({ y }) => axisTitle(y))).toEqual(['Mean round trip (ms)', 'CPU in use, all replicas (cores)']);
    expect(axisTitle(chart.x)).toBe('Concurrent requests');
    expect(legendOf(chart).map(({ text }) => text)).toEqual(['best of Bayesian search', 'CPU in use']);
    expect(chart.table().rows).toHaveLength(4);
    expect(chart.describe(marksOf(chart.panels[0]!)[3]!).title).toBe('20 concurrent');
  });
});

describe('best of each and gain trend (Fig 6)', () => {
  test('random and Bayesian in their own colours, the change as a label', () => {
    const chart = bestOfEachChart(sweep, comparison);
    expect(legendOf(chart)).toEqual([{ role: 'random', text: 'Random' }, { role: 'bayes', text: 'Bayesian' }]);
    expect(marksOf(chart.panels[0]!)).toHaveLength(8);
    expect(words(chart)).toContain('−20 %');
    expect(axisTitle(chart.panels[0]!.y)).toBe('Best mean round trip (ms)');
  });
  test('gains with intervals about a line with its band; zero is drawn', () => {
    const chart = gainTrendChart(sweep, comparison);
    expect(kinds(chart)).toEqual(['band neutral', 'line neutral', 'points bayes', 'points bayes']);
    expect(marksOf(chart.panels[0]!).map(({ y }) => Math.round(y))).toEqual([1, 5, 10, 20]);
    expect(words(chart)).toContain('+1.00 points per request');
    expect(chart.panels[0]!.annotations.some((one) => one.kind === 'horizontal' && one.y === 0)).toBe(true);
    expect(axisTitle(chart.panels[0]!.y)).toBe('Gain of Bayesian over random (%)');
  });
  test('a gain whose interval includes zero is hollow', () => {
    const unsure = compareSweep(sweep, finishedStudies(sweep, (_value, side) => (side === 'bayes' ? 0.99 : 1), 0.2));
    const series = gainTrendChart(sweep, unsure).panels[0]!.series.filter(({ kind }) => kind === 'points');
    expect(series.map((one) => (one.kind === 'points' ? [one.hollow, one.marks.length] : []))).toEqual([[false, 0], [true, 4]]);
  });
});

describe('best so far of both', () => {
  test('two stepped lines with their last value, a band over several seeds', () => {
    const chart = duelHistoryChart(sweep, comparison, comparison.levels[3]!);
    expect(kinds(chart)).toEqual(['line random', 'points random', 'line bayes', 'points bayes']);
    expect(words(chart)).toMatch(/Random 5\.00.*Bayesian 4\.00/);
    expect(chart.table().rows).toHaveLength(6);
    const many = sampleSweep({ repeats: 3 });
    const seeds = compareSweep(many, finishedStudies(many, (value, _side, repeat) => value + repeat));
    expect(kinds(duelHistoryChart(many, seeds, seeds.levels[0]!))[0]).toBe('band random');
  });
});

describe('spread (Fig 7)', () => {
  const ms = [1, 2, 3, 4, 5, 6, 7, 8, 9, 100];
  test('Tukey boxes: quartiles, whiskers within 1.5 lengths, the rest outliers', () => {
    expect(boxOf(ms)).toEqual({ low: 1, q1: 3.25, median: 5.5, q3: 7.75, high: 9, outliers: [100] });
  });
  test('a box a run in its role; outliers beyond the axis are counted in words', () => {
    const chart = spreadChart([{ role: 'bayes', label: 'Bayesian, best run', detail: '5 concurrent', ms }, { role: 'random', label: 'Random, best run', detail: '5 concurrent', ms: ms.map((value) => value * 2) }]);
    const boxes = chart.panels[0]!.annotations.filter(({ kind }) => kind === 'box');
    expect(boxes.map((box) => (box.kind === 'box' ? [box.role, box.median] : []))).toEqual([['bayes', 5.5], ['random', 11]]);
    expect(chart.finding).toContain('2 outliers beyond');
    expect(axisTitle(chart.x)).toBe('Round trip (ms)');
    expect(chart.table().rows[0]!.slice(1, 6)).toEqual([1, 3.25, 5.5, 7.75, 9]);
  });
});

describe('sweeps of one parameter and of the network', () => {
  test('say what is varied with its unit', () => {
    const loss = sampleSweep({ duel: false, vary: { kind: 'network', field: 'lossPercent', values: [0, 1, 2, 5] } });
    const chart = meanByLevelChart(loss, compareSweep(loss, finishedStudies(loss, (value) => 2 + value)));
    expect([chart.title, axisTitle(chart.x)]).toEqual(['Best by lost messages', 'Lost messages (%)']);
    expect(chart.finding).toBe('R² = 1.000 over 4 levels');
    const replicas = sampleSweep({ duel: false, vary: { kind: 'knob', knob: 'replicas', values: [1, 2, 4, 8] } });
    expect(axisTitle(meanByLevelChart(replicas, compareSweep(replicas, finishedStudies(replicas, (value) => 9 - value))).x)).toBe('Replicas');
  });
});
