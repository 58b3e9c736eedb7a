import { describe, expect, it } from 'vitest';
import { normalCumulative } from '../../main/domain/normal.ts';
import type { Configuration } from '../../main/domain/parameter.ts';
import type { Study } from '../../main/domain/study.ts';
import type { StudySpec } from '../../main/domain/study-spec.ts';
import { predictionSchema, type Outcome } from '../../main/domain/trial.ts';
import {
  firstConfigurations, predictForStudy, suggestForStudy,
} from '../../main/optimizer/study-sampler.ts';
import { observationsOf } from '../../main/optimizer/study-request.ts';
import { sliceForStudy } from '../../main/optimizer/study-slice.ts';
import { surfaceForStudy } from '../../main/optimizer/study-surface.ts';
import { ABORTED, CAPACITY, complete, FAILED, measured, studyOf, studySpec } from './studies.ts';

type Judge = (configuration: Configuration) => Outcome;
const latencyMs = (c: Configuration): number => 4 + 30 / (Number(c.replicas) * Number(c.cpuCores)) + 2 * Number(c.replicas);
const byLatency: Judge = (c) => complete(latencyMs(c));

function run(spec: StudySpec, judge: Judge, trials: number): Study {
  let study = studyOf(spec, []);
  const done: { configuration: Configuration; outcome: Outcome }[] = [];
  while (done.length < trials) {
    const { configuration } = suggestForStudy(study, CAPACITY)!;
    done.push({ configuration, outcome: judge(configuration) });
    study = studyOf(spec, done);
  }
  return study;
}

const history = (study: Study): { configuration: Configuration; outcome: Outcome }[] =>
  study.trials.map(({ configuration }) => ({ configuration, outcome: byLatency(configuration) }));

