import { createRandom } from '../../main/domain/random.ts';
import { emptyRoundTrips, ROUND_TRIP_FAULTS, type RoundTrips } from '../../main/domain/round-trips.ts';
import type { Machine } from '../../main/domain/machine.ts';
import type { Measurement } from '../../main/domain/measurement.ts';
import { studySpecSchema, type StudySpec } from '../../main/domain/study-spec.ts';
import type { StudyEvent } from '../../main/domain/study-event.ts';

/** Builders for tests of the project file: whole, valid values that differ by their arguments. */
export function sampleSpec(name = 'Digits', trials = 50): StudySpec {
  return studySpecSchema.parse({
    name,
    backend: { kind: 'simulated' },
    model: { workload: 'digits' },
    space: [
      { kind: 'integer', name: 'replicas', low: 1, high: 4 },
      { kind: 'real', name: 'cpuCores', low: 0.2, high: 2 },
    ],
    environment: { concurrency: 20 },
    objective: { metric: 'meanRoundTripMs', direction: 'minimise' },
    measurement: { requests: { kind: 'fixed', count: 100 } },
    sampler: { kind: 'random' },
    budget: { trials },
    seed: 1,
  });
}

export const sampleMachine: Machine = {
  hostname: 'bench', platform: 'linux', processor: 'Test processor', cores: 8, memoryMb: 32_768, gpus: [],
  nodeVersion: '24.0.0', appVersion: '0.1.0',
};

export function at(second: number): string {
  return new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
}

export function sampleMeasurement(meanMs: number): Measurement {
  return {
    meanRoundTripMs: meanMs, halfWidthMs: meanMs / 100, standardErrorMs: meanMs / 200,
    p50Ms: meanMs, p90Ms: meanMs * 1.5, p95Ms: meanMs * 2, p99Ms: meanMs * 3, minMs: meanMs / 2, maxMs: meanMs * 4,
    inferenceTimeMs: meanMs / 20, throughputRps: 20_000 / meanMs, achievedConcurrency: 19.8,
    sent: 100, counted: 96, excluded: 4, timeouts: 0, errors: {}, durationS: 0.1 * meanMs,
    cpuCores: 0.7, memoryMb: 210.5,
    replicas: [{ cpuCores: 0.7, memoryMb: 210.5, throttledShare: 0.1, requests: 100 }],
    server: { meanBatchSize: 3.2, meanQueueMs: 0.4, paddedShare: 0 },
    generator: { lagMsP99: 0.2, cpuShare: 0.3 },
    enforcement: 'virtual time',
    verdict: { kind: 'valid', reason: '', remedy: '' },
  };
}

/** The two or three events of a trial; every fifth fails. */
export function trialEvents(trial: number, seed = 1): readonly StudyEvent[] {
  const random = createRandom(seed).split(trial);
  const meanMs = 1 + 10 * random.next();
  const started: StudyEvent = {
    kind: 'trial-started', at: at(trial * 10), trial, origin: 'random', prediction: null,
    configuration: { replicas: random.integer(1, 4), cpuCores: random.next() },
  };
  const outcome =
    trial % 5 === 0
      ? ({ state: 'failed', failure: { code: 'out-of-memory', message: 'Too little memory.', log: ['killed'] }, measurement: null } as const)
      : ({ state: 'complete', measurement: sampleMeasurement(meanMs), value: meanMs, feasible: true, violations: [] } as const);
  const finished: StudyEvent = {
    kind: 'trial-finished', at: at(trial * 10 + 5), trial, seconds: { deploy: 1, measure: 3.5, other: 0.5 },
    outcome: outcome.state === 'failed' ? { ...outcome, failure: { ...outcome.failure, log: ['killed'] } } : { ...outcome, violations: [] },
  };
  return [started, finished];
}

export const runStarted: StudyEvent = { kind: 'run-started', at: at(1), machine: sampleMachine, backend: 'simulated' };

export function sampleRoundTrips(count: number, seed = 1): RoundTrips {
  const random = createRandom(seed);
  const trips = emptyRoundTrips(count);
  for (let i = 0; i < count; i++) {
    trips.startMs[i] = i * random.next();
    trips.roundTripMs[i] = Math.exp(random.normal());
    trips.replica[i] = random.integer(0, 63);
    trips.fault[i] = random.next() < 0.1 ? random.integer(1, ROUND_TRIP_FAULTS.length - 1) : 0;
    trips.excluded[i] = i < 2 ? 1 : 0;
  }
  return trips;
}
