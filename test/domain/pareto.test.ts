import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hypervolumeHistory, hypervolumeOf, paretoFront } from '../../main/domain/pareto.ts';
import { complete, FAILED, measured, studyOf, studySpec } from '../optimizer/studies.ts';

const configuration = { replicas: 1, cpuCores: 1, memoryMb: 100 };
const spec = studySpec({
  objective: { metric: 'meanRoundTripMs', direction: 'minimise', second: { metric: 'throughputRps', direction: 'maximise' } },
});
const study = studyOf(spec, [
  { configuration, outcome: complete(10, { measurement: measured(10, { throughputRps: 50 }) }) },
  { configuration, outcome: FAILED },
  { configuration, outcome: complete(20, { measurement: measured(20, { throughputRps: 100 }) }) },
  { configuration, outcome: complete(15, { measurement: measured(15, { throughputRps: 40 }) }) },
  { configuration, outcome: complete(12, { measurement: measured(12, { throughputRps: 90 }) }) },
]);

it('is what no other trial beats in both objectives', () => {
  expect(paretoFront(study)).toEqual([
    { trial: 1, first: 10, second: 50 }, { trial: 5, first: 12, second: 90 }, { trial: 3, first: 20, second: 100 },
  ]);
  expect(paretoFront(studyOf(studySpec(), []))).toEqual([]);
});

it('has a dominated share that never falls', () => {
  const history = hypervolumeHistory(study);
  expect(history.map(({ trial }) => trial)).toEqual([1, 3, 4, 5]);
  expect(history[0]!.share).toBeCloseTo(10 / 60, 12);
  expect(history[3]!.share).toBeCloseTo(10 / 60 + 0.8 * (40 / 60), 12);
  history.slice(1).forEach(({ share }, i) => expect(share).toBeGreaterThanOrEqual(history[i]!.share));
});

it('agrees with counting the dominated cells of a grid, whatever the order', () => {
  const place = fc.integer({ min: 0, max: 8 });
  fc.assert(fc.property(fc.array(fc.record({ a: place, b: place }), { minLength: 2, maxLength: 12 }), (points) => {
    const extent = (pick: (one: { a: number; b: number }) => number): [number, number] => [Math.min(...points.map(pick)), Math.max(...points.map(pick))];
    const [[lowA, highA], [lowB, highB]] = [extent(({ a }) => a), extent(({ b }) => b)];
    fc.pre(highA > lowA && highB > lowB);
    const steps = hypervolumeOf(points.map((point, i) => ({ trial: i + 1, ...point })));
    steps.forEach(({ share }, i) => {
      let cells = 0;
      for (let a = lowA; a < highA; a++) for (let b = lowB; b < highB; b++) if (points.slice(0, i + 1).some((one) => one.a <= a && one.b <= b)) cells++;
      expect(share).toBeCloseTo(cells / ((highA - lowA) * (highB - lowB)), 9);
    });
  }), { seed: 8, numRuns: 200 });
});
