import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { judgeClaims } from '../../main/domain/claims.ts';
import { compareSweep } from '../../main/domain/comparison.ts';
import { bestTrial, type Study } from '../../main/domain/study.ts';
import { tableOne } from '../../main/domain/table-one.ts';
import { toCsv as tableCsv, toLatex, toMarkdown } from '../../main/domain/table-text.ts';
import { roundTripPoints } from '../../main/host/round-trip-points.ts';
import { openProjectFile } from '../../main/project/project-file.ts';
import { axisTitle, legendOf, marksOf, type ChartValue } from '../../renderer/charts/chart-value.ts';
import { bestOfEachChart } from '../../renderer/charts/best-of-each-chart.ts';
import { toCsv } from '../../renderer/charts/export.ts';
import { gainTrendChart } from '../../renderer/charts/gain-trend-chart.ts';
import { historyChart } from '../../renderer/charts/history-chart.ts';
import { meanByLevelChart } from '../../renderer/charts/mean-by-level-chart.ts';
import { firstRequestsChart, roundTripsChart, type RoundTripsInput } from '../../renderer/charts/round-trips-chart.ts';
import { spreadChart } from '../../renderer/charts/spread-chart.ts';
import { toSvg } from '../../renderer/charts/svg.ts';
import { clustersOf, columnsOf } from '../../renderer/run/trip-columns.ts';
import { REQUESTS, storeDuel } from '../project/stored-duel.ts';

/** The report's figures drawn from a project file as it lies on the disk (S53–S62; S52 is not a chart, see test/e2e/figures.spec.ts). */
const folder = mkdtempSync(join(tmpdir(), 'servescape-figures-'));
const file = openProjectFile(storeDuel(join(folder, 'Report.servescape')));
afterAll(() => {
  file.close();
  rmSync(folder, { recursive: true, force: true });
});

const sweep = file.sweeps()[0]!;
const studies = sweep.members.map(({ studyId }) => file.study(studyId));
const comparison = compareSweep(sweep, studies);
const single = file.study(file.studies().at(-1)!.id);

function roundTrips(study: Study, trial: number): RoundTripsInput {
  const { measurement, origin } = study.trials[trial - 1]!;
  const trips = columnsOf(roundTripPoints(file.roundTrips(study.id, trial)!, 100_000));
  return {
    trial, origin, trips, planned: trips.index.length, finished: trips.index.length, errors: trips.failed.filter((flag) => flag === 1).length,
    meanMs: measurement!.meanRoundTripMs, halfWidthMs: measurement!.halfWidthMs, excludeFirst: study.spec.measurement.excludeFirst, clusters: clustersOf(trips), live: false,
  };
}

const memberAt = (concurrency: number, side: string): Study => file.study(sweep.members.find((member) => member.value === concurrency && member.side === side)!.studyId);
const labels = (chart: ChartValue): readonly string[] => legendOf(chart).map(({ text }) => text);
const axes = (chart: ChartValue): readonly string[] => [axisTitle(chart.x), ...chart.panels.map(({ y }) => axisTitle(y))];
const role = (name: string): string => `#${name.padEnd(6, '0').slice(0, 6)}`;
const colours = {
  role: Object.fromEntries(['random', 'bayes', 'user', 'best', 'failed', 'infeasible', 'neutral', 'baseline', 'acquisition', 'accent'].map((name) => [name, role(name)])) as Parameters<typeof toSvg>[1]['role'],
  text: '#000000', quietText: '#333333', background: '#ffffff', grid: '#eeeeee', axis: '#cccccc', heat: ['#1', '#2', '#3', '#4', '#5'], font: 'sans-serif',
};

/** Everything every figure must hold: a unit on each axis or a count, all of it on paper, a row for every mark of a trial. */
function expectComplete(chart: ChartValue): void {
  for (const title of axes(chart)) expect(title).toMatch(/\(.+\)|^Trial$|^Request$|^Concurrent requests$|^$/);
  const svg = toSvg(chart, colours);
  for (const text of [chart.title, axisTitle(chart.x)]) expect(svg).toContain(text.replaceAll('&', '&amp;'));
  expect(svg).not.toMatch(/NaN|undefined/);
  expect(chart.name.endsWith('.')).toBe(true);
  const { head, rows } = chart.table();
  expect(rows.length).toBeGreaterThan(0);
  expect(toCsv({ head, rows }).split('\r\n')).toHaveLength(rows.length + 2);
}

describe.each([['Fig 2', 5, () => ({ study: memberAt(5, 'bayes'), requests: 400 })], ['Fig 3', 20, () => ({ study: single, requests: REQUESTS })]] as const)('%s: every round trip with %i concurrent requests', (_figure, concurrency, load) => {
  test('marks, clusters, units, legend', () => {
    const { study, requests } = load();
    expect(study.spec.environment.concurrency).toBe(concurrency);
    const best = bestTrial(study)!;
    const chart = roundTripsChart(roundTrips(study, best.number));
    const [counted, left] = chart.panels[0]!.series.map((series) => (series.kind === 'points' ? series.marks.length : 0));
    expect(counted! + left! + chart.panels[0]!.rug.marks.length).toBe(requests);
    expect(left).toBe(2 * Number(best.configuration['replicas']));
    expect(chart.panels[0]!.annotations.filter(({ kind }) => kind === 'bracket')).toHaveLength(3);
    expect(axes(chart)).toEqual(['Request', 'Round trip (ms)']);
    expect(labels(chart)).toEqual(requests > 500 ? ['counted', 'left out', 'failed'] : ['counted', 'left out']);
    expectComplete(chart);
  });
});

