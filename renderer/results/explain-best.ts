import { LEAST_MEASURED } from '../../main/domain/comparison.ts';
import { counted, formatCores, formatFixed, formatInterval, formatMs, formatPercent, formatValue, inSentence } from '../../main/domain/format.ts';
import { paretoFront } from '../../main/domain/pareto.ts';
import { betterWord, toCost } from '../../main/domain/objective.ts';
import { replicaCapacity } from '../../main/domain/machine.ts';
import { startupTrialsOf } from '../../main/domain/study-spec.ts';
import { configurationKey } from '../../main/domain/search-space.ts';
import { usualConfiguration } from '../../main/domain/usual-configuration.ts';
import { KNOBS, isKnobName } from '../../main/domain/knobs.ts';
import { labelInSentence, METRICS } from '../../main/domain/metric.ts';
import { formatTuple, servingConfiguration } from '../../main/domain/serving-configuration.ts';
import { bestTrial, rankedTrials, type Study } from '../../main/domain/study.ts';
import { knobText } from '../charts/knob-text.ts';
import { halfWidthOf, objectiveScale, standardErrorOf, type ObjectiveScale } from '../charts/objective-scale.ts';
import { parameterLabel } from '../charts/parameter-axis.ts';
import { repeatSpread } from './repeat-spread.ts';
import { verdictOf } from '../../main/domain/trial-verdict.ts';
import type { VerdictKind } from '../../main/domain/measurement.ts';
import type { Rich } from '../charts/rich.ts';
import type { Trial } from '../../main/domain/trial.ts';

/** Half of a 95 % interval in standard errors. */
const Z95 = 1.96;

export interface Difference {
  /** How much better the first is, in the objective's own unit; negative when it is worse. */
  readonly better: number;
  /** 95 % interval from both standard errors; null when one of them is not known. */
  readonly low: number | null;
  readonly high: number | null;
  /** `open`: the interval includes zero. `unknown`: there is no interval. */
  readonly verdict: 'sure' | 'open' | 'unknown';
}

/**
 * Difference of two trials with interval: d ± 1.96 · √(se₁² + se₂² + r²(v₁² + v₂²)), r = how much repeats differ, where the study
 * has any; without, it covers the scatter of requests alone.
 */
export function difference(study: Study, one: Trial, other: Trial): Difference {
  const { objective } = study.spec;
  const better = toCost(objective, other.value!) - toCost(objective, one.value!);
  const [left, right] = [standardErrorOf(study, one), standardErrorOf(study, other)];
  if (left === null || right === null) return { better, low: null, high: null, verdict: 'unknown' };
  const spread = repeatSpread(study) ?? 0;
  const half = Z95 * Math.hypot(left, right, spread * one.value!, spread * other.value!);
  const [low, high] = [better - half, better + half];
  return { better, low, high, verdict: low <= 0 && high >= 0 ? 'open' : 'sure' };
}

/** Why the best is the best, in sentences: against chance, against the runner-up, how sure it is, what to try next. */
export function explainBest(study: Study): readonly Rich[] {
  const best = bestTrial(study);
  if (best?.value == null) return [];
  const order = rankedTrials(study);
  const sentences: Rich[] = [...doubt(best), ...onTheFront(study, best)];
  if (order.length < LEAST_MEASURED) {
    const trials = counted(order.length, 'measured trial');
    return [...sentences, [{ strong: 'Not enough data' }, ` to compare: ${trials}; comparisons start at five.`]];
  }
  const scale = objectiveScale(study);
  return [...sentences, ...againstUsual(study, best, order, scale), ...againstRandom(study, best, order, scale), ...againstRunnerUp(study, best, order, scale), ...nextStep(study, best)];
}

/** One figure for the head of a chart: "gain over random 18 %", or why there is none. */
export function gainFinding(study: Study): string {
  const best = bestTrial(study);
  const random = rankedTrials(study).find(({ origin }) => origin === 'random');
  if (best?.value == null || random === undefined || rankedTrials(study).length < LEAST_MEASURED) return 'not enough data';
  if (startupTrialsOf(study.spec.sampler) === null) return `${rankedTrials(study).length} measured`;
  if (best.number === random.number) return 'no gain over random yet';
  const found = difference(study, best, random);
  return found.verdict === 'open' ? 'gain over random too close to call' : `gain over random ${formatPercent(relative(found, random) * 100)}`;
}

/** The measured trial at the usual configuration; null where none was. */
export function usualTrial(study: Study, order: readonly Trial[] = rankedTrials(study)): Trial | null {
  const { space } = study.spec;
  const key = configurationKey(space, usualConfiguration(space));
  return order.find(({ configuration }) => configurationKey(space, configuration) === key) ?? null;
}

