import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { reportProgramme, type ReportScale } from '../../main/domain/report-programme.ts';
import { studySpecSchema, usualBackend, type StudySpec } from '../../main/domain/study-spec.ts';
import { planSweep, REPORT_CONCURRENCIES } from '../../main/domain/sweep.ts';

const template = (id: string): StudySpec => studySpecSchema.parse(JSON.parse(readFileSync(new URL(`../../resources/templates/${id}.json`, import.meta.url), 'utf8')));

describe('the report’s programme', () => {
  it.each<[ReportScale, 'local' | 'docker' | 'simulated']>([['student', 'local'], ['student', 'simulated'], ['full', 'docker']])('%s on %s: every study of every part is acceptable', (scale, kind) => {
    const parts = reportProgramme(template, scale, usualBackend(kind), 8);
    expect(parts.map(({ sweep }) => sweep.vary.kind === 'knob' ? sweep.vary.knob : sweep.vary.kind === 'network' ? sweep.vary.field : 'concurrency'))
      .toEqual(['concurrency', 'concurrency', 'replicas', 'cpuCores', 'memoryMb', 'delayMs', 'lossPercent']);
    for (const { sweep } of parts) for (const { spec } of planSweep(sweep)) expect(spec.backend.kind).toBe(kind);
    expect(new Set(parts.map(({ sweep }) => sweep.name)).size).toBe(parts.length);
  });

  it('in full has the report’s budgets: 50 trials of 3,413 requests on either side at eight levels (checklist S40)', () => {
    const [gan] = reportProgramme(template, 'full', usualBackend('docker'), 8);
    const studies = planSweep(gan!.sweep);
    const bayes = studies.filter(({ side }) => side === 'bayes');
    expect(bayes.map(({ value }) => value)).toEqual(REPORT_CONCURRENCIES);
    expect(bayes.reduce((sum, { spec }) => sum + spec.budget.trials * (spec.measurement.requests.kind === 'fixed' ? spec.measurement.requests.count : 0), 0)).toBe(1_365_200);
    expect(bayes[0]!.spec.sampler).toMatchObject({ kind: 'bayes', startupTrials: 25 });
    expect(bayes[0]!.spec.space).toEqual(template('gan-svhn').space);
  });

  it('fits a small machine: six replicas get what there is', () => {
    const perReplica = (cores: number): unknown => reportProgramme(template, 'student', usualBackend('local'), cores)[2]!.sweep.base.space;
    expect(perReplica(1.5)).toMatchObject([{ name: 'cpuCores', values: [0.25] }]);
    expect(perReplica(8)).toMatchObject([{ name: 'cpuCores', values: [0.4] }]);
  });

  it('turns one knob at a time: all else stays where it is', () => {
    for (const { sweep } of reportProgramme(template, 'full', usualBackend('docker'), 8).slice(2)) {
      const specs = planSweep(sweep).map(({ spec }) => spec);
      expect(specs).toHaveLength(sweep.vary.values.length * 3);
      for (const spec of specs) {
        expect(spec.budget.trials).toBe(1);
        const free = spec.space.filter((parameter) => !('values' in parameter) || parameter.values.length > 1);
        expect(free).toEqual([]);
      }
    }
  });
});
