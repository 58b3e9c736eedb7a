import { comparePair, LEAST_MEASURED } from './comparison.ts';
import type { Words } from './comparison-words.ts';
import { formatCount, formatInterval, formatPercent, formatValue, timeUnit, inSentence } from './format.ts';
import { isKnobName, KNOBS } from './knobs.ts';
import { METRICS } from './metric.ts';
import { describeNetwork } from './network.ts';
import { betterWord, describeConstraint } from './objective.ts';
import type { Parameter } from './parameter.ts';
import { bestTrial, type Study } from './study.ts';
import { WORKLOADS } from './workload-facts.ts';

/** Something in which two studies were set up differently. */
export interface Difference {
  readonly what: string;
  readonly left: string;
  readonly right: string;
  /** `unlike`: the values themselves mean different things; `other-conditions`: times cannot be compared directly. */
  readonly weight: 'unlike' | 'other-conditions' | 'plain';
}

/** What differs in the set-up of two studies, the most serious first. */
export function differencesOf(left: Study, right: Study): readonly Difference[] {
  const [a, b] = [facets(left), facets(right)];
  const names = [...new Set([...a.keys(), ...b.keys()])];
  const found = names.flatMap((what): Difference[] => {
    const [mine, its] = [a.get(what), b.get(what)];
    if (mine?.text === its?.text) return [];
    return [{ what, left: mine?.text ?? '–', right: its?.text ?? '–', weight: (mine ?? its)!.weight }];
  });
  const order = ['unlike', 'other-conditions', 'plain'];
  return found.toSorted((one, other) => order.indexOf(one.weight) - order.indexOf(other.weight));
}

/** The outcome in words, and no more than the numbers: gain of the right study over the left, or why there is none. */
export function pairSentence(left: Study, right: Study, names: readonly [string, string]): Words {
  const differences = differencesOf(left, right);
  if (differences.some(({ weight }) => weight === 'unlike')) return [{ strong: 'These studies cannot be compared: ' }, 'they were judged by different figures.'];
  const caution = cautionText(differences);
  const [one, other] = [bestTrial(left), bestTrial(right)];
  if (one?.value == null || other?.value == null) return [{ strong: 'Not enough data: ' }, `${one?.value == null ? names[0] : names[1]} has no best trial yet.`];
  const { gain, random, bayes } = comparePair(left.spec.environment.concurrency, left, right).levels[0]!;
  if (gain === null) {
    const few = [random[0]!, bayes[0]!].findIndex(({ measured }) => measured < LEAST_MEASURED);
    const why = few >= 0 ? `${names[few]} has fewer than ${LEAST_MEASURED} measured trials.` : 'one of them is not done yet, or its figure has no interval.';
    return [{ strong: 'Too early to judge: ' }, `the bests are ${valueText(left)} (${names[0]}) and ${valueText(right)} (${names[1]}); ${why}`, caution];
  }
  const interval = ` (95 % interval ${formatPercent(Math.min(Math.abs(gain.low), Math.abs(gain.high))).replace(' %', '')} to ${formatPercent(Math.max(Math.abs(gain.low), Math.abs(gain.high)))})`;
  const values = `: ${valueText(right)} (${names[1]}) against ${valueText(left)} (${names[0]})`;
  if (gain.low <= 0 && gain.high >= 0) return [{ strong: 'Too close to call' }, `${values}, difference ${formatPercent(gain.value)} (95 % interval ${formatPercent(gain.low)} to ${formatPercent(gain.high)}).`, caution];
  const winner = gain.value > 0 ? names[1] : names[0];
  return [`The best of ${winner} is `, { strong: `${formatPercent(Math.abs(gain.value))} ${betterWord(left.spec.objective)}` }, `${interval}${values}.`, caution];
}

function cautionText(differences: readonly Difference[]): string {
  const conditions = differences.filter(({ weight }) => weight === 'other-conditions').map(({ what }) => inSentence(what));
  return conditions.length === 0 ? '' : ` Different ${conditions.join(', ')}: times cannot be compared directly.`;
}

function valueText(study: Study): string {
  const best = bestTrial(study)!;
  const { unit } = METRICS[study.spec.objective.metric];
  const half = study.spec.objective.metric === 'meanRoundTripMs' ? (best.measurement?.halfWidthMs ?? null) : null;
  const scale = unit === 'ms' ? timeUnit(best.value!) : { unit, factor: 1 };
  return `${formatInterval(best.value! * scale.factor, half === null ? null : half * scale.factor)} ${scale.unit}`.trim();
}

interface Facet {
  readonly text: string;
  readonly weight: Difference['weight'];
}

function facets(study: Study): ReadonlyMap<string, Facet> {
  const { spec } = study;
  const { environment, measurement, model, objective, budget } = spec;
  const machine = study.runs[study.runs.length - 1]?.machine;
  const plain = (text: string): Facet => ({ text, weight: 'plain' });
  const conditions = (text: string): Facet => ({ text, weight: 'other-conditions' });
  return new Map([
    ['Objective', { text: METRICS[objective.metric].label, weight: 'unlike' }],
    ['Machine', conditions(machine === undefined ? 'not run yet' : `${machine.hostname}, ${machine.processor.trim()}, ${formatCount(machine.cores)} cores, ${formatCount(Math.round(machine.memoryMb / 1024))} GB`)],
    ['Server', conditions(spec.backend.kind === 'docker' ? `Docker, ${spec.backend.image}` : spec.backend.kind === 'local' ? 'built in' : 'simulated')],
    ['Model', conditions(`${WORKLOADS[model.workload].title}${model.modelPath === undefined ? '' : `, ${model.modelPath}`}`)],
    ['Transport', conditions(model.transport === 'grpc' ? 'gRPC' : 'HTTP')],
    ['Concurrent requests', conditions(formatCount(environment.concurrency))],
    ['Items per request', conditions(formatCount(environment.requestBatchSize))],
    ['Inputs', conditions(environment.inputs === 'same' ? 'always the same' : 'unique')],
    ['Network', conditions(describeNetwork(environment.network))],
    ['Load', conditions(measurement.loadModel.kind)],
    ['Requests per trial', plain(measurement.requests.kind === 'fixed' ? formatCount(measurement.requests.count) : `until ± ${formatValue(measurement.requests.halfWidthPercent)} %`)],
    ['Conditions', plain(objective.constraints.map(describeConstraint).join(', ') || 'none')],
    ['Sampler', plain(spec.sampler.kind)],
    ['Trials', plain(formatCount(budget.trials))],
    ['Seed', plain(String(spec.seed))],
    ...spec.space.map((parameter): [string, Facet] => [knobLabel(parameter.name), plain(boundsText(parameter))]),
    ...Object.entries(spec.fixed).map(([name, value]): [string, Facet] => [knobLabel(name), plain(`always ${formatValue(value)}`)]),
  ]);
}

function knobLabel(name: string): string {
  if (!isKnobName(name)) return 'Balancing';
  const { label, unit } = KNOBS[name];
  return unit === '' ? label : `${label} (${unit})`;
}

function boundsText(parameter: Parameter): string {
  return 'values' in parameter ? parameter.values.join(', ') : `${formatValue(parameter.low)} to ${formatValue(parameter.high)}`;
}
