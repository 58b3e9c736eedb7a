import { describe, expect, it } from 'vitest';
import { applySweepEvent, planSweep, sweepSpecSchema, type SweepEvent } from '../../main/domain/sweep.ts';
import { startSweepRun, type QueuedStudy } from '../../main/study/sweep-runner.ts';
import { finishedStudy, sampleSweep } from '../domain/sweep-samples.ts';
import { specOf } from './doubles.ts';
import type { StopReason } from '../../main/domain/study-event.ts';

function queue(options: { readonly done?: readonly string[]; readonly ends?: (studyId: string) => StopReason | 'waits' } = {}) {
  const sweep = sampleSweep({ vary: { kind: 'concurrency', values: [1, 5] } });
  const started: string[] = [];
  const events: SweepEvent[] = [];
  const studies = new Map(planSweep(sweep.spec).map(({ spec }, i) => {
    const study = finishedStudy(`study-${i + 1}`, spec, 1);
    return [study.id, { ...study, ...(options.done?.includes(study.id) ? {} : { trials: [], state: 'draft' as const }) }];
  }));
  const studyOf = (studyId: string): QueuedStudy => ({
    study: () => studies.get(studyId)!,
    start: () => {
      started.push(studyId);
      const end = options.ends?.(studyId) ?? { kind: 'budget', text: 'done' };
      const { promise, resolve } = Promise.withResolvers<StopReason>();
      if (end !== 'waits') resolve(end);
      return { ended: promise, stop: () => resolve({ kind: 'user', text: 'Stopped on request.' }) };
    },
  });
  const runner = startSweepRun({ sweep, studyOf, append: (event) => void events.push(event), nowIso: () => '2026-11-21T10:00:00.000Z' });
  return { runner, started, events };
}

describe('a sweep', () => {
  it('runs every study once, random and Bayesian in turn, and says when it is done', async () => {
    const { runner, started, events } = queue();
    expect((await runner.ended).kind).toBe('done');
    expect(started).toEqual(['study-1', 'study-2', 'study-3', 'study-4']);
    expect(events.map(({ kind }) => kind)).toEqual(['sweep-started', 'sweep-ended']);
  });

  it('goes on with what is left after a stop or a kill', async () => {
    const { runner, started } = queue({ done: ['study-1', 'study-3'] });
    await runner.ended;
    expect(started).toEqual(['study-2', 'study-4']);
  });

  it('stops with the running study and starts no other', async () => {
    const { runner, started } = queue({ ends: (id) => (id === 'study-2' ? 'waits' : { kind: 'budget', text: '' }) });
    await Promise.resolve().then(() => undefined);
    while (started.length < 2) await new Promise(setImmediate);
    runner.stop('now');
    expect(await runner.ended).toEqual({ kind: 'user', text: 'Stopped on request.' });
    expect(started).toEqual(['study-1', 'study-2']);
  });

  it('survives studies that end by a fault, and names them, a reason they share once', async () => {
    const { runner, started } = queue({ ends: (id) => (id === 'study-1' || id === 'study-3' ? { kind: 'fault', text: 'The clock was refused.' } : { kind: 'budget', text: '' }) });
    const reason = await runner.ended;
    expect(started).toHaveLength(4);
    expect(reason.kind).toBe('fault');
    expect(reason.text).toMatch(/^“.+” and “.+” ended early. The clock was refused.$/);
  });
});

describe('the plan of a sweep', () => {
  const base = specOf((spec) => ({ ...spec, seed: 7 }));
  it('gives both sides the same budget, seed and environment', () => {
    const planned = planSweep(sweepSpecSchema.parse({ name: 'x', vary: { kind: 'concurrency', values: [1, 60] }, duel: true, repeats: 2, base }));
    expect(planned.map(({ value, side, repeat }) => [value, side, repeat])).toEqual([[1, 'random', 1], [1, 'bayes', 1], [1, 'random', 2], [1, 'bayes', 2], [60, 'random', 1], [60, 'bayes', 1], [60, 'random', 2], [60, 'bayes', 2]]);
    for (let i = 0; i < planned.length; i += 2) {
      const [random, bayes] = [planned[i]!.spec, planned[i + 1]!.spec];
      expect(bayes).toEqual({ ...random, sampler: bayes.sampler, name: bayes.name });
      expect([random.sampler.kind, bayes.sampler.kind]).toEqual(['random', 'bayes']);
    }
    expect(planned.map(({ spec }) => spec.seed)).toEqual([7, 7, 8, 8, 7, 7, 8, 8]);
  });
  it('holds one knob, or worsens the network, step by step', () => {
    const knob = planSweep(sweepSpecSchema.parse({ name: 'x', vary: { kind: 'knob', knob: 'replicas', values: [1, 2, 4] }, duel: false, base }));
    expect(knob.map(({ spec }) => spec.fixed.replicas)).toEqual([1, 2, 4]);
    expect(knob[0]!.spec.space.some(({ name }) => name === 'replicas')).toBe(false);
    const loss = planSweep(sweepSpecSchema.parse({ name: 'x', vary: { kind: 'network', field: 'lossPercent', values: [0, 5] }, duel: false, base }));
    expect(loss.map(({ spec }) => spec.environment.network.lossPercent)).toEqual([0, 5]);
  });
  it('refuses a value no study would take, by name', () => {
    expect(() => planSweep(sweepSpecSchema.parse({ name: 'x', vary: { kind: 'network', field: 'lossPercent', values: [99] }, duel: false, base }))).toThrow(/99 % lost/);
  });
  it('folds only in order', () => {
    expect(() => applySweepEvent(null, { kind: 'sweep-started', at: '2026-11-21T10:00:00.000Z' })).toThrow(/out of order/);
  });
});
