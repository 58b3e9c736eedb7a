import type { Configuration } from '../../main/domain/parameter.ts';
import { measurementSchema, type Measurement } from '../../main/domain/measurement.ts';
import { studySpecSchema, type StudySpec, type StudySpecDraft } from '../../main/domain/study-spec.ts';
import { foldStudy, type Study } from '../../main/domain/study.ts';
import type { StudyEvent } from '../../main/domain/study-event.ts';
import type { Outcome } from '../../main/domain/trial.ts';

export const CAPACITY = { cores: 8, memoryMb: 16_000 };
const AT = '2026-01-01T00:00:00.000Z';

export function studySpec(changes: Partial<StudySpecDraft> = {}): StudySpec {
  return studySpecSchema.parse({
    name: 'test', backend: { kind: 'simulated' }, model: { workload: 'digits' },
    space: [
      { kind: 'integer', name: 'replicas', low: 1, high: 6 },
      { kind: 'real', name: 'cpuCores', low: 0.25, high: 4 },
      { kind: 'integer', name: 'memoryMb', low: 16, high: 1024, scale: 'log' },
    ],
    environment: { concurrency: 5 },
    objective: { metric: 'meanRoundTripMs', direction: 'minimise' },
    measurement: { requests: { kind: 'fixed', count: 100 } },
    sampler: { kind: 'bayes', startupTrials: 5 },
    budget: { trials: 30 },
    seed: 7,
    ...changes,
  });
}

export function measured(meanRoundTripMs: number, changes: Partial<Measurement> = {}): Measurement {
  return measurementSchema.parse({
    meanRoundTripMs, halfWidthMs: null, standardErrorMs: null,
    p50Ms: meanRoundTripMs, p90Ms: meanRoundTripMs, p95Ms: meanRoundTripMs, p99Ms: meanRoundTripMs,
    minMs: meanRoundTripMs, maxMs: meanRoundTripMs, inferenceTimeMs: meanRoundTripMs,
    throughputRps: 1000 / meanRoundTripMs, achievedConcurrency: 5, sent: 100, counted: 98, excluded: 2, timeouts: 0,
    errors: {}, durationS: 1, cpuCores: 1, memoryMb: 100, replicas: [], server: null,
    generator: { lagMsP99: 0, cpuShare: 0 }, enforcement: 'virtual time',
    verdict: { kind: 'valid', reason: '', remedy: '' },
    ...changes,
  });
}

export function complete(value: number, changes: Partial<Extract<Outcome, { state: 'complete' }>> = {}): Outcome {
  return { state: 'complete', measurement: measured(Math.abs(value)), value, feasible: true, violations: [], ...changes };
}

export const FAILED: Outcome = {
  state: 'failed', failure: { code: 'out-of-memory', message: 'The replica ran out of memory.', log: [] }, measurement: null,
};
export const ABORTED: Outcome = { state: 'aborted', reason: 'stopped' };

/** A study in which these trials happened, in this order. */
export function studyOf(spec: StudySpec, trials: readonly { configuration: Configuration; outcome: Outcome | null }[]): Study {
  const events: StudyEvent[] = [{ kind: 'study-created', at: AT, studyId: 'study', spec }];
  trials.forEach(({ configuration, outcome }, i) => {
    const trial = i + 1;
    events.push({ kind: 'trial-started', at: AT, trial, configuration, origin: 'random', prediction: null });
    if (outcome !== null) events.push({ kind: 'trial-finished', at: AT, trial, outcome, seconds: null });
  });
  return foldStudy(events)!;
}
