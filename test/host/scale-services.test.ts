import { expect, it } from 'vitest';
import { scaleServices } from '../../main/host/scale-services.ts';
import { startOfScale, trialToScale } from '../../main/domain/scale-plan.ts';
import type { ScaleUpdate } from '../../main/domain/scale-level.ts';
import { buildStudy } from '../renderer/fixtures/build-study.ts';

/** As if it had been measured: by the built-in server on this machine. */
const study = buildStudy({ trials: 8, end: true });
const best = trialToScale(study, null);
const params = { projectId: 'p', studyId: 's', trial: null, assumptions: { ...startOfScale(study, best).assumptions, levels: [40, 4] } };

function simulate(anyRunning = false, signal = new AbortController().signal): { readonly updates: ScaleUpdate[]; readonly ended: Promise<void> } {
  const updates: ScaleUpdate[] = [];
  const run = scaleServices({ studyOf: () => study, anyRunning: () => anyRunning })['scale.simulate'](params, { item: (update) => updates.push(update), end: () => undefined }, signal);
  return { updates, ended: Promise.resolve(run) };
}

it('repeats a measured trial at its own size first, then simulates each size in order', async () => {
  const { updates, ended } = simulate();
  await ended;
  const told = updates.filter(({ kind }) => kind !== 'working');
  expect(told.map((update) => (update.kind === 'level' ? update.level.replicas : update.kind))).toEqual(['calibrated', 4, 40]);
  const [calibrated] = told as [Extract<ScaleUpdate, { kind: 'calibrated' }>];
  expect(calibrated).toMatchObject({ trial: best.number, measuredMs: best.measurement.meanRoundTripMs });
  expect(calibrated.simulatedMs / calibrated.measuredMs).toBeGreaterThan(0.98);
  expect(calibrated.simulatedMs / calibrated.measuredMs).toBeLessThan(1.02);
});

it('is refused beside a study that measures', async () => {
  await expect(Promise.resolve().then(() => simulate(true).ended)).rejects.toMatchObject({ code: 'conflict' });
});

it('gives up when the watcher leaves', async () => {
  const leave = new AbortController();
  const { updates, ended } = simulate(false, leave.signal);
  leave.abort();
  await expect(ended).rejects.toMatchObject({ code: 'aborted' });
  expect(updates.some(({ kind }) => kind === 'level')).toBe(false);
});