/** With two objectives the best of the first one is an end of the front, not the answer. */
function onTheFront(study: Study, best: Trial): readonly Rich[] {
  const { metric, second } = study.spec.objective;
  const front = paretoFront(study);
  const its = front.find(({ trial }) => trial === best.number);
  if (second === undefined || its === undefined) return [];
  const { unit } = METRICS[second.metric];
  const value = unit === 'ms' ? formatMs(its.second) : `${formatValue(its.second)} ${unit}`;
  const others = front.length === 1 ? 'No trial beats it in either.' : `It is one of ${front.length} trials that no other beats in both: the front in the chart.`;
  return [[{ strong: `Best by ${labelInSentence(metric)} alone.` }, ` ${METRICS[second.metric].label} is ${value}. ${others}`]];
}

function againstUsual(study: Study, best: Trial, order: readonly Trial[], scale: ObjectiveScale): readonly Rich[] {
  const usual = usualTrial(study, order);
  if (usual === null) return [];
  if (usual.number === best.number) return [['The usual configuration is the best so far.']];
  const found = difference(study, best, usual);
  const rival = `${amount(usual.value!, scale)} at ${formatTuple(study.spec, usual.configuration)}, trial ${usual.number}`;
  if (found.verdict === 'open') return [[{ strong: 'Too close to call' }, ` against the usual configuration (${rival})${intervalText(found, scale)}.`]];
  const sure = found.verdict === 'unknown' ? '' : ` The difference is sure${sureness(study, found, scale)}.`;
  return [[{ strong: `${formatPercent(relative(found, usual) * 100)} ${betterWord(study.spec.objective)} than the usual configuration` }, ` (${rival}).${sure}`]];
}

function againstRandom(study: Study, best: Trial, order: readonly Trial[], scale: ObjectiveScale): readonly Rich[] {
  if (startupTrialsOf(study.spec.sampler) === null) return [];
  if (best.origin === 'random') {
    const modelled = order.find(({ origin }) => origin === 'bayes');
    if (modelled === undefined) return [['The best was drawn at random; the model has not chosen a measured trial yet.']];
    const found = difference(study, best, modelled);
    const by = found.verdict === 'open' ? 'is too close to call' : `is ${gap(found, scale)} ${worse(study)}`;
    return [['The best was drawn at random. The best the model chose, trial ', { strong: String(modelled.number) }, `, ${by}${intervalText(found, scale)}.`]];
  }
  const random = order.find(({ origin }) => origin === 'random');
  if (random === undefined) return [];
  if (best.origin === 'user' && isSame(study, best, random)) return [[`Its configuration was drawn at random, in trial ${random.number}, and measured again by hand.`]];
  const found = difference(study, best, random);
  const rival = `the best random trial (${amount(random.value!, scale)}, trial ${random.number})`;
  if (found.verdict === 'open') return [[{ strong: 'Too close to call' }, ` against ${rival}: ${gap(found, scale)} ${betterWord(study.spec.objective)}${intervalText(found, scale)}.`]];
  const sure = found.verdict === 'unknown' ? '' : ` The difference, ${gap(found, scale)}, is sure${sureness(study, found, scale)}.`;
  return [[{ strong: `${formatPercent(relative(found, random) * 100)} ${betterWord(study.spec.objective)} than the best random trial` }, ` (${amount(random.value!, scale)}, trial ${random.number}).${sure}`]];
}

/** The best trial of another configuration: the best one measured again is no rival. */
export function runnerUp(study: Study, best: Trial, order: readonly Trial[]): Trial | null {
  return order.find((trial) => !isSame(study, best, trial)) ?? null;
}

function isSame({ spec: { space } }: Study, one: Trial, other: Trial): boolean {
  return configurationKey(space, one.configuration) === configurationKey(space, other.configuration);
}

function againstRunnerUp(study: Study, best: Trial, order: readonly Trial[], scale: ObjectiveScale): readonly Rich[] {
  const second = runnerUp(study, best, order);
  if (second === null) return [];
  const found = difference(study, best, second);
  const name = `trial ${second.number} at ${formatTuple(study.spec, second.configuration)}`;
  const cpu = cpuText(best, second);
  if (found.verdict === 'open') return [[{ strong: 'Too close to call' }, ` against the runner-up, ${name}: it is ${gap(found, scale)} ${worse(study)}${intervalText(found, scale)}${cpu}.`]];
  return [[`The runner-up, ${name}, is ${gap(found, scale)} ${worse(study)}${intervalText(found, scale)}${cpu}.`]];
}

/** What the runner-up costs or saves, where it is more than noise. */
function cpuText(best: Trial, other: Trial): string {
  const [mine, its] = [best.measurement?.cpuCores, other.measurement?.cpuCores];
  if (mine == null || its == null || mine === 0 || Math.abs(its / mine - 1) < 0.05) return '';
  return ` and needs ${formatPercent(Math.abs(its / mine - 1) * 100)} ${its < mine ? 'less' : 'more'} CPU`;
}

