import { z } from 'zod';
import { inSentence } from './format.ts';

/** What a trial yields: the figures that can be minimised, constrained or shown. Units are part of the definition. */
export const METRIC_NAMES = [
  'meanRoundTripMs', 'p50Ms', 'p90Ms', 'p95Ms', 'p99Ms', 'inferenceTimeMs', 'throughputRps', 'cpuCores', 'memoryMb', 'errorShare',
  'joulesPerRequest', 'energyJ', 'gpuPowerW',
] as const;
export type MetricName = (typeof METRIC_NAMES)[number];
export const metricNameSchema = z.enum(METRIC_NAMES);

export type Direction = 'minimise' | 'maximise';

export interface Metric {
  readonly name: MetricName;
  readonly label: string;
  readonly unit: string;
  /** Better values lie this way. */
  readonly direction: Direction;
  /** How the number comes about, for a hover. */
  readonly formula: string;
}

export const METRICS: Readonly<Record<MetricName, Metric>> = {
  meanRoundTripMs: { name: 'meanRoundTripMs', label: 'Mean round trip', unit: 'ms', direction: 'minimise', formula: 'sum of counted round trips ÷ their number' },
  p50Ms: { name: 'p50Ms', label: 'Median round trip (p50)', unit: 'ms', direction: 'minimise', formula: 'half of the counted round trips are at most this long' },
  p90Ms: { name: 'p90Ms', label: 'Slowest 10 % (p90)', unit: 'ms', direction: 'minimise', formula: '90 % of the counted round trips are at most this long' },
  p95Ms: { name: 'p95Ms', label: 'Slowest 5 % (p95)', unit: 'ms', direction: 'minimise', formula: '95 % of the counted round trips are at most this long' },
  p99Ms: { name: 'p99Ms', label: 'Slowest 1 % (p99)', unit: 'ms', direction: 'minimise', formula: '99 % of the counted round trips are at most this long' },
  inferenceTimeMs: { name: 'inferenceTimeMs', label: 'Average inference time', unit: 'ms', direction: 'minimise', formula: 'time taken for all requests ÷ (number of requests × items per request)' },
  throughputRps: { name: 'throughputRps', label: 'Throughput', unit: 'requests/s', direction: 'maximise', formula: 'answered requests ÷ measured time' },
  cpuCores: { name: 'cpuCores', label: 'CPU in use', unit: 'cores', direction: 'minimise', formula: 'processor time of all replicas ÷ measured time; stands for energy where no counter can be read' },
  memoryMb: { name: 'memoryMb', label: 'Peak memory', unit: 'MB', direction: 'minimise', formula: 'largest memory seen in any replica' },
  errorShare: { name: 'errorShare', label: 'Failed requests', unit: '%', direction: 'minimise', formula: 'failed requests ÷ sent requests × 100' },
  joulesPerRequest: { name: 'joulesPerRequest', label: 'Energy per request', unit: 'J', direction: 'minimise', formula: 'energy while under load ÷ answered requests' },
  energyJ: { name: 'energyJ', label: 'Energy', unit: 'J', direction: 'minimise', formula: 'energy while the trial was under load, from counters or from power over time' },
  gpuPowerW: { name: 'gpuPowerW', label: 'GPU power', unit: 'W', direction: 'minimise', formula: 'mean power of the GPUs while under load' },
};

/** The label inside a sentence: "mean round trip", but "CPU in use". */
export function labelInSentence(metric: MetricName): string {
  return inSentence(METRICS[metric].label);
}
