import { dominantShare } from './dominant-fault.ts';
import { formatCount, formatEstimate, formatMs, formatPercent } from './format.ts';
import type { Measurement, Verdict, VerdictKind } from './measurement.ts';
import { leastForClosedLoop } from './closed-loop-interval.ts';
import { halvesDrift, leastForInterval } from './statistics.ts';
import type { StudySpec } from './study-spec.ts';

/** Above these shares a measurement is not called valid. */
export const VERDICT_LIMITS = {
  /** Failed requests ÷ sent requests. */
  errorShare: 0.01,
  /** Half-width of the interval ÷ mean, for a fixed number of requests. */
  halfWidthShare: 0.05,
  /** Second half against first half, when noise does not explain it. */
  driftShare: 0.05,
  /** Delay inside the load generator ÷ mean round trip. */
  lagShare: 0.2,
  /** Share of one core the load thread may use. */
  generatorCpuShare: 0.9,
  /** Share of all processors busy with other work. */
  backgroundShare: 0.25,
  /** Share of the samples in which heat or a failing supply slowed the GPU down. */
  gpuThrottledShare: 0.05,
  /** Share of the samples under load in which the GPU ran at another clock than was set. */
  gpuMovedShare: 0.1,
} as const;

/** Of a core: more than this, and a sending thread that is late is late by its own work. */
const OVERWORKED_SHARE = 0.5;

interface Judged {
  readonly figures: Omit<Measurement, 'verdict'>;
  /** Means of consecutive pieces of the run, for the search for drift; null when there are too few requests. */
  readonly batches: Float64Array | null;
  readonly sure: boolean;
  readonly spec: StudySpec;
  readonly backgroundShare: number | null;
}

/** The first of errors, too-few, saturated, busy, throttled, clocks-moved, unstable that applies, each with one remedy; otherwise valid. */
export function judgeMeasurement(judged: Judged): Verdict {
  return errors(judged) ?? tooFew(judged) ?? saturated(judged) ?? busy(judged) ?? throttled(judged) ?? clocksMoved(judged) ?? drifting(judged) ?? unsure(judged) ?? wide(judged) ?? verdict('valid', '', '');
}

function verdict(kind: VerdictKind, reason: string, remedy: string): Verdict {
  return { kind, reason, remedy };
}

function errors({ figures, spec }: Judged): Verdict | null {
  const failed = Object.values(figures.errors).reduce((sum, count) => sum + count, 0);
  if (failed <= figures.sent * VERDICT_LIMITS.errorShare) return null;
  const { message, hint } = dominantShare(figures.errors, figures.sent, spec.measurement.timeoutMs);
  return verdict('errors', `${formatPercent((100 * failed) / figures.sent)} of the requests failed: ${message}`, hint);
}

function tooFew({ figures, spec }: Judged): Verdict | null {
  const { concurrency } = spec.environment;
  if (figures.halfWidthMs !== null) return null;
  const least = spec.measurement.loadModel.kind === 'closed' ? leastForClosedLoop(concurrency) : leastForInterval(Math.ceil(figures.achievedConcurrency));
  const missing = least + figures.excluded - figures.sent;
  return verdict('too-few', `${formatCount(figures.counted)} counted requests at a concurrency of ${formatCount(concurrency)} are too few for an interval.`, sendMore(missing, figures));
}

function saturated({ figures, spec }: Judged): Verdict | null {
  const { cpuShare } = figures.generator;
  const lagMsP99 = Math.max(figures.generator.lagMsP99, figures.generator.lateMsP99 ?? 0);
  const late = lagMsP99 > VERDICT_LIMITS.lagShare * figures.meanRoundTripMs;
  if (!late && cpuShare <= VERDICT_LIMITS.generatorCpuShare) return null;
  const reason = late
    ? `The load generator itself was ${formatMs(lagMsP99)} late, ${formatPercent((100 * lagMsP99) / figures.meanRoundTripMs)} of the mean round trip.`
    : `The load generator used ${formatPercent(100 * cpuShare)} of a processor core and could not send faster.`;
  // A thread that was late without working did not get a processor; one that worked all the time has too much to do.
  const { threads } = spec.measurement;
  const remedy = cpuShare <= OVERWORKED_SHARE
    ? 'Leave a processor core free for it: close other programs, or give the replicas less CPU.'
    : `Send from ${threads + 1} threads if there are cores for them (Sending threads, under Measurement), or lower the concurrency.`;
  return verdict('saturated', reason, remedy);
}

