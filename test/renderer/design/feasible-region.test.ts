import { describe, expect, it } from 'vitest';
import { axisOf, feasibleRegion } from '../../../renderer/design/feasible-region.ts';
import { formulaOf } from '../../../renderer/text/formula.ts';
import { changeKind, fixKnob, removeKnob, searchKnob } from '../../../renderer/design/parameter-edits.ts';
import { studySpecSchema } from '../../../main/domain/study-spec.ts';
import { templateSpec } from '../fake-host.ts';

const spec = templateSpec();
const roomy = { cores: 64, memoryMb: 1_000_000 };

describe('feasibleRegion', () => {
  it('hatches nothing where everything can run', () => {
    const { columns } = feasibleRegion(spec, roomy, 'replicas', 'cpuCores', 50);
    expect(columns.flat()).toEqual([]);
  });

  it('puts the border where replicas × CPU reaches the cores', () => {
    const capacity = { cores: 2, memoryMb: 1_000_000 };
    const { x, y, columns } = feasibleRegion(spec, capacity, 'replicas', 'cpuCores', 80);
    let hatched = 0;
    columns.forEach((column, i) => {
      for (const { from, to, rule } of column) {
        hatched++;
        expect(rule.name).toBe('cores');
        expect(to).toBe(1);
        if (from > 0) expect(x.toValue((i + 0.5) / 80) * y.toValue(from)).toBeCloseTo(2, 2);
      }
    });
    expect(hatched).toBeGreaterThan(20);
  });

  it('names memory where memory is what rules out', () => {
    const { columns } = feasibleRegion(spec, { cores: 64, memoryMb: 1000 }, 'replicas', 'memoryMb', 40);
    expect(new Set(columns.flat().map(({ rule }) => rule.name))).toEqual(new Set(['memory']));
  });

  it('judges the other parameters at their least demanding value', () => {
    // Half a core holds two replicas at their smallest, 0.2 cores each; a third is ruled out whatever the rest is.
    const { columns, x } = feasibleRegion(spec, { cores: 0.5, memoryMb: 1_000_000 }, 'replicas', 'memoryMb', 100);
    columns.forEach((column, i) => expect(column.length > 0).toBe(x.toValue((i + 0.5) / 100) * 0.2 > 0.5));
  });
});

describe('axisOf', () => {
  it.each([0, 1, 3, 4])('parameter %i goes there and back', (index) => {
    const axis = axisOf(spec.space[index] as Parameters<typeof axisOf>[0]);
    for (const share of [0, 0.3, 1]) expect(axis.toShare(axis.toValue(share))).toBeCloseTo(share, 9);
    for (const tick of axis.ticks) expect(axis.toShare(tick)).toBeGreaterThanOrEqual(0);
  });
});

describe('parameter edits', () => {
  it('every step gives a form the schema takes', () => {
    const fixed = fixKnob(spec, 'maxBatchSize');
    expect(fixed.fixed).toEqual({ maxBatchSize: 32 });
    const back = searchKnob(fixed, 'maxBatchSize', spec.space[3]);
    expect(back).toEqual(spec);
    const threads = searchKnob(spec, 'batchThreads');
    const without = removeKnob(spec, 'replicas');
    const listed = { ...spec, space: spec.space.map((parameter) => changeKind(parameter, 'ordinal')) };
    const ranges = { ...spec, space: listed.space.map((parameter) => changeKind(parameter, 'integer')) };
    for (const form of [fixed, back, threads, without, listed, ranges]) {
      const parsed = studySpecSchema.safeParse(form);
      const complaints = parsed.success ? [] : parsed.error.issues.filter(({ path }) => path.at(-1) !== 'low');
      expect(complaints).toEqual([]);
    }
  });

  it('keeps a range when it becomes a list and a range again', () => {
    expect(changeKind(changeKind(spec.space[0]!, 'ordinal'), 'integer')).toEqual(spec.space[0]);
  });
});

describe('formulaOf', () => {
  it('writes the problem with its bounds, rules and conditions', () => {
    const form = { ...spec, objective: { ...spec.objective, constraints: [{ metric: 'p99Ms', relation: 'at-most', bound: 60 } as const] } };
    const { goal, ranges, subjectTo } = formulaOf(form, { cores: 6, memoryMb: 28_060 });
    expect(goal).toBe('−ART(N, C, M, B, T)');
    expect(ranges.map(({ text }) => text)).toEqual(['N ∈ [1, 4]', 'C ∈ [0.20, 0.85]', 'M ∈ [160, 512]', 'B ∈ {1 … 32}', 'T ∈ [100, 10000]']);
    expect(subjectTo).toEqual(['N · C ≤ 6', 'N · M ≤ 28,060', 'Slowest 1 % (p99) ≤ 60 ms']);
  });

  it('shows a bound that is no number as a question', () => {
    const form = { ...spec, space: [{ ...spec.space[0]!, low: null as unknown as number }] } as typeof spec;
    expect(formulaOf(form, null).ranges[0]!.text).toBe('N ∈ [?, 4]');
  });
});
