import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bestTrial, foldStudy, type Study } from '../../main/domain/study.ts';
import { studySpecSchema, type StudySpec } from '../../main/domain/study-spec.ts';
import type { RoundTrips } from '../../main/domain/round-trips.ts';
import { suggestForStudy } from '../../main/optimizer/study-sampler.ts';
import { createProjectFile, openProjectFile, type ProjectFile } from '../../main/project/project-file.ts';
import { createSimulatedLab } from '../../main/serving/simulated/simulated-lab.ts';
import { startStudyRun } from '../../main/study/study-runner.ts';
import type { Chooser } from '../../main/study/ports.ts';
import { temporaryFolder } from '../project/temporary-folder.ts';

const template = new URL('../../resources/templates/simulated.json', import.meta.url);

function specWith(change: Partial<StudySpec>): StudySpec {
  return studySpecSchema.parse({ ...(JSON.parse(readFileSync(template, 'utf8')) as StudySpec), ...change });
}

const budget = (trials: number): StudySpec['budget'] => ({ trials, timeLimitMinutes: null, stopBelowExpectedGain: null });

/** The sampler itself, in this thread. */
const chooser: Chooser = {
  ask: async (study, capacity) => suggestForStudy(study, capacity),
  slice: async () => null,
  surface: async () => null,
  predict: async () => null,
  explain: async () => null,
  close: async () => undefined,
};

async function runStudy(project: ProjectFile, spec: StudySpec, stopAfter = Infinity): Promise<string> {
  const studyId = project.createStudy(spec, '2026-01-01T00:00:00.000Z');
  await goOn(project, studyId, stopAfter);
  return studyId;
}

async function goOn(project: ProjectFile, studyId: string, stopAfter = Infinity): Promise<void> {
  const lab = createSimulatedLab({ appVersion: 'test' });
  const store = project.store(studyId);
  const runner = startStudyRun({
    study: store.study(), projectId: project.id, store, labs: [lab], chooser, wallMs: () => lab.clock.nowMs(), onLive: () => undefined,
    onEvent: ({ event }) => {
      if (event.kind === 'trial-finished' && event.trial >= stopAfter) runner.stop('after-trial');
    },
  });
  await runner.ended;
}

interface Kept {
  readonly study: Study;
  readonly trips: readonly (RoundTrips | null)[];
}

function kept(project: ProjectFile, studyId: string): Kept {
  const study = project.study(studyId);
  return { study, trips: study.trials.map(({ number }) => project.roundTrips(studyId, number)) };
}

describe('a whole study in virtual time', () => {
  it('is the same bit for bit for the same seed and another for another, 25 seeds', async () => {
    const folder = temporaryFolder();
    const firstMeans = new Set<number>();
    for (let seed = 0; seed < 25; seed++) {
      const spec = specWith({ seed, sampler: { kind: 'random' }, budget: budget(4) });
      const results: Kept[] = [];
      for (const name of ['a', 'b']) {
        const project = createProjectFile(join(folder, `${name}${seed}`), { name });
        results.push(kept(project, await runStudy(project, spec)));
        project.close();
      }
      expect(results[1]).toEqual(results[0]);
      firstMeans.add(results[0]!.study.trials.find(({ state }) => state === 'complete')?.value ?? -seed);
    }
    expect(firstMeans.size).toBe(25);
  });

  it('is the same with the model choosing, and reads back from the file as it was', async () => {
    const folder = temporaryFolder();
    const spec = specWith({ seed: 5, sampler: { kind: 'bayes', startupTrials: 8, acquisition: 'expected-improvement', xi: 1e-4 }, budget: budget(12) });
    const first = createProjectFile(join(folder, 'first'), { name: 'first' });
    const one = kept(first, await runStudy(first, spec));
    first.close();
    const second = createProjectFile(join(folder, 'second'), { name: 'second' });
    expect(kept(second, await runStudy(second, spec))).toEqual(one);
    second.close();
    const reopened = openProjectFile(first.path);
    expect(kept(reopened, 'study-1')).toEqual(one);
    expect(foldStudy(reopened.events('study-1').map(({ event }) => event))).toEqual(one.study);
    expect(one.study.trials.map(({ origin }) => origin)).toEqual([...Array<string>(8).fill('random'), ...Array<string>(4).fill('bayes')]);
    expect(bestTrial(one.study)).not.toBeNull();
    reopened.close();
  });

  it('stopped, closed, reopened and continued, it has the trials of one that was never stopped', async () => {
    const folder = temporaryFolder();
    const spec = specWith({ seed: 9, sampler: { kind: 'random' }, budget: budget(8) });
    const whole = createProjectFile(join(folder, 'whole'), { name: 'whole' });
    const through = kept(whole, await runStudy(whole, spec));
    whole.close();
    const parts = createProjectFile(join(folder, 'parts'), { name: 'parts' });
    await runStudy(parts, spec, 3);
    expect(parts.study('study-1').trials).toHaveLength(3);
    parts.close();
    const reopened = openProjectFile(parts.path);
    await goOn(reopened, 'study-1');
    const together = kept(reopened, 'study-1');
    expect(together.trips).toEqual(through.trips);
    const figures = ({ study }: Kept): unknown[] =>
      study.trials.map(({ number, configuration, state, value, failure }) => ({ number, configuration, state, value, failure }));
    expect(figures(together)).toEqual(figures(through));
    reopened.close();
  });
});
