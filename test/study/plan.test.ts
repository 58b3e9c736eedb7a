import { expect, it } from 'vitest';
import { dockerBackendSchema, type StudySpec } from '../../main/domain/study-spec.ts';
import { startStudyRun } from '../../main/study/study-runner.ts';
import { planStudy } from '../../main/study/plan.ts';
import { memoryStore, randomChooser, scriptedLab, specOf } from './doubles.ts';

const capacity = { cores: 8, memoryMb: 16_000 };
const spec = specOf((usual) => ({ ...usual, budget: { ...usual.budget, trials: 3 } }));
const total = ({ seconds }: ReturnType<typeof planStudy>): number => seconds.starting + seconds.sending + seconds.choosing;

async function finished() {
  const store = memoryStore(spec);
  const { ended } = startStudyRun(
    { study: store.study(), projectId: 'p', store, labs: [scriptedLab().lab], chooser: randomChooser(), wallMs: () => 0, onEvent: () => undefined, onLive: () => undefined },
    'run',
  );
  await ended;
  return store.study().trials;
}

it('reckons from what the trials of the study took', async () => {
  const real = planStudy({ ...spec, backend: { kind: 'local' } }, capacity, await finished(), []);
  expect(real.basis).toBe('from the trials of this study');
  expect(total(real)).toBeGreaterThan(3);
});

it('does not take the virtual seconds of a simulated study for time somebody waits', async () => {
  const before = planStudy(spec, capacity, [], []);
  expect(planStudy(spec, capacity, await finished(), []).seconds).toEqual(before.seconds);
  expect(total(before)).toBeLessThan(1);
});

it('divides by the machines that run trials at the same time, but not by simulated ones', () => {
  const on = (backend: StudySpec['backend'], trials = 4): number => total(planStudy({ ...spec, backend, budget: { ...spec.budget, trials } }, capacity, [], []));
  const one = on(dockerBackendSchema.parse({ kind: 'docker' }));
  expect(on(dockerBackendSchema.parse({ kind: 'docker', engines: ['here', 'ssh://me@lab-2'] }))).toBeCloseTo(one / 2);
  expect(on({ kind: 'simulated', machines: 4 })).toBe(on({ kind: 'simulated' }));
});