test('Figs 1 and 2 of the proposal: with and without the first requests', () => {
  const chart = firstRequestsChart(roundTrips(single, single.incumbent!));
  const marks = chart.panels.map((panel) => marksOf(panel).length);
  expect(marks[0]! - marks[1]!).toBe(2 * Number(bestTrial(single)!.configuration['replicas']));
  expect(chart.panels.map(({ title }) => title)).toEqual(['Every request', 'First 2 of each replica left out']);
  expect(chart.finding).toMatch(/^leaving out \d+ moves the mean from [\d.]+ ms to [\d.]+ ms$/);
  expectComplete(chart);
});

test('Fig 4: mean by concurrency, its line and R²', () => {
  const chart = meanByLevelChart(sweep, comparison);
  expect(marksOf(chart.panels[0]!).map(({ x }) => x)).toEqual([1, 5, 10, 20, 30, 40, 50, 60]);
  expect(chart.panels[0]!.annotations.some((one) => 'text' in one && /R² = 0\.9/.test(one.text ?? ''))).toBe(true);
  expect(axes(chart)).toEqual(['Concurrent requests', 'Mean round trip (ms)', 'CPU in use, all replicas (cores)']);
  expect(labels(chart)).toContain('best of Bayesian search');
  expectComplete(chart);
});

test('Fig 5: the search, random red, Bayesian blue, the best green, failed ones without a value', () => {
  const chart = historyChart(single);
  const count = (wanted: string): number => chart.panels[0]!.series.reduce((sum, series) => sum + (series.kind === 'points' && series.role === wanted ? series.marks.length : 0), 0);
  const unmet = single.trials.filter(({ state, feasible }) => state === 'complete' && !feasible).length;
  expect(count('random') + count('bayes') + count('best') + count('infeasible')).toBe(45);
  expect([count('best'), count('infeasible'), chart.panels[0]!.rug.marks.length]).toEqual([1, unmet, 5]);
  expect(chart.panels[0]!.annotations.flatMap((one) => (one.kind === 'vertical' ? [one.text] : []))).toEqual(['Random, 25', 'Bayesian, 25']);
  expect(axes(chart)).toEqual(['Trial', 'Mean round trip (ms, log scale)']);
  expect(labels(chart)).toEqual(expect.arrayContaining(['random', 'Bayesian', 'best', 'failed']));
  expectComplete(chart);
});

test('Fig 6: best of each and the trend of the gain', () => {
  const each = bestOfEachChart(sweep, comparison);
  expect(marksOf(each.panels[0]!)).toHaveLength(16);
  expect(labels(each)).toEqual(['Random', 'Bayesian']);
  expectComplete(each);
  const trend = gainTrendChart(sweep, comparison);
  expect(marksOf(trend.panels[0]!).map(({ y }) => Math.round(y))).toEqual([5, 6, 7, 9, 11, 13, 15, 17]);
  expect(axes(trend)).toEqual(['Concurrent requests', 'Gain of Bayesian over random (%)']);
  expectComplete(trend);
  expect(judgeClaims(sweep, comparison).map(({ verdict }) => verdict)).toEqual(['supported', 'supported', 'supported']);
});

test('Fig 7: the spread of the best runs and a reference', () => {
  const run = (study: Study, of: 'random' | 'bayes' | 'neutral', label: string) => {
    const { trips } = roundTrips(study, study.incumbent!);
    return { role: of, label, detail: `${study.spec.environment.concurrency} concurrent`, ms: trips.ms.filter((_, i) => trips.excluded[i] === 0 && trips.failed[i] === 0) };
  };
  const chart = spreadChart([run(memberAt(5, 'bayes'), 'bayes', 'Bayesian, best run'), run(memberAt(5, 'random'), 'random', 'Random, best run'), run(memberAt(10, 'random'), 'neutral', 'Random, reference')]);
  const boxes = chart.panels[0]!.annotations.flatMap((one) => (one.kind === 'box' ? [[one.role, one.q1 < one.median && one.median < one.q3]] : []));
  expect(boxes).toEqual([['bayes', true], ['random', true], ['neutral', true]]);
  expect(axisTitle(chart.x)).toBe('Round trip (ms)');
  expectComplete(chart);
});

test('Table 1 with a unit in every head, as CSV, Markdown and LaTeX', () => {
  const table = tableOne(sweep, comparison);
  expect(table.head).toEqual(['Concurrent', 'Items per request', 'Replicas', 'CPU (cores)', 'Memory (MB)', 'Max batch (items)', 'Timeout (µs)', 'Mean round trip (ms)', '± 95 % (ms)', 'Gain (%)']);
  expect(table.rows.map(([level]) => level)).toEqual([1, 5, 10, 20, 30, 40, 50, 60]);
  const cell = (_value: unknown, column: number, row: number): string => table.shown[row]![column]!;
  expect(tableCsv(table).trim().split('\r\n')).toHaveLength(9);
  expect(toMarkdown(table, cell).trim().split('\n')).toHaveLength(10);
  expect(toLatex(table, cell)).toContain('Mean round trip (ms)');
});
