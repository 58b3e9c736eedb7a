import { formatCount, formatInterval, formatMemory, formatMs, formatPercent, formatValue } from '../../main/domain/format.ts';
import { METRICS, type MetricName } from '../../main/domain/metric.ts';
import type { Measurement } from '../../main/domain/measurement.ts';

/** One measured number: what it is, its value with unit, how it comes about. */
export interface Figure {
  readonly label: string;
  readonly value: string;
  readonly formula: string;
}

export function figuresOf(measurement: Measurement): readonly Figure[] {
  const m = measurement;
  const figure = (name: MetricName, value: string): Figure => ({ label: METRICS[name].label, value, formula: METRICS[name].formula });
  const errors = Object.entries(m.errors).map(([code, count]) => `${formatCount(count)} ${code}`);
  return [
    figure('meanRoundTripMs', `${formatInterval(m.meanRoundTripMs, m.halfWidthMs)} ms`),
    figure('p50Ms', formatMs(m.p50Ms)),
    figure('p90Ms', formatMs(m.p90Ms)),
    figure('p99Ms', formatMs(m.p99Ms)),
    { label: 'Fastest and slowest', value: `${formatMs(m.minMs)} to ${formatMs(m.maxMs)}`, formula: 'least and greatest counted round trip' },
    figure('inferenceTimeMs', formatMs(m.inferenceTimeMs)),
    figure('throughputRps', `${formatValue(m.throughputRps)} requests/s`),
    { label: 'In flight', value: formatValue(m.achievedConcurrency), formula: 'sum of round trips ÷ measured time' },
    figure('cpuCores', m.cpuCores === null ? 'not observed' : `${formatValue(m.cpuCores)} cores`),
    figure('memoryMb', m.memoryMb === null ? 'not observed' : formatMemory(m.memoryMb)),
    { label: 'Requests', value: `${formatCount(m.sent)} sent, ${formatCount(m.counted)} counted, ${formatCount(m.excluded)} first ones left out`, formula: 'first requests of each replica are kept but not counted' },
    { label: 'Errors', value: errors.length === 0 ? 'none' : errors.join(', '), formula: 'never part of the mean' },
    ...(m.server === null ? [] : [
      { label: 'Mean batch', value: `${formatValue(m.server.meanBatchSize)} items`, formula: 'items ÷ batches, as the server counts them' },
      { label: 'Waiting in the server', value: formatMs(m.server.meanQueueMs), formula: 'mean time from arrival to start of the batch' },
    ]),
    { label: 'Load generator', value: `own delay ${formatMs(m.generator.lagMsP99)}, ${formatPercent(m.generator.cpuShare * 100)} of a core`, formula: '99th percentile of its event-loop delay' },
    { label: 'Limits kept by', value: m.enforcement, formula: 'how CPU and memory limits were enforced' },
  ];
}
