import { foldStudy, type Study } from '../../main/domain/study.ts';
import { applySweepEvent, planSweep, sweepSpecSchema, type Sweep, type SweepSpecDraft } from '../../main/domain/sweep.ts';
import simulated from '../../resources/templates/simulated.json' with { type: 'json' };
import { studySpecSchema } from '../../main/domain/study-spec.ts';
import type { Measurement } from '../../main/domain/measurement.ts';
import type { StudyEvent } from '../../main/domain/study-event.ts';
import type { Origin } from '../../main/domain/trial.ts';
import type { StudySpec } from '../../main/domain/study-spec.ts';

const base = studySpecSchema.parse({ ...simulated, budget: { ...simulated.budget, trials: 6 }, sampler: { kind: 'bayes', startupTrials: 3 } });
const AT = '2026-11-21T10:00:00.000Z';

export function sampleSweep(change: Partial<SweepSpecDraft> = {}): Sweep {
  const spec = sweepSpecSchema.parse({ name: 'Duel', vary: { kind: 'concurrency', values: [1, 5, 10, 20] }, duel: true, base, ...change });
  const members = planSweep(spec).map(({ value, side, repeat }, i) => ({ studyId: `study-${i + 1}`, value, side, repeat }));
  return applySweepEvent(null, { kind: 'sweep-created', at: AT, sweepId: 'sweep-1', spec, members });
}

/** Its studies, finished: `best` says the best mean of each, the other trials are slower. */
export function finishedStudies(sweep: Sweep, best: (value: number, side: string, repeat: number) => number, standardErrorMs = 0.01): readonly Study[] {
  return planSweep(sweep.spec).map(({ spec, value, side, repeat }, i) => finishedStudy(`study-${i + 1}`, spec, best(value, side, repeat), standardErrorMs));
}

export function finishedStudy(id: string, spec: StudySpec, bestMs: number, standardErrorMs = 0.01): Study {
  return foldStudy(finishedStudyEvents(id, spec, bestMs, standardErrorMs))!;
}

export function finishedStudyEvents(id: string, spec: StudySpec, bestMs: number, standardErrorMs = 0.01): readonly StudyEvent[] {
  const events: StudyEvent[] = [
    { kind: 'study-created', at: AT, studyId: id, spec },
    { kind: 'run-started', at: AT, backend: spec.backend.kind, machine: { hostname: 'h', platform: 'linux', processor: 'p', cores: 8, memoryMb: 32_768, gpus: [], nodeVersion: '24', appVersion: '0' } },
  ];
  const { trials } = spec.budget;
  for (let trial = 1; trial <= trials; trial++) {
    const meanMs = trial === trials ? bestMs : bestMs * (2 + 1 / trial);
    const origin: Origin = spec.sampler.kind === 'bayes' && trial > spec.sampler.startupTrials ? 'bayes' : 'random';
    const configuration = Object.fromEntries(spec.space.map((parameter) => [parameter.name, 'low' in parameter ? parameter.low : parameter.values[0]!]));
    events.push(
      { kind: 'trial-started', at: AT, trial, configuration, origin, prediction: null },
      { kind: 'trial-finished', at: AT, trial, outcome: { state: 'complete', measurement: measurement(meanMs, standardErrorMs), value: meanMs, feasible: true, violations: [] }, seconds: { deploy: 1, measure: 2, other: 0.1 } },
    );
  }
  return [...events, { kind: 'run-ended', at: AT, reason: { kind: 'budget', text: 'done' } }];
}

export function measurement(meanMs: number, standardErrorMs = 0.01): Measurement {
  return {
    meanRoundTripMs: meanMs, halfWidthMs: standardErrorMs * 2, standardErrorMs, p50Ms: meanMs, p90Ms: meanMs * 1.2, p95Ms: meanMs * 1.3, p99Ms: meanMs * 1.6, minMs: meanMs * 0.5, maxMs: meanMs * 2,
    inferenceTimeMs: meanMs / 5, throughputRps: 1000 / meanMs, achievedConcurrency: 5, sent: 100, counted: 98, excluded: 2, timeouts: 0, errors: {}, durationS: 1, cpuCores: 2.5, memoryMb: 200,
    replicas: [{ cpuCores: 2.5, memoryMb: 200, throttledShare: 0.1, requests: 100 }], server: null, generator: { lagMsP99: 0.1, cpuShare: 0.2 }, enforcement: 'virtual time', verdict: { kind: 'valid', reason: '', remedy: '' },
  };
}
