import { describe, expect, test } from 'vitest';
import { axisTitle, legendOf, marksOf } from '../../../renderer/charts/chart-value.ts';
import { contourChart } from '../../../renderer/charts/contour-chart.ts';
import { fieldBand } from '../../../renderer/charts/field.ts';
import { replicasChart } from '../../../renderer/charts/replicas-chart.ts';
import { buildStudy } from '../fixtures/build-study.ts';

const study = buildStudy({ trials: 50, failEvery: 9, end: true });
const best = study.trials[study.incumbent! - 1]!;

describe('contour of the model', () => {
  const surface = { parameters: ['replicas', 'cpuCores'] as const, at: best.configuration, xs: [1, 4, 8], ys: [0.2, 1.5], mean: [20, 10, 8, 10, 6, 5], feasible: [true, true, true, true, true, false] };
  const chart = contourChart(study, surface);
  const field = chart.panels[0]!.annotations[0]!;
  if (field.kind !== 'field') throw new Error('no field');

  test('both axes with their units, every measured trial a mark, failed ones in the rug', () => {
    expect([axisTitle(chart.x), axisTitle(chart.panels[0]!.y)]).toEqual(['Replicas', 'CPU per replica (cores)']);
    expect([chart.x.min, chart.x.max, chart.panels[0]!.y.min, chart.panels[0]!.y.max]).toEqual([1, 8, 0.2, 1.5]);
    expect(marksOf(chart.panels[0]!)).toHaveLength(50);
    expect(chart.panels[0]!.rug.marks).toHaveLength(5);
    expect(legendOf(chart).map(({ role }) => role)).toEqual(['random', 'bayes', 'best', 'failed']);
    expect(chart.table().rows).toHaveLength(6);
  });
  test('five bands over what can run, the best first; in between by straight lines; what cannot run is hatched', () => {
    expect(field.levels[0]).toBeCloseTo(6 * (20 / 6) ** 0.2, 9);
    expect(field.texts[0]).toMatch(/^≤ 7\./);
    expect(fieldBand(field, 4, 1.5)).toBe(0);
    expect(fieldBand(field, 1, 0.2)).toBe(4);
    expect(fieldBand(field, 2.5, 0.2)).toBe(field.levels.findIndex((level) => 15 <= level));
    expect(fieldBand(field, 8, 1.5)).toBe('blocked');
    expect(chart.finding).toMatch(/^darker is better, at /);
    expect(chart.table().rows.filter((row) => row[3] === 'no')).toHaveLength(1);
  });
});

describe('replicas of a trial', () => {
  test('a bar and a mark a replica with its limit, units in every panel', () => {
    const chart = replicasChart(study, best);
    const count = best.measurement!.replicas.length;
    expect(chart.panels.map(({ title, y }) => [title, y.unit])).toEqual([['CPU in use', 'cores'], ['Peak memory', 'MB'], ['Throttled', '% of periods']]);
    for (const panel of chart.panels) expect(marksOf(panel)).toHaveLength(count);
    expect(chart.panels[0]!.annotations).toMatchObject([{ kind: 'horizontal', y: best.configuration['cpuCores'] }]);
    expect(chart.table().rows).toHaveLength(count);
    expect(chart.describe(marksOf(chart.panels[2]!)[0]!).lines).toContain('stopped by its CPU limit in 12 % of the periods');
  });
  test('what was not observed is said, not drawn', () => {
    const blind = { ...best, measurement: { ...best.measurement!, replicas: best.measurement!.replicas.map((one) => ({ ...one, throttledShare: null })) } };
    const chart = replicasChart(study, blind);
    expect(marksOf(chart.panels[2]!)).toEqual([]);
    expect(chart.finding).toBe('not observed: throttled');
  });
});