function busy({ backgroundShare }: Judged): Verdict | null {
  if (backgroundShare === null || backgroundShare <= VERDICT_LIMITS.backgroundShare) return null;
  return verdict('busy', `Other programs used ${formatPercent(100 * backgroundShare)} of this machine’s processors.`, 'Close them and measure this configuration again.');
}

function throttled({ figures }: Judged): Verdict | null {
  const { thermal = 0, slowdown = 0, 'power-brake': brake = 0 } = figures.gpu?.throttled ?? {};
  const share = Math.max(thermal, slowdown, brake);
  if (share <= VERDICT_LIMITS.gpuThrottledShare) return null;
  const hot = figures.gpu?.temperatureCMax;
  const heat = thermal >= Math.max(slowdown, brake);
  const seen = heat ? `The GPU slowed itself down because of heat${hot == null ? '' : ` (up to ${Math.round(hot)} °C)`}` : 'The GPU was slowed down by its hardware';
  return verdict('throttled', `${seen} in ${formatPercent(100 * share)} of the readings.`, heat ? 'Cool the card better, or search lower clocks.' : 'Check power supply and cooling of the card.');
}

function clocksMoved({ figures }: Judged): Verdict | null {
  const { clock = null, movedShare = null, smClockMhz = null, throttled: reasons = {} } = figures.gpu ?? {};
  if (clock === null || movedShare === null || smClockMhz === null || movedShare <= VERDICT_LIMITS.gpuMovedShare) return null;
  const ran = smClockMhz.low === smClockMhz.high ? `${Math.round(smClockMhz.low)} MHz` : `${Math.round(smClockMhz.low)} to ${Math.round(smClockMhz.high)} MHz`;
  const powerLimited = (reasons['power-limit'] ?? 0) > VERDICT_LIMITS.gpuThrottledShare;
  const remedy = powerLimited ? 'The card reached its power limit: search lower clocks.' : 'Make sure that nothing else sets the clock, and search clocks the card can hold.';
  return verdict('clocks-moved', `The GPU was set to ${clock.requestedMhz} MHz and ran at ${ran} in ${formatPercent(100 * movedShare)} of the readings.`, remedy);
}

function unsure({ figures, sure, spec }: Judged): Verdict | null {
  const { requests } = spec.measurement;
  if (requests.kind === 'fixed' || sure || figures.raced) return null;
  const reached = halfWidthShare(figures);
  const reason = `After ${formatCount(figures.sent)} requests the interval is ± ${formatPercent(100 * reached)} of the mean, not ± ${formatPercent(requests.halfWidthPercent)}.`;
  return verdict('unstable', reason, moreFor(figures, requests.halfWidthPercent / 100));
}

function wide({ figures, spec }: Judged): Verdict | null {
  if (spec.measurement.requests.kind !== 'fixed' || figures.raced) return null;
  const share = halfWidthShare(figures);
  if (share <= VERDICT_LIMITS.halfWidthShare) return null;
  return verdict('unstable', `The interval is ± ${formatPercent(100 * share)} of the mean.`, moreFor(figures, VERDICT_LIMITS.halfWidthShare));
}

function drifting({ batches, figures, spec }: Judged): Verdict | null {
  if (batches === null) return null;
  const { share, beyondNoise } = halvesDrift(batches);
  /** A ramp is meant to change. */
  if (spec.measurement.loadModel.kind === 'ramp') return null;
  if (!beyondNoise || Math.abs(share) <= VERDICT_LIMITS.driftShare) return null;
  const reason = `Round trips of the second half were ${formatPercent(100 * Math.abs(share))} ${share > 0 ? 'longer' : 'shorter'} than those of the first.`;
  return verdict('unstable', reason, sendMore(figures.sent, figures));
}

function halfWidthShare(figures: Judged['figures']): number {
  return (figures.halfWidthMs ?? 0) / figures.meanRoundTripMs;
}

/** Half-widths shrink with the square root of the number of requests. */
function moreFor(figures: Judged['figures'], wantedShare: number): string {
  return sendMore(figures.counted * ((halfWidthShare(figures) / wantedShare) ** 2 - 1), figures);
}

/** "Send 1,200 more requests (about 3 s)." Two significant digits, rounded up. */
function sendMore(missing: number, figures: Judged['figures']): string {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, missing))) - 1);
  const more = Math.max(1, Math.ceil(missing / step) * step);
  const seconds = figures.throughputRps > 0 ? more / figures.throughputRps : NaN;
  const time = seconds < 1 ? 'under 1 s' : seconds < 10 ? `about ${Math.round(seconds)} s` : formatEstimate(seconds);
  return `Send ${formatCount(more)} more requests${Number.isFinite(seconds) ? ` (${time})` : ''}.`;
}
