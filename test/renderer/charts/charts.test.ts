import { describe, expect, test } from 'vitest';
import { historyChart, bestSoFar } from '../../../renderer/charts/history-chart.ts';
import { legendOf, marksOf, spoken, axisTitle } from '../../../renderer/charts/chart-value.ts';
import { objectiveScale } from '../../../renderer/charts/objective-scale.ts';
import { firstRequestsChart, roundTripsChart, type RoundTripsInput } from '../../../renderer/charts/round-trips-chart.ts';
import { paretoChart, paretoFront } from '../../../renderer/charts/pareto-chart.ts';
import { drawPoints, type Points } from '../../../renderer/charts/draw/points.ts';
import type { Chart } from 'chart.js';
import { surrogateChart } from '../../../renderer/charts/surrogate-chart.ts';
import { buildStudy } from '../fixtures/build-study.ts';
import type { ChartColours } from '../../../renderer/charts/draw/colours.ts';
import type { Series } from '../../../renderer/charts/chart-value.ts';

const study = buildStudy({ trials: 50, failEvery: 9, end: true });
const points = (series: readonly Series[], role: string) => series.flatMap((one) => (one.kind === 'points' && one.role === role ? one.marks : []));

describe('search history', () => {
  const chart = historyChart(study);
  const { series, rug, annotations } = chart.panels[0]!;

  test('every measured trial is one mark of its sampler, the best a star', () => {
    expect(points(series, 'best').map(({ trial }) => trial)).toEqual([study.incumbent]);
    const all = [...points(series, 'random'), ...points(series, 'bayes'), ...points(series, 'best')];
    expect(all.map(({ trial }) => trial).sort((a, b) => a! - b!)).toEqual(study.trials.filter(({ value }) => value !== null).map(({ number }) => number));
    expect(points(series, 'random').every(({ x }) => x <= 25)).toBe(true);
    expect(points(series, 'bayes').every(({ x }) => x > 25)).toBe(true);
  });

  test('failed trials are ticks in the rug, never values', () => {
    expect(rug.marks.map(({ trial }) => trial)).toEqual([9, 18, 27, 36, 45]);
    expect(rug.text).toBe('5 failed');
    expect(chart.describe(rug.marks[0]!).lines.join(' ')).toContain('not ready within 60 s');
  });

  test('says units, phases, legend and finding', () => {
    expect(axisTitle(chart.panels[0]!.y)).toBe('Mean round trip (ms, log scale)');
    expect(chart.finding).toBe('50 finished, 5 failed');
    expect(legendOf(chart).map(({ text }) => text)).toEqual(['random', 'Bayesian', 'best', 'failed']);
    const texts = annotations.flatMap((one) => ('text' in one ? [one.text] : []));
    expect(texts).toContain('Random, 25');
    expect(texts).toContain('Bayesian, 25');
    expect(chart.name).toMatch(/^Search history\. Best so far [\d.]+ ms at trial \d+; 50 finished, 5 failed\.$/);
  });

  test('best so far only falls and reaches the last trial', () => {
    const line = bestSoFar(study, study.trials, objectiveScale(study));
    expect(line.every(({ y }, i) => i === 0 || y <= line[i - 1]!.y)).toBe(true);
    expect(line[line.length - 1]).toEqual({ x: 50, y: study.trials[study.incumbent! - 1]!.value });
  });

  test('the table twin has a row per trial and no value for a failed one', () => {
    const { head, rows } = chart.table();
    expect(head[3]).toBe('Mean round trip (ms)');
    expect(rows).toHaveLength(50);
    expect(rows[8]![3]).toBeNull();
  });

  test('a mark says value with interval, configuration and formula', () => {
    const mark = points(series, 'best')[0]!;
    const text = chart.describe(mark);
    expect(spoken(text)).toMatch(/^Trial \d+, (random|Bayesian), (valid|unstable)\. \(\d, \d\.\d\d, \d+, \d+, [\d.]+\)\. [\d.]+ ± [\d.]+ ms, 3,\d\d\d requests, 0 errors$/);
    expect(text.formula[1]).toMatch(/ms ÷ 3,\d+ = [\d.]+ ms, \d+ first requests left out$/);
    expect(mark.low).toBeLessThan(mark.y);
  });

  test('an empty, a one-trial and a running study are drawn too', () => {
    expect(marksOf(historyChart(buildStudy({ trials: 0 })).panels[0]!)).toEqual([]);
    expect(marksOf(historyChart(buildStudy({ trials: 1 })).panels[0]!)).toHaveLength(1);
    const running = historyChart(buildStudy({ trials: 33, running: true })).panels[0]!.annotations;
    expect(running.some((one) => one.kind === 'vertical' && one.text === '34, measuring')).toBe(true);
    expect(running.some((one) => one.kind === 'region' && one.fill === 'future')).toBe(true);
  });
});

