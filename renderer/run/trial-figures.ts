import { formatCount, formatInterval, formatMemory, formatMs, formatPercent, formatValue } from '../../main/domain/format.ts';
import { ENERGY_SOURCE_WORDS, type ThrottleReason } from '../../main/domain/gpu.ts';
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
    ...energyFigures(m),
    ...gpuFigures(m),
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

function energyFigures({ energy }: Measurement): readonly Figure[] {
  if (energy === undefined) return [];
  const source = ENERGY_SOURCE_WORDS[energy.source];
  if (energy.joules === null) return [{ label: METRICS.energyJ.label, value: 'not readable', formula: source }];
  return [
    { label: METRICS.joulesPerRequest.label, value: joulesText(energy.joulesPerRequest), formula: METRICS.joulesPerRequest.formula },
    { label: METRICS.energyJ.label, value: joulesText(energy.joules), formula: source },
  ];
}

/** 13.5 mJ, 2.41 J. */
function joulesText(joules: number | null): string {
  if (joules === null) return 'not readable';
  return joules < 1 ? `${formatValue(joules * 1000)} mJ` : `${formatValue(joules)} J`;
}

const REASON_WORDS: Readonly<Record<ThrottleReason, string>> = {
  'power-limit': 'power limit', slowdown: 'hardware slowdown', thermal: 'heat', 'power-brake': 'power brake',
};
const METHOD_WORDS = { application: 'application clock', locked: 'locked clock', simulated: 'simulated' } as const;

function gpuFigures({ gpu }: Measurement): readonly Figure[] {
  if (gpu === undefined) return [];
  const told = (value: number | null, unit: string): string => (value === null ? 'not told' : `${formatValue(value)} ${unit}`);
  const slowed = Object.entries(gpu.throttled).map(([reason, share]) => `${REASON_WORDS[reason as ThrottleReason]} ${formatPercent((share ?? 0) * 100)}`);
  const clock = gpu.smClockMhz;
  return [
    ...(gpu.clock === null ? [] : [{
      label: 'GPU clock set', formula: 'asked for, read back, and by which method',
      value: `${formatCount(gpu.clock.requestedMhz)} MHz, read back ${gpu.clock.observedMhz === null ? 'nothing' : `${formatCount(gpu.clock.observedMhz)} MHz`}, ${METHOD_WORDS[gpu.clock.method]}`,
    }]),
    {
      label: 'GPU clock', formula: 'mean of the readings while under load, lowest to highest',
      value: clock === null ? 'not told' : `${formatCount(clock.mean)} MHz (${formatCount(clock.low)} to ${formatCount(clock.high)}), memory ${told(gpu.memoryClockMhz, 'MHz')}`,
    },
    { label: METRICS.gpuPowerW.label, value: told(gpu.powerW, 'W'), formula: METRICS.gpuPowerW.formula },
    { label: 'GPU in use', value: told(gpu.utilisationPercent, '%'), formula: 'mean of the readings: share of time with work on the GPU' },
    { label: 'GPU memory', value: gpu.memoryMb === null ? 'not told' : formatMemory(gpu.memoryMb), formula: 'most of all readings, every program on the card' },
    { label: 'GPU temperature', value: gpu.temperatureCMax === null ? 'not told' : `up to ${Math.round(gpu.temperatureCMax)} °C`, formula: `${formatCount(gpu.samples)} readings of ${gpu.cards} ${gpu.cards === 1 ? 'card' : 'cards'}` },
    { label: 'GPU slowed by', value: slowed.length === 0 ? 'nothing' : slowed.join(', '), formula: 'share of the readings in which the driver named the reason' },
  ];
}
