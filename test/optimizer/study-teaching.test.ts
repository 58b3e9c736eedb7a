import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../main/domain/parameter.ts';
import { contains } from '../../main/domain/search-space.ts';
import type { Study } from '../../main/domain/study.ts';
import type { StudySpec, StudySpecDraft } from '../../main/domain/study-spec.ts';
import { canTeach, requestFor } from '../../main/optimizer/study-request.ts';
import { explainStudy } from '../../main/optimizer/study-explanation.ts';
import { predictForStudy, suggestForStudy } from '../../main/optimizer/study-sampler.ts';
import type { AskOptions } from '../../main/optimizer/study-request.ts';
import { CAPACITY, complete, measured, studyOf, studySpec } from './studies.ts';

/** Latency grows with concurrency; the best number of replicas does too. Memory does nothing. */
const latencyMs = (c: Configuration, concurrency: number): number =>
  2 + concurrency * (0.3 + 4 / (Number(c.replicas) * Number(c.cpuCores) * 8)) + (6 * Number(c.replicas)) / Math.sqrt(concurrency);

const specFor = (concurrency: number, changes: Partial<StudySpecDraft> = {}): StudySpec =>
  studySpec({ environment: { concurrency }, sampler: { kind: 'bayes', startupTrials: 5, learnFromOthers: true }, ...changes });

function run(spec: StudySpec, trials: number, options: AskOptions = {}): Study {
  const done: { configuration: Configuration; outcome: ReturnType<typeof complete> }[] = [];
  while (done.length < trials) {
    const { configuration } = suggestForStudy(studyOf(spec, done), CAPACITY, options)!;
    done.push({ configuration, outcome: complete(latencyMs(configuration, spec.environment.concurrency)) });
  }
  return studyOf(spec, done);
}

const best = (study: Study): number => study.trials[study.incumbent! - 1]!.value!;

describe('other environments', () => {
  const at8 = run(specFor(8), 14);
  const at16 = run(specFor(16), 14);

  it('let a study start with what they taught instead of at random', () => {
    const first = suggestForStudy(studyOf(specFor(32), []), CAPACITY, { earlier: [at8, at16] })!;
    expect(first.origin).toBe('bayes');
    expect(first.reason).toMatch(/earlier trials taught/);
    const alone = run(specFor(32), 9);
    const taught = run(specFor(32), 4, { earlier: [at8, at16] });
    expect(best(taught)).toBeLessThanOrEqual(best(alone) * 1.02);
  });

  it('are told apart: the same configuration costs more at higher concurrency', () => {
    const configuration = at16.trials[at16.incumbent! - 1]!.configuration;
    const at = (concurrency: number): number =>
      predictForStudy(studyOf(specFor(concurrency), []), CAPACITY, configuration, { earlier: [at8, at16] })!.mean;
    const truth = latencyMs(configuration, 16) / latencyMs(configuration, 8);
    expect(truth).toBeGreaterThan(1.1);
    expect(at(16) / at(8) / truth).toBeGreaterThan(0.93);
    expect(at(16) / at(8) / truth).toBeLessThan(1.15);
  });

  it('teach only about the same system, parameters and objective', () => {
    expect(canTeach(specFor(8), specFor(16))).toBe(true);
    expect(canTeach(specFor(8, { objective: { metric: 'p99Ms', direction: 'minimise' } }), specFor(16))).toBe(false);
    expect(canTeach(specFor(8, { fixed: { batchThreads: 2 } }), specFor(16))).toBe(false);
    const other = studyOf({ ...specFor(8), seed: 1, model: { ...specFor(8).model, workload: 'gan-svhn' } }, [...at8.trials.map(({ configuration, value }) => ({ configuration, outcome: complete(value!) }))]);
    expect(requestFor(studyOf(specFor(16), []), CAPACITY, { earlier: [other] }).earlier).toEqual([]);
  });
});