const DOUBTS: Readonly<Record<Exclude<VerdictKind, 'valid'>, string>> = {
  unstable: 'This measurement is unstable.', saturated: 'The load generator was at its limit.', errors: 'Some requests failed.',
  'too-few': 'Too few requests were counted.', busy: 'The machine was busy.',
  throttled: 'The GPU was slowed down.', 'clocks-moved': 'The GPU did not keep its clock.',
};

function doubt(best: Trial): readonly Rich[] {
  const { tone, reason, remedy } = verdictOf(best);
  const kind = best.measurement?.verdict.kind;
  if (tone === 'quiet' || kind === undefined || kind === 'valid') return [];
  return [[{ strong: DOUBTS[kind] }, ` ${[reason, remedy].filter(Boolean).join(' ')}`]];
}

/** The best on the rim of what was allowed: more room may help more than more trials. */
export function nextStep(study: Study, best: Trial): readonly Rich[] {
  const machine = study.runs[study.runs.length - 1]?.machine;
  const serving = servingConfiguration(study.spec, best.configuration);
  if (machine !== undefined && study.spec.backend.kind !== 'simulated') {
    const { cores } = replicaCapacity(machine);
    if (serving.replicas * serving.cpuCores >= cores * 0.97) {
      return [[{ strong: 'Next: ' }, `the best takes all ${formatCores(cores)} replicas may use here. More cores may help more than more trials.`]];
    }
  }
  for (const parameter of study.spec.space) {
    if (parameter.kind === 'categorical' || parameter.kind === 'ordinal' || parameter.high <= parameter.low) continue;
    const value = Number(best.configuration[parameter.name]);
    const near = (parameter.high - parameter.low) * 0.01;
    const side = value >= parameter.high - near ? 'highest' : value <= parameter.low + near ? 'lowest' : null;
    if (side === null) continue;
    const label = parameterLabel(parameter.name);
    const limit = side === 'highest' ? parameter.high : parameter.low;
    // Beyond it there is nothing to allow.
    if (isKnobName(parameter.name) && limit === KNOBS[parameter.name][side === 'highest' ? 'most' : 'least']) continue;
    const at = value === limit ? 'at' : 'close to';
    const limitText = isKnobName(parameter.name) ? knobText(parameter.name, limit) : formatValue(limit);
    return [[{ strong: 'Next: ' }, `the best lies ${at} the ${side} ${inSentence(label)} allowed, ${limitText}. A wider range may help more than more trials.`]];
  }
  return [];
}

function relative({ better }: Difference, rival: Trial): number {
  return Math.abs(better / rival.value!);
}

function amount(value: number, { factor, unit }: ObjectiveScale): string {
  return `${formatValue(Math.abs(value) * factor)} ${unit}`;
}

/** The difference and its interval to the same place: as fine as the interval deserves. */
function gap(found: Difference, scale: ObjectiveScale): string {
  return found.low === null ? amount(found.better, scale) : `${places(found, scale)(Math.abs(found.better))} ${scale.unit}`;
}

function range(found: Difference, scale: ObjectiveScale): string {
  const show = places(found, scale);
  return `${show(found.low!)} to ${show(found.high!)}`;
}

function places({ low, high }: Difference, { factor }: ObjectiveScale): (value: number) => string {
  const half = ((high! - low!) / 2) * factor;
  const decimals = half > 0 ? Math.min(Math.max(1 - Math.floor(Math.log10(half)), 0), 6) : 3;
  return (value) => formatFixed(value * factor, decimals);
}

/** Starting the same configuration again changes more than its requests show. */
function sureness(study: Study, found: Difference, scale: ObjectiveScale): string {
  const interval = `${range(found, scale)} ${scale.unit}`;
  return repeatSpread(study) === null ? ` as far as one start of each can tell: ${interval}` : `, repeats included: ${interval}`;
}

function intervalText(found: Difference, scale: ObjectiveScale): string {
  return found.low === null ? '' : ` (interval ${range(found, scale)} ${scale.unit})`;
}

function isTime(study: Study): boolean {
  return METRICS[study.spec.objective.metric].unit === 'ms';
}

function worse(study: Study): string {
  return isTime(study) ? 'slower' : study.spec.objective.direction === 'minimise' ? 'higher' : 'lower';
}

export interface Headline {
  readonly value: string;
  readonly unit: string;
  /** "± 0.05", empty when there is no interval. */
  readonly halfWidth: string;
  /** "mean round trip, 20 concurrent, 95 % interval" */
  readonly under: string;
}

export function headline(study: Study, best: Trial): Headline {
  const { factor, unit } = objectiveScale(study);
  const half = halfWidthOf(study, best);
  const [value, halfWidth = ''] = formatInterval(best.value! * factor, half === null ? null : half * factor).split(' ± ');
  const under = [labelInSentence(study.spec.objective.metric), `${study.spec.environment.concurrency} concurrent`, ...(half === null ? [] : ['95 % interval'])];
  return { value: value!, unit, halfWidth: halfWidth === '' ? '' : `± ${halfWidth}`, under: under.join(', ') };
}