describe('round trips', () => {
  const input: RoundTripsInput = {
    trial: 34, origin: 'bayes', planned: 100, finished: 6, errors: 1, meanMs: 5, halfWidthMs: 0.06, excludeFirst: 2, clusters: [], live: true,
    trips: { index: [0, 1, 2, 3, 4, 5], ms: [40, 30, 5, 5, 5, 10_000], excluded: [1, 1, 0, 0, 0, 0], failed: [0, 0, 0, 0, 0, 1] },
  };
  const chart = roundTripsChart(input);
  const panel = chart.panels[0]!;

  test('left-out ones are hollow, failed ones in the rug and out of the axis', () => {
    const hollow = panel.series.filter((one) => one.kind === 'points' && one.hollow);
    expect(points(hollow, 'neutral').map(({ x }) => x)).toEqual([0, 1]);
    expect(points(panel.series, 'bayes').map(({ x }) => x)).toEqual([2, 3, 4]);
    expect(panel.rug.marks.map(({ x }) => x)).toEqual([5]);
    expect(panel.y.max).toBeLessThan(100);
    expect(panel.y.min).toBe(0);
  });

  test('says how far it is, and the mean with interval', () => {
    expect(chart.finding).toBe('6 of 100 requests, 1 error');
    expect(panel.annotations.some((one) => 'text' in one && one.text === 'mean 5.00 ± 0.06')).toBe(true);
  });

  test('with and without the first requests', () => {
    const twins = firstRequestsChart(input);
    expect(twins.panels).toHaveLength(2);
    expect(twins.finding).toBe('leaving out 2 moves the mean from 17.0 ms to 5.00 ms');
    expect(marksOf(twins.panels[0]!)).toHaveLength(5);
    expect(marksOf(twins.panels[1]!)).toHaveLength(3);
  });

  test('stragglers stand at the upper edge, are counted, and keep their value', () => {
    const ms = Array.from({ length: 200 }, (_, i) => (i === 150 ? 900 : 5 + (i % 10)));
    const flags = ms.map(() => 0 as const);
    const slow = roundTripsChart({ ...input, trips: { index: ms.map((_, i) => i), ms, excluded: flags, failed: flags }, planned: 200, finished: 200, live: false });
    const { y, series, annotations } = slow.panels[0]!;
    expect(y.max).toBeLessThan(50);
    expect(annotations.some((one) => 'text' in one && one.text === '1 above, up to 900 ms')).toBe(true);
    const top = points(series, 'bayes').find(({ index }) => index === 150)!;
    expect(top.y).toBe(y.max);
    expect(slow.describe(top).lines[0]).toBe('900 ms');
    expect(slow.table().rows[150]![1]).toBe(900);
  });

  test('clusters are bracketed with their share', () => {
    const bracketed = roundTripsChart({ ...input, clusters: [{ low: 1, high: 2, centre: 1.5, count: 34, share: 0.34 }, { low: 3, high: 4, centre: 3.5, count: 66, share: 0.66 }] });
    const texts = bracketed.panels[0]!.annotations.flatMap((one) => (one.kind === 'bracket' ? [one.text] : []));
    expect(texts).toEqual(['A 34 %', 'B 66 %']);
  });
});

describe('latency against CPU', () => {
  test('the front holds what no other beats in both', () => {
    const all = [{ x: 1, y: 5 }, { x: 2, y: 3 }, { x: 3, y: 4 }, { x: 4, y: 1 }, { x: 1, y: 6 }];
    expect(paretoFront(all)).toEqual([{ x: 1, y: 5 }, { x: 2, y: 3 }, { x: 4, y: 1 }]);
  });

  test('units on both axes and every measured trial a mark', () => {
    const chart = paretoChart(study);
    expect(axisTitle(chart.x)).toContain('ms');
    expect(axisTitle(chart.panels[0]!.y)).toBe('CPU in use, all replicas (cores)');
    expect(marksOf(chart.panels[0]!)).toHaveLength(50);
    expect(chart.panels[0]!.rug.text).toBe('5 failed, no value');
  });
});