describe('suggestion for a study', () => {
  it('starts at random and then asks the model', () => {
    const study = run(studySpec(), byLatency, 5);
    expect(suggestForStudy(studyOf(studySpec(), []), CAPACITY)).toMatchObject({
      origin: 'random', prediction: null, largestExpectedGain: null,
    });
    const suggestion = suggestForStudy(study, CAPACITY)!;
    expect(suggestion.origin).toBe('bayes');
    expect(suggestion.largestExpectedGain).toBeGreaterThanOrEqual(suggestion.prediction!.expectedGain);
    expect(predictionSchema.parse(suggestion.prediction)).toEqual(suggestion.prediction);
  });

  it('tells what its expected gain came from', () => {
    const { prediction } = suggestForStudy(run(studySpec(), byLatency, 6), CAPACITY)!;
    const { mean, deviation, best } = prediction!.working!;
    expect(deviation).toBeGreaterThan(0);
    expect(prediction!.chanceToBeat).toBeCloseTo(prediction!.chanceToRun * normalCumulative((best - mean) / deviation), 12);
  });

  it('finds what is fast', () => {
    const study = run(studySpec(), byLatency, 20);
    const fastest = Math.min(...Array.from({ length: 6 }, (_, i) => 4 + 30 / Math.min(8, (i + 1) * 4) + 2 * (i + 1)));
    expect(Math.min(...study.trials.map(({ value }) => value!))).toBeLessThan(1.03 * fastest);
  });

  it('stays random throughout a random study, within what the machine has', () => {
    const study = run(studySpec({ sampler: { kind: 'random' } }), byLatency, 12);
    expect(suggestForStudy(study, CAPACITY)!.origin).toBe('random');
    for (const { configuration } of study.trials) {
      expect(Number(configuration.replicas) * Number(configuration.cpuCores)).toBeLessThanOrEqual(8);
      expect(Number(configuration.replicas) * Number(configuration.memoryMb)).toBeLessThanOrEqual(16_000);
    }
  });

  it('predicts in the unit and direction of the objective', () => {
    const spec = studySpec({ objective: { metric: 'throughputRps', direction: 'maximise' } });
    const study = run(spec, (c) => complete(1000 / latencyMs(c)), 15);
    const best = study.trials[study.incumbent! - 1]!;
    const prediction = predictForStudy(study, CAPACITY, best.configuration)!;
    expect(prediction.low).toBeLessThanOrEqual(prediction.mean);
    expect(prediction.mean).toBeLessThanOrEqual(prediction.high);
    expect(prediction.mean / best.value!).toBeGreaterThan(0.9);
    expect(prediction.mean / best.value!).toBeLessThan(1.1);
    expect(best.value!).toBeGreaterThan(Math.max(...study.trials.slice(0, 5).map(({ value }) => value!)));
  });

  it('repeats an aborted trial and does not shift what follows', () => {
    const study = run(studySpec(), byLatency, 8);
    const trials = history(study);
    const interrupted = [...trials.slice(0, 3), { configuration: trials[3]!.configuration, outcome: ABORTED }];
    expect(suggestForStudy(studyOf(study.spec, interrupted), CAPACITY)!.configuration).toEqual(trials[3]!.configuration);
    const resumed = [...interrupted, ...trials.slice(3, 7)];
    expect(suggestForStudy(studyOf(study.spec, resumed), CAPACITY)!.configuration).toEqual(trials[7]!.configuration);
  });

  it('says null when every allowed configuration was tried', () => {
    const spec = studySpec({
      space: [{ kind: 'integer', name: 'replicas', low: 1, high: 4 }], fixed: { cpuCores: 3 },
      sampler: { kind: 'bayes', startupTrials: 1 },
    });
    const study = run(spec, (c) => complete(Number(c.replicas)), 2);
    expect(study.trials.map(({ configuration }) => configuration.replicas).sort()).toEqual([1, 2]);
    expect(suggestForStudy(study, CAPACITY)).toBeNull();
  });

  it('refuses a space the machine cannot hold', () => {
    const spec = studySpec({ fixed: {}, space: [{ kind: 'real', name: 'cpuCores', low: 10, high: 16 }] });
    expect(() => suggestForStudy(studyOf(spec, []), CAPACITY)).toThrowError(/ruled out by the machine \(Replicas × /);
  });
});

describe('what a study teaches', () => {
  const configuration = { replicas: 2, cpuCores: 1, memoryMb: 256 };

  it('is its complete trials as numbers, its failures and broken constraints without one, its aborted trials not at all', () => {
    const violating = complete(9, { feasible: false, violations: ['Slowest 1 % (p99) ≤ 5 ms'] });
    const precise = complete(6, { measurement: measured(6, { standardErrorMs: 0.2 }) });
    const study = studyOf(studySpec(), [precise, FAILED, ABORTED, violating, null].map((outcome) => ({ configuration, outcome })));
    expect(observationsOf(study)).toEqual([
      { configuration, cost: 6, standardError: 0.2 },
      { configuration, cost: null, standardError: null },
      { configuration, cost: null, standardError: null },
    ]);
  });

  it('turns a maximised value into a cost', () => {
    const spec = studySpec({ objective: { metric: 'throughputRps', direction: 'maximise' } });
    const study = studyOf(spec, [{ configuration, outcome: complete(80, { measurement: measured(12, { standardErrorMs: 1 }) }) }]);
    expect(observationsOf(study)).toEqual([{ configuration, cost: -80, standardError: null }]);
  });

  it('leaves out trials beyond narrowed bounds', () => {
    const study = studyOf(studySpec(), [{ configuration: { ...configuration, replicas: 60 }, outcome: complete(3) }]);
    expect(observationsOf(study)).toEqual([]);
  });

  it('makes the model doubt where configurations failed', () => {
    const judge: Judge = (c) => (Number(c.memoryMb) < 128 ? FAILED : byLatency(c));
    const study = run(studySpec(), judge, 16);
    const chance = (memoryMb: number): number =>
      predictForStudy(study, CAPACITY, { replicas: 2, cpuCores: 1, memoryMb })!.chanceToRun;
    expect(chance(20)).toBeLessThan(0.35);
    expect(chance(800)).toBeGreaterThan(0.8);
    const byModel = study.trials.slice(5);
    expect(byModel.filter(({ state }) => state === 'failed').length).toBeLessThan(byModel.length / 3);
  });
});

describe('first configurations', () => {
  it('are exactly what the run will try', () => {
    const spec = studySpec();
    const planned = firstConfigurations(spec, CAPACITY, 25);
    expect(planned).toHaveLength(5);
    expect(run(spec, byLatency, 5).trials.map(({ configuration }) => configuration)).toEqual(planned);
    expect(firstConfigurations({ ...spec, seed: 8 }, CAPACITY, 5)).not.toEqual(planned);
  });

  it('end with the space', () => {
    const spec = studySpec({ space: [{ kind: 'integer', name: 'replicas', low: 1, high: 3 }], sampler: { kind: 'random' } });
    expect(firstConfigurations(spec, CAPACITY, 10)).toHaveLength(3);
  });
});

describe('slice of the surrogate', () => {
  const study = run(studySpec(), byLatency, 12);
  const at = study.trials[study.incumbent! - 1]!.configuration;

  it('has bands in order, and the machine’s limit', () => {
    const slice = sliceForStudy(study, CAPACITY, 'cpuCores', { ...at, replicas: 4 })!;
    expect(slice.positions.length).toBeGreaterThan(40);
    slice.positions.forEach((position, i) => {
      const row = [slice.low2[i]!, slice.low1[i]!, slice.mean[i]!, slice.high1[i]!, slice.high2[i]!];
      expect(row).toEqual([...row].sort((a, b) => a - b));
      expect(row.every((value) => value > 0)).toBe(true);
      expect(slice.expectedGain[i]).toBeGreaterThanOrEqual(0);
      expect(slice.feasible[i]).toBe(Number(position) * 4 <= 8 + 1e-9);
    });
  });

  it('keeps the order of the bands when the objective is maximised', () => {
    const spec = studySpec({ objective: { metric: 'throughputRps', direction: 'maximise' } });
    const maximised = run(spec, (c) => complete(1000 / latencyMs(c)), 8);
    const slice = sliceForStudy(maximised, CAPACITY, 'replicas', at)!;
    expect(slice.positions).toEqual([1, 2, 3, 4, 5, 6]);
    slice.positions.forEach((_, i) => {
      const row = [slice.low2[i]!, slice.low1[i]!, slice.mean[i]!, slice.high1[i]!, slice.high2[i]!];
      expect(row).toEqual([...row].sort((a, b) => a - b));
    });
  });

  it('is null before there is anything to learn from, and refuses a parameter that is not searched', () => {
    expect(sliceForStudy(studyOf(studySpec(), []), CAPACITY, 'replicas', at)).toBeNull();
    expect(() => sliceForStudy(study, CAPACITY, 'gpuClockMhz', at)).toThrowError(/replicas, cpuCores, memoryMb/);
    expect(() => sliceForStudy(study, CAPACITY, 'replicas', { cpuCores: 1 })).toThrowError(/at.memoryMb/);
  });
});

describe('surface of the surrogate', () => {
  const study = run(studySpec(), byLatency, 12);
  const at = study.trials[study.incumbent! - 1]!.configuration;

  it('agrees with the slice through each of its rows, and knows what can run', () => {
    const surface = surfaceForStudy(study, CAPACITY, ['replicas', 'cpuCores'], at)!;
    expect(surface.xs).toEqual([1, 2, 3, 4, 5, 6]);
    expect(surface.mean).toHaveLength(surface.xs.length * surface.ys.length);
    surface.ys.filter((_, row) => row % 6 === 0).forEach((cpuCores) => {
      const row = surface.ys.indexOf(cpuCores);
      const slice = sliceForStudy(study, CAPACITY, 'replicas', { ...at, cpuCores })!;
      slice.mean.forEach((mean, i) => expect(surface.mean[row * surface.xs.length + i]).toBeCloseTo(mean, 9));
      expect(surface.feasible.slice(row * surface.xs.length, (row + 1) * surface.xs.length)).toEqual(slice.feasible);
    });
  });

  it('is null before there is a model and refuses what is not two searched numbers', () => {
    expect(surfaceForStudy(studyOf(studySpec(), []), CAPACITY, ['replicas', 'cpuCores'], at)).toBeNull();
    expect(() => surfaceForStudy(study, CAPACITY, ['replicas', 'gpuClockMhz'], at)).toThrowError(/replicas, cpuCores, memoryMb/);
    expect(() => surfaceForStudy(study, CAPACITY, ['replicas', 'replicas'], at)).toThrowError(/two different/);
  });
});
