import { describe, expect, test } from 'vitest';
import { judge } from '../../../main/domain/objective.ts';
import { plain } from '../../../renderer/charts/rich.ts';
import { rankedTrials } from '../../../main/domain/study.ts';
import { difference, explainBest, gainFinding, headline, runnerUp } from '../../../renderer/results/explain-best.ts';
import { repeatSpread } from '../../../renderer/results/repeat-spread.ts';
import { buildStudy, measured } from '../fixtures/build-study.ts';
import type { Study } from '../../../main/domain/study.ts';
import type { Origin, Trial } from '../../../main/domain/trial.ts';

/** A study whose trials have these means (ms) and half-widths, in order. */
function studyOf(rows: readonly { origin: Origin; mean: number; half: number; cpu?: number }[]): Study {
  const base = buildStudy({ trials: rows.length, end: true });
  const trials = base.trials.map((trial, i): Trial => {
    const { origin, mean, half, cpu = 3 } = rows[i]!;
    const measurement = { ...measured(mean, cpu, 2), halfWidthMs: half, standardErrorMs: half / 1.96 };
    return { ...trial, origin, measurement, failure: null, state: 'complete', ...judge(base.spec.objective, measurement), configuration: { ...trial.configuration, replicas: 2, cpuCores: 0.5, memoryMb: 300 } };
  });
  const incumbent = trials.reduce((best, trial) => (trial.value! < best.value! ? trial : best)).number;
  return { ...base, trials, incumbent };
}
const filler = (count: number, from = 20): { origin: Origin; mean: number; half: number }[] => Array.from({ length: count }, (_, i) => ({ origin: 'random', mean: from + i, half: 0.1 }));
const say = (study: Study): string[] => explainBest(study).map(plain);

