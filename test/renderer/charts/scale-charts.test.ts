import { expect, test } from 'vitest';
import { axisTitle, marksOf } from '../../../renderer/charts/chart-value.ts';
import { toCsv } from '../../../renderer/charts/export.ts';
import { lightColours } from '../../../renderer/charts/draw/light-colours.ts';
import { scaleCostChart, scaleLatencyChart } from '../../../renderer/charts/scale-charts.ts';
import { toSvg } from '../../../renderer/charts/svg.ts';
import { sampleLevels } from '../fixtures/scale-levels.ts';

const levels = sampleLevels();

test('throughput and cost over the replicas on log axes, what is full named where it changes', () => {
  const chart = scaleCostChart(levels);
  expect([chart.x.scale, ...chart.panels.map(({ y }) => y.scale)]).toEqual(['log', 'log', 'log']);
  expect([chart.x, ...chart.panels.map(({ y }) => y)].map(axisTitle)).toEqual(['Replicas (log scale)', 'Throughput, simulated (1,000 requests/s, log scale)', 'Machine-hours for a million requests, simulated (h, log scale)']);
  expect(marksOf(chart.panels[0]!).map(({ x, y }) => [x, y])).toEqual([[10, 2], [100, 20], [1000, 25]]);
  expect(marksOf(chart.panels[1]!)[2]!.y).toBeCloseTo((125 * 40) / 3600, 9);
  expect(chart.panels[0]!.annotations).toMatchObject([
    { kind: 'vertical', x: 10, text: 'replicas' }, { kind: 'vertical', x: 1000, text: 'generator link' }, { kind: 'horizontal', y: 25, text: 'generator link full at 25,000 requests/s' },
  ]);
  expect(chart.finding).toBe('generator link full from 1,000 replicas on');
});

test('round trips: mean and the slow ones, every size a mark', () => {
  const chart = scaleLatencyChart(levels);
  expect(marksOf(chart.panels[0]!)).toHaveLength(9);
  expect(axisTitle(chart.panels[0]!.y)).toBe('Round trip, simulated (ms, log scale)');
});

test('no number leaves without the word: hover, table, CSV and SVG say simulated', () => {
  const chart = scaleCostChart(levels);
  expect(chart.describe({ x: 1000, y: 1, index: 2 })).toMatchObject({ title: '1,000 replicas, simulated', lines: expect.arrayContaining([expect.stringContaining('The load generator’s link is 100 % full')]), formula: ['125 × (1,000,000 ÷ 25,000) ÷ 3,600 = 1.39 machine-hours for a million requests'] });
  const csv = toCsv(chart.table());
  expect(csv.split('\r\n')[0]).toContain('"Throughput, simulated (requests/s)"');
  expect(csv.split('\r\n')).toHaveLength(5);
  expect(toSvg(chart, lightColours(), '')).toMatch(/<title>Simulated throughput/);
});