describe('what the model believes', () => {
  const running = buildStudy({ trials: 33, running: true });
  const next = running.trials[33]!;
  const slice = {
    parameter: 'cpuCores', at: next.configuration, positions: [0.2, 0.6, 1, 1.4], mean: [20, 10, 6, 5], low1: [18, 9, 5.5, 4.5], high1: [22, 11, 6.5, 5.5],
    low2: [16, 8, 5, 4], high2: [24, 12, 7, 6], expectedGain: [0, 0, 0.1, 0.3], feasible: [true, true, true, false],
  };
  const chart = surrogateChart(running, slice, next);

  test('two panels on one axis: posterior and expected gain', () => {
    expect(chart.panels.map(({ y }) => axisTitle(y))).toEqual(['Mean round trip (ms, log scale)', 'Expected gain (ms)']);
    expect(axisTitle(chart.x)).toBe('CPU per replica (cores)');
    expect(chart.panels[0]!.series.filter(({ kind }) => kind === 'band')).toHaveLength(2);
  });

  test('infeasible stretches are hatched from half-way to the last that can run', () => {
    const region = chart.panels[0]!.annotations.find((one) => one.kind === 'region');
    expect(region).toMatchObject({ from: 1.2, to: 1.4, fill: 'infeasible' });
  });

  test('the next point carries its prediction', () => {
    const mark = points(chart.panels[0]!.series, 'accent')[0]!;
    expect(mark).toMatchObject({ trial: 34, y: 5.55, low: 5.23, high: 5.91 });
  });
});

test('ten thousand trials make a chart value quickly enough to be one', () => {
  const many = buildStudy({ trials: 10_000, failEvery: 97, budget: 10_000, startupTrials: 5000 });
  const chart = historyChart(many);
  expect(marksOf(chart.panels[0]!)).toHaveLength(10_000);
  expect(chart.x.ticks.length).toBeLessThanOrEqual(6);
});

describe('points on the screen', () => {
  const colours = { role: { random: '#0000ff' }, background: '#ffffff' } as unknown as ChartColours;
  const marks = Array.from({ length: 10_000 }, (_, i) => ({ x: i, y: (i * 7919) % 10_000, trial: i + 1, index: i }));
  const series: Points = { kind: 'points', role: 'random', label: 'random', marks, size: 'mark', hollow: false };

  /** How many were filled, by colour. */
  function drawn(outside: ReadonlySet<number> | undefined): Readonly<Record<string, number>> {
    const filled: Record<string, number> = {};
    const ctx = {
      fillStyle: '', circles: 0, save() {}, restore() {}, beginPath() { this.circles = 0; }, rect() {}, clip() {}, moveTo() {}, arc() { this.circles++; }, stroke() {},
      fillRect() { filled[this.fillStyle] = (filled[this.fillStyle] ?? 0) + 1; },
      fill() { filled[this.fillStyle] = (filled[this.fillStyle] ?? 0) + this.circles; },
    };
    const scale = { getPixelForValue: (value: number) => (value / 10_000) * 280 };
    const chart = { ctx, chartArea: { left: 0, top: 0, right: 280, bottom: 280, width: 280, height: 280 }, scales: { x: scale, y: scale } } as unknown as Chart;
    drawPoints(chart, { ...historyChart(study), ...(outside && { outside }) }, series, colours);
    return filled;
  }

  test('ten thousand are thinned', () => {
    const { '#0000ffcc': strong } = drawn(undefined);
    expect(strong).toBeGreaterThan(560);
    expect(strong).toBeLessThanOrEqual(1000);
  });

  test('the few inside a brush are all drawn, the others faint', () => {
    const inside = new Set([17, 18, 5000, 9999]);
    const { '#0000ffcc': strong, '#0000ff33': faint } = drawn(new Set(marks.map(({ trial }) => trial).filter((trial) => !inside.has(trial))));
    expect(strong).toBe(4);
    expect(faint).toBeGreaterThan(560);
  });
});
