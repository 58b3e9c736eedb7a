import { counted, formatCount, formatDuration, formatInterval, formatMemory, formatMs, formatPercent, formatValue } from '../../main/domain/format.ts';
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
    figure('p50Ms', withBounds(m.p50Ms, m.percentileBounds?.p50)),
    figure('p90Ms', withBounds(m.p90Ms, m.percentileBounds?.p90)),
    figure('p95Ms', withBounds(m.p95Ms, m.percentileBounds?.p95)),
    figure('p99Ms', withBounds(m.p99Ms, m.percentileBounds?.p99)),
    { label: 'Fastest and slowest', value: `${formatMs(m.minMs)} to ${formatMs(m.maxMs)}`, formula: 'least and greatest counted round trip' },
    figure('inferenceTimeMs', formatMs(m.inferenceTimeMs)),
    figure('throughputRps', `${formatValue(m.throughputRps)} requests/s`),
    ...(m.goodputRps === undefined ? [] : [{ label: 'Goodput', value: `${formatValue(m.goodputRps)} requests/s`, formula: 'answers within the limit “good up to” ÷ measured time' }]),
    ...(m.offeredRps === undefined ? [] : [{ label: 'Offered', value: `${formatValue(m.offeredRps)} requests/s`, formula: 'requests that were due ÷ time; the throughput is what came back' }]),
    { label: 'In flight', value: formatValue(m.achievedConcurrency), formula: 'sum of round trips ÷ measured time' },
    figure('cpuCores', m.cpuCores === null ? 'not observed' : `${formatValue(m.cpuCores)} cores`),
    figure('memoryMb', m.memoryMb === null ? 'not observed' : formatMemory(m.memoryMb)),
    ...energyFigures(m),
    ...gpuFigures(m),
    { label: 'Requests', value: `${formatCount(m.sent)} sent, ${formatCount(m.counted)} counted, ${formatCount(m.excluded)} left out`, formula: 'first requests of each replica, and with automatic warm-up the first and last round, are kept but not counted' },
    ...racedFigures(m),
    { label: 'Errors', value: errors.length === 0 ? 'none' : errors.join(', '), formula: 'never part of the mean' },
    ...(m.server === null ? [] : [
      { label: 'Mean batch', value: `${formatValue(m.server.meanBatchSize)} items`, formula: 'items ÷ batches, as the server counts them' },
      { label: 'Waiting in the server', value: formatMs(m.server.meanQueueMs), formula: 'mean time from arrival to start of the batch' },
    ]),
    { label: 'Load generator', value: generatorText(m.generator), formula: '99th percentile of its event-loop delay; processor time of its busiest thread' },
    loadFromFigure(m.generator),
    ...networkFigures(m),
    ...(m.networkMs === undefined ? [] : [{ label: 'Network alone', value: formatMs(m.networkMs), formula: `time until a connection from ${m.generator.beside === undefined ? 'here' : 'the load generator'} to a replica’s machine stands, median of a few; part of every round trip` }]),
    { label: 'Limits kept by', value: m.enforcement, formula: 'how CPU and memory limits were enforced' },
  ];
}

/** "5.15 ms (5.02 to 5.31)": the 95 % interval where there is one. */
function withBounds(value: number, bounds: { readonly low: number; readonly high: number } | null | undefined): string {
  return bounds == null ? formatMs(value) : `${formatMs(value)} (${formatMs(bounds.low)} to ${formatMs(bounds.high)})`;
}

function racedFigures({ raced }: Measurement): readonly Figure[] {
  if (raced === undefined) return [];
  const saved = `${formatCount(raced.savedRequests)} requests, ${formatDuration(raced.savedS)}`;
  return [{ label: 'Ended early', value: `saved ${saved}`, formula: `clearly worse than the best mean so far, ${formatMs(raced.incumbentMs)}: even the lower 99.9 % bound was 10 % above it` }];
}

function generatorText({ lagMsP99, cpuShare, lateMsP99, threads = 1, client, pinnedCore }: Measurement['generator']): string {
  const parts = [`own delay ${formatMs(lagMsP99)}`, `${formatPercent(cpuShare * 100)} of a core`];
  if (lateMsP99 !== undefined) parts.push(`up to ${formatMs(lateMsP99)} behind schedule`);
  if (threads > 1) parts.push(`${threads} threads`);
  if (client !== undefined) parts.push(`answers read by ${client}, which costs more: the program’s own reader refused them`);
  if (pinnedCore !== undefined) parts.push(`kept on core ${pinnedCore}`);
  return parts.join(', ');
}

function loadFromFigure({ beside }: Measurement['generator']): Figure {
  const formula = 'where requests were sent and timed';
  if (beside === undefined) return { label: 'Load from', value: 'this machine', formula };
  return { label: 'Load from', value: `beside the replicas, in a container of the engine (${beside.engine}); ${formatMs(beside.awayMs)} from here and back`, formula: `${formula}; the way from here is in no round trip` };
}

/** What stood between load generator and replicas, and what that costs by itself: part of every round trip above. */
function networkFigures({ network }: Measurement): readonly Figure[] {
  if (network === undefined) return [];
  if (network.by === 'netem') {
    return [{ label: 'Network impaired by', value: 'the kernel (tc netem)', formula: 'each packet on its way, in the network of each replica; a lost one is sent again by TCP' }];
  }
  const { ownMs, messages, lateMsMean, lateMsP99 } = network;
  const cost = ownMs === null ? 'not measurable' : `${formatMs(ownMs.median)} per round trip (${formatMs(ownMs.low)} to ${formatMs(ownMs.high)})`;
  return [
    { label: 'Network impaired by', value: 'a proxy before each replica', formula: 'each request and each answer as a whole; a lost one costs 200 ms' },
    { label: 'Cost of the proxy', value: cost, formula: ownMs === null ? 'requests with and without it, right before the load' : `median over ${formatCount(ownMs.pairs)} pairs of requests with and without it, right before the load, its 95 % interval` },
    { label: 'Proxy behind time', value: `${formatMs(lateMsMean)}, 99th percentile ${formatMs(lateMsP99)}`, formula: `how much later than meant ${formatCount(messages)} requests and answers went on under this load` },
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
    { label: 'GPU temperature', value: gpu.temperatureCMax === null ? 'not told' : `up to ${Math.round(gpu.temperatureCMax)} °C`, formula: `${formatCount(gpu.samples)} readings of ${counted(gpu.cards, 'card')}` },
    { label: 'GPU slowed by', value: slowed.length === 0 ? 'nothing' : slowed.join(', '), formula: 'share of the readings in which the driver named the reason' },
  ];
}