describe('narrowed bounds', () => {
  it('keep teaching with what lies outside, and never propose or advise it', () => {
    const wide = run(studySpec(), 12);
    const narrow = studySpec({
      space: [
        { kind: 'integer', name: 'replicas', low: 3, high: 5 }, { kind: 'real', name: 'cpuCores', low: 0.25, high: 4 },
        { kind: 'integer', name: 'memoryMb', low: 16, high: 1024, scale: 'log' },
      ],
    });
    const history = wide.trials.map(({ configuration, value }) => ({ configuration, outcome: complete(value!) }));
    const outside = history.filter(({ configuration }) => !contains(narrow.space, configuration));
    expect(outside.length).toBeGreaterThan(0);
    const study = studyOf(narrow, history);
    expect(requestFor(study, CAPACITY).earlier).toHaveLength(outside.length);
    const next = suggestForStudy(study, CAPACITY)!;
    expect(contains(narrow.space, next.configuration)).toBe(true);
    if (next.advised !== undefined) expect(contains(narrow.space, study.trials[next.advised - 1]!.configuration)).toBe(true);
    // With nothing left inside, the model still knows what it was taught.
    const onlyOutside = studyOf(narrow, outside);
    expect(predictForStudy(onlyOutside, CAPACITY, { replicas: 3, cpuCores: 2, memoryMb: 200 })).not.toBeNull();
  });
});

describe('explanation of a study', () => {
  const study = run(specFor(16), 18);
  const explanation = explainStudy(study, CAPACITY)!;

  it('finds the parameter without influence', () => {
    const of = (name: string) => explanation.importance.find(({ parameter }) => parameter === name)!;
    expect(of('memoryMb').total).toBeLessThan(0.1);
    expect(of('cpuCores').total).toBeGreaterThan(3 * of('memoryMb').total);
    for (const { main, total, totalLow, totalHigh } of explanation.importance) {
      expect(main).toBeLessThanOrEqual(total);
      expect(totalLow).toBeLessThanOrEqual(total);
      expect(totalHigh).toBeGreaterThanOrEqual(total);
      expect(total).toBeLessThanOrEqual(1);
    }
  });

  it('checks every trial against all the others', () => {
    const { trials, coverage, skill } = explanation.leaveOneOut;
    expect(trials.map(({ trial }) => trial).sort((a, b) => a - b)).toEqual(study.trials.map(({ number }) => number));
    expect(trials.every(({ low, mean, high }) => low <= mean && mean <= high)).toBe(true);
    expect(skill).toBeGreaterThan(0.5);
    expect(coverage).toBeGreaterThan(0.7);
  });

  it('advises a measured trial by posterior mean, and says nothing before there is enough', () => {
    expect(study.trials[explanation.advised.trial - 1]!.configuration).toEqual(explanation.advised.configuration);
    expect(explainStudy(studyOf(specFor(16), []), CAPACITY)).toBeNull();
  });

  it('does not advise the luckiest of many noisy trials', () => {
    const spec = studySpec();
    const at = (cpuCores: number, value: number, standardErrorMs: number) => ({
      configuration: { replicas: 2, cpuCores, memoryMb: 256 },
      outcome: complete(value, { measurement: measured(value, { standardErrorMs }) }),
    });
    const sure = [0.5, 1, 1.5, 2, 2.5, 3, 3.5].map((cpu) => at(cpu, 10 + Math.abs(cpu - 2.5), 0.02));
    const lucky = studyOf(spec, [...sure, at(0.6, 9.8, 3)]);
    expect(lucky.incumbent).toBe(8);
    expect(explainStudy(lucky, CAPACITY)!.advised.trial).toBe(5);
  });
});

it('spreads two objectives over their front instead of searching one end', () => {
  const spec = studySpec({
    objective: { metric: 'meanRoundTripMs', direction: 'minimise', second: { metric: 'cpuCores', direction: 'minimise' } },
  });
  const done: { configuration: Configuration; outcome: ReturnType<typeof complete> }[] = [];
  while (done.length < 16) {
    const { configuration } = suggestForStudy(studyOf(spec, done), CAPACITY)!;
    const used = Number(configuration.replicas) * Number(configuration.cpuCores);
    const ms = 4 + 30 / used;
    done.push({ configuration, outcome: complete(ms, { measurement: measured(ms, { cpuCores: used }) }) });
  }
  const used = done.slice(5).map(({ configuration }) => Number(configuration.replicas) * Number(configuration.cpuCores));
  expect(Math.min(...used)).toBeLessThan(1.2);
  expect(Math.max(...used)).toBeGreaterThan(5);
});