describe('why the best is the best', () => {
  test('a sure gain over random says percent, difference and interval', () => {
    const [first] = say(studyOf([...filler(4), { origin: 'random', mean: 10, half: 0.1 }, { origin: 'bayes', mean: 8, half: 0.1 }]));
    expect(first).toBe('20 % faster than the best random trial (10.0 ms, trial 5). The difference, 2.00 ms, is sure as far as one start of each can tell: 1.86 to 2.14 ms.');
  });

  test('configurations measured twice widen every interval by how much they differed', () => {
    const once = studyOf([...filler(4), { origin: 'random', mean: 10, half: 0.1 }, { origin: 'bayes', mean: 8, half: 0.1 }, { origin: 'user', mean: 8.4, half: 0.1 }]);
    const trials = once.trials.map((trial) => (trial.number === 7 ? { ...trial, configuration: once.trials[5]!.configuration } : trial));
    const twice = { ...once, trials };
    // Two logarithms 0.0488 apart have a standard deviation of 0.0345; half a percent of it is the requests' own.
    expect(repeatSpread(once)).toBeNull();
    expect(repeatSpread(twice)).toBeCloseTo(0.0339, 3);
    expect(say(twice)[0]).toBe('20 % faster than the best random trial (10.0 ms, trial 5). The difference, 2.00 ms, is sure, repeats included: 1.14 to 2.86 ms.');
    const apart = { ...twice, trials: trials.map((trial) => (trial.number === 7 ? { ...trial, value: 11 } : trial)) };
    expect(say(apart)[0]).toMatch(/^Too close to call against the best random trial/);
  });

  test('an interval with zero is too close to call, whoever leads', () => {
    const study = studyOf([...filler(4), { origin: 'random', mean: 8.1, half: 0.2 }, { origin: 'bayes', mean: 8, half: 0.2 }]);
    expect(say(study)[0]).toBe('Too close to call against the best random trial (8.10 ms, trial 5): 0.10 ms faster (interval −0.18 to 0.38 ms).');
    expect(gainFinding(study)).toBe('gain over random too close to call');
  });

  test('below five measured trials nothing is compared', () => {
    expect(say(studyOf(filler(4)))).toEqual(['Not enough data to compare: 4 measured trials; comparisons start at five.']);
    expect(gainFinding(studyOf(filler(4)))).toBe('not enough data');
    expect(gainFinding(buildStudy({ trials: 0 }))).toBe('not enough data');
  });

  test('the best may be a random one', () => {
    const study = studyOf([...filler(4), { origin: 'random', mean: 8, half: 0.1 }, { origin: 'bayes', mean: 9, half: 0.1 }]);
    expect(say(study)[0]).toBe('The best was drawn at random. The best the model chose, trial 6, is 1.00 ms slower (interval 0.86 to 1.14 ms).');
    expect(gainFinding(study)).toBe('no gain over random yet');
  });

  test('the runner-up with what it costs', () => {
    const study = studyOf([...filler(4), { origin: 'bayes', mean: 9, half: 0.1, cpu: 2 }, { origin: 'bayes', mean: 8, half: 0.1, cpu: 4 }]);
    expect(say(study)[1]).toMatch(/^The runner-up, trial 5 at \(2, 0\.50, 300, .*\), is 1\.00 ms slower \(interval 0\.86 to 1\.14 ms\) and needs 50 % less CPU\.$/);
  });

  test('a doubtful measurement says so first, with its remedy', () => {
    const study = studyOf(filler(6));
    const doubtful = study.trials.map((trial) => ({ ...trial, measurement: { ...trial.measurement!, verdict: { kind: 'unstable' as const, reason: 'Windows differ by 24 %.', remedy: 'Send 1,200 more requests (about 3 s).' } } }));
    expect(say({ ...study, trials: doubtful })[0]).toBe('This measurement is unstable. Windows differ by 24 %. Send 1,200 more requests (about 3 s).');
  });

  test('on the rim of the space it proposes a wider one', () => {
    const study = studyOf(filler(6));
    const trials = study.trials.map((trial) => ({ ...trial, configuration: { ...trial.configuration, cpuCores: 1.5, replicas: 2 } }));
    const near = trials.map((trial) => ({ ...trial, configuration: { ...trial.configuration, cpuCores: 1.499 } }));
    expect(say({ ...study, trials: near }).at(-1)).toContain('lies close to the highest CPU per replica allowed, 1.50 cores.');
    const fewest = trials.map((trial) => ({ ...trial, configuration: { ...trial.configuration, cpuCores: 0.8, replicas: 1 } }));
    expect(study.spec.space).toContainEqual(expect.objectContaining({ name: 'replicas', low: 1 }));
    expect(say({ ...study, trials: fewest }).join(' ')).not.toContain('lowest replicas');
    expect(say({ ...study, trials }).at(-1)).toBe('Next: the best lies at the highest CPU per replica allowed, 1.50 cores. A wider range may help more than more trials.');
  });

  test('the runner-up is never the best itself and failed trials never rank', () => {
    const study = buildStudy({ trials: 30, failEvery: 5 });
    const order = rankedTrials(study);
    expect(order[0]!.number).toBe(study.incumbent);
    expect(order).toHaveLength(24);
    expect(order.every((trial, i) => i === 0 || trial.value! >= order[i - 1]!.value!)).toBe(true);
  });

  test('the best measured again is no rival of itself', () => {
    const study = buildStudy({ trials: 30 });
    const [best, second] = rankedTrials(study);
    const { configuration } = best!;
    const trials = study.trials.map((trial) => (trial === second ? { ...trial, configuration, origin: 'user' as const } : trial));
    const order = rankedTrials({ ...study, trials });
    expect(order[1]!.configuration).toEqual(configuration);
    expect(runnerUp(study, order[0]!, order)).toBe(order.find((trial) => trial.configuration !== configuration));
  });

  test('without standard errors there is a difference but no certainty', () => {
    const study = studyOf(filler(6));
    const p99 = { ...study, spec: { ...study.spec, objective: { ...study.spec.objective, metric: 'p99Ms' as const } } };
    expect(difference(p99, study.trials[0]!, study.trials[1]!)).toEqual({ better: 1, low: null, high: null, verdict: 'unknown' });
    expect(say(p99).join(' ')).not.toMatch(/is sure|interval/);
  });

  test('the head of the card', () => {
    const study = studyOf([...filler(4), { origin: 'bayes', mean: 5.152, half: 0.05 }]);
    expect(headline(study, study.trials[4]!)).toEqual({ value: '5.15', unit: 'ms', halfWidth: '± 0.05', under: 'mean round trip, 20 concurrent, 95 % interval' });
  });

  test('with two objectives it is one end of the front', () => {
    const study = buildStudy({ trials: 12 });
    const { objective } = study.spec;
    const [first] = say({ ...study, spec: { ...study.spec, objective: { ...objective, second: { metric: 'cpuCores', direction: 'minimise' } } } });
    expect(first).toMatch(/^Best by mean round trip alone\. CPU in use is .+ cores\. (It is one of \d+ trials that no other beats in both: the front in the chart|No trial beats it in either)\.$/);
  });

  test('no trial, no sentence', () => expect(explainBest(buildStudy({ trials: 0 }))).toEqual([]));
});
