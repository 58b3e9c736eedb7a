import { describe, expect, test } from 'vitest';
import { compareSweep } from '../../../main/domain/comparison.ts';
import { gainTrendChart } from '../../../renderer/charts/gain-trend-chart.ts';
import { historyChart } from '../../../renderer/charts/history-chart.ts';
import { spreadChart } from '../../../renderer/charts/spread-chart.ts';
import { toSvg, type FigureColours } from '../../../renderer/charts/svg.ts';
import { finishedStudies, sampleSweep } from '../../domain/sweep-samples.ts';

const role = { random: '#111111', bayes: '#222222', user: '#333333', best: '#444444', failed: '#555555', infeasible: '#666666', neutral: '#777777', baseline: '#888888', acquisition: '#999999', accent: '#aaaaaa' };
const colours: FigureColours = { role, text: '#000000', quietText: '#555555', background: '#ffffff', grid: '#eeeeee', axis: '#cccccc', heat: ['#f0f0f0', '#d0d0d0', '#b0b0b0', '#909090', '#707070'], font: 'sans-serif' };
const parse = (svg: string): Document => new DOMParser().parseFromString(svg, 'image/svg+xml');

const sweep = sampleSweep();
const studies = finishedStudies(sweep, (value, side) => (1 + value / 10) * (side === 'bayes' ? 0.9 : 1));

describe('a figure as SVG', () => {
  test('is well formed, with title, units and every mark in its role', () => {
    const document = parse(toSvg(historyChart(studies[1]!), colours, 'Simulated in virtual time, not measured'));
    expect(document.querySelector('parsererror')).toBeNull();
    const text = document.documentElement.textContent!;
    expect(text).toContain('Search history');
    expect(text).toContain('Mean round trip (ms');
    expect(text).toContain('Simulated in virtual time');
    expect(document.querySelectorAll('g circle[fill="#111111"]')).toHaveLength(3);
    expect(document.querySelectorAll('g path[fill="#222222"]')).toHaveLength(2);
    expect(document.querySelectorAll('g path[fill="#444444"]')).toHaveLength(1);
  });
  test('draws bands, intervals and boxes', () => {
    const gain = parse(toSvg(gainTrendChart(sweep, compareSweep(sweep, studies)), colours));
    expect(gain.querySelectorAll('path[fill-opacity]')).toHaveLength(1);
    expect(gain.querySelectorAll('line[stroke-width="1.25"]')).toHaveLength(4);
    const spread = parse(toSvg(spreadChart([{ role: 'bayes', label: 'a <b> & "c"', detail: 'd', ms: [1, 2, 3, 4] }]), colours));
    expect(spread.querySelector('parsererror')).toBeNull();
    expect(spread.querySelectorAll('g rect[fill-opacity="0.18"]')).toHaveLength(1);
  });
  test('numbers in it are finite', () => {
    expect(toSvg(gainTrendChart(sweep, compareSweep(sweep, [])), colours)).not.toMatch(/NaN|Infinity/);
  });
});
