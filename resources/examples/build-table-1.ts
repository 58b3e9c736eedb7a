/**
 * Writes table-1.servescape: the nine rows of the source report's Table 1 (OpenNMT on a GPU), one study for each environment.
 * Run it from the project's folder: node resources/examples/build-table-1.ts
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Measurement } from '../../main/domain/measurement.ts';
import { studySpecSchema, type StudySpec } from '../../main/domain/study-spec.ts';
import { createProjectFile } from '../../main/project/project-file.ts';

/** Concurrency, items a request | max batch size, timeout µs, replicas, CPU, memory MB, GPU MHz | average inference time. */
export const TABLE_1 = [
  [2, 2, 64, 9080, 16, 0.5, 8700, 288, 69.65],
  [5, 4, 8, 2658, 4, 0.39, 4200, 169, 34.78],
  [5, 4, 16, 2622, 4, 0.36, 4900, 324, 82.69],
  [10, 2, 128, 8837, 7, 0.5, 4300, 1306, 75.9],
  [10, 2, 8, 6278, 19, 0.5, 5700, 771, 112.63],
  [10, 4, 32, 2816, 2, 0.22, 2700, 1267, 226.87],
  [10, 4, 32, 8998, 6, 0.5, 5900, 366, 98.38],
  [10, 8, 64, 1874, 4, 0.5, 8500, 1032, 56.65],
  [10, 8, 64, 5249, 1, 0.36, 1700, 666, 107.38],
] as const;
type Row = (typeof TABLE_1)[number];

const AT = '2026-01-01T00:00:00.000Z';

function specOf([concurrency, requestBatchSize]: Row, trials: number): StudySpec {
  return studySpecSchema.parse({
    name: `Table 1: concurrency ${concurrency}, batches of ${requestBatchSize}`,
    template: 'opennmt',
    backend: { kind: 'docker', image: 'tensorflow/serving:latest-gpu', gpus: 'all' },
    model: { workload: 'opennmt' },
    space: [
      { kind: 'ordinal', name: 'maxBatchSize', values: [4, 8, 16, 32, 64, 128], scale: 'log' },
      { kind: 'real', name: 'batchTimeoutMicros', low: 100, high: 10_000 },
      { kind: 'integer', name: 'replicas', low: 1, high: 20 },
      { kind: 'real', name: 'cpuCores', low: 0.2, high: 0.6 },
      { kind: 'integer', name: 'memoryMb', low: 1000, high: 10_000 },
      { kind: 'integer', name: 'gpuClockMhz', low: 100, high: 1400 },
    ],
    environment: { concurrency, requestBatchSize },
    objective: { metric: 'inferenceTimeMs', direction: 'minimise' },
    measurement: { requests: { kind: 'fixed', count: 1 }, excludeFirst: 0 },
    sampler: { kind: 'random' },
    budget: { trials },
    seed: 0,
  });
}

/** The report gives one number a row: everything that would need the single round trips stays empty or equal to it. */
function measurementOf(row: Row): Measurement {
  const ms = row[8];
  return {
    meanRoundTripMs: ms, halfWidthMs: null, standardErrorMs: null, p50Ms: ms, p90Ms: ms, p95Ms: ms, p99Ms: ms, minMs: ms, maxMs: ms,
    inferenceTimeMs: ms, throughputRps: 0, achievedConcurrency: 0, sent: 1, counted: 1, excluded: 0, timeouts: 0, errors: {}, durationS: 0,
    cpuCores: null, memoryMb: null, replicas: [], server: null, generator: { lagMsP99: 0, cpuShare: 0 },
    enforcement: 'as the source report says: Docker',
    verdict: {
      kind: 'too-few',
      reason: 'One number from Table 1 of the source report, which gives neither the unit of the time nor its spread.',
      remedy: 'Measure the configuration yourself: make a new study from this one.',
    },
  };
}

function build(path: string): void {
  rmSync(path, { force: true });
  const file = createProjectFile(path, { name: 'Table 1 of the report', at: AT });
  const environments = [...new Set(TABLE_1.map(([concurrency, items]) => `${concurrency}/${items}`))];
  for (const environment of environments) {
    const rows = TABLE_1.filter(([concurrency, items]) => `${concurrency}/${items}` === environment);
    const store = file.store(file.createStudy(specOf(rows[0]!, rows.length), AT));
    store.append({
      kind: 'run-started', at: AT, backend: 'docker',
      machine: {
        hostname: 'the report’s machine', platform: 'linux', processor: '18 cores, 2 threads each', cores: 36, memoryMb: 32_768, gpus: [],
        nodeVersion: 'not known', appVersion: 'not this program',
      },
    });
    rows.forEach((row, i) => {
      const [, , maxBatchSize, batchTimeoutMicros, replicas, cpuCores, memoryMb, gpuClockMhz, value] = row;
      const configuration = { maxBatchSize, batchTimeoutMicros, replicas, cpuCores, memoryMb, gpuClockMhz };
      store.append({ kind: 'trial-started', at: AT, trial: i + 1, configuration, origin: 'user', prediction: null });
      store.append({
        kind: 'trial-finished', at: AT, trial: i + 1, seconds: null,
        outcome: { state: 'complete', measurement: measurementOf(row), value, feasible: true, violations: [] },
      });
    });
    store.append({ kind: 'run-ended', at: AT, reason: { kind: 'budget', text: 'Taken from Table 1 of the source report; not measured here.' } });
  }
  file.close();
}

if (import.meta.main) build(join(import.meta.dirname, 'table-1.servescape'));
