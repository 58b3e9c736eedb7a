import { describe, expect, it } from 'vitest';
import { createRandom } from '../../main/domain/random.ts';
import { sampleUniform } from '../../main/domain/search-space.ts';
import { bestTrial, countFinished, type Study } from '../../main/domain/study.ts';
import { studySpecSchema, type StudySpec } from '../../main/domain/study-spec.ts';
import { createSimulatedLab } from '../../main/serving/simulated/simulated-lab.ts';
import { startStudyRun } from '../../main/study/study-runner.ts';
import { brokenRule, feasibilityRules } from '../../main/domain/feasibility.ts';
import { servingConfiguration } from '../../main/domain/serving-configuration.ts';
import type { Capacity } from '../../main/domain/machine.ts';
import { memoryStore, randomChooser, specOf } from './doubles.ts';

/** The same configurations for every way to measure: drawn until one can run. */
function draw(study: Study, capacity: Capacity): ReturnType<typeof sampleUniform> {
  const random = createRandom(study.spec.seed).split(countFinished(study));
  const rules = feasibilityRules(study.spec, { capacity });
  for (;;) {
    const configuration = sampleUniform(study.spec.space, random);
    if (brokenRule(rules, servingConfiguration(study.spec, configuration)) === null) return configuration;
  }
}

async function run(seed: number, measurement: Partial<StudySpec['measurement']>): Promise<{ readonly best: number | undefined; readonly seconds: number; readonly raced: number }> {
  const usual = specOf();
  const spec = studySpecSchema.parse({
    ...usual, seed, sampler: { kind: 'random' }, budget: { ...usual.budget, trials: 12 }, measurement: { ...usual.measurement, ...measurement },
  });
  const lab = createSimulatedLab({ appVersion: 'test' });
  const store = memoryStore(spec);
  const chooser = { ...randomChooser(), ask: async (study: Study, capacity: Capacity) => ({ configuration: draw(study, capacity), origin: 'random', prediction: null, largestExpectedGain: null }) as const };
  await startStudyRun({ study: store.study(), projectId: 'p', store, labs: [lab], chooser, wallMs: () => lab.clock.nowMs(), onLive: () => undefined, onEvent: () => undefined }).ended;
  const study = store.study();
  expect(countFinished(study)).toBe(12);
  return {
    best: bestTrial(study)?.number,
    seconds: study.trials.reduce((sum, { seconds }) => sum + (seconds?.measure ?? 0), 0),
    raced: study.trials.filter(({ measurement: figures }) => figures?.raced !== undefined).length,
  };
}

describe('until sure with racing, on the digits in virtual time', () => {
  it('finds the configuration that 3,413 requests each find, in at most half the measuring time', async () => {
    let same = 0;
    const shares: number[] = [];
    for (let seed = 1; seed <= 10; seed++) {
      const fixed = await run(seed, { requests: { kind: 'fixed', count: 3413 } });
      const quick = await run(seed, { requests: { kind: 'until-sure', halfWidthPercent: 3, atMost: 10_000 }, racing: true });
      expect(fixed.raced).toBe(0);
      expect(quick.raced).toBeGreaterThan(0);
      if (quick.best === fixed.best) same++;
      shares.push(quick.seconds / fixed.seconds);
    }
    expect(same).toBeGreaterThanOrEqual(9);
    expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeLessThanOrEqual(0.5);
  });
});
