import { counted, formatCount, formatMemory } from '../../main/domain/format.ts';
import { METRICS } from '../../main/domain/metric.ts';
import { describeNetwork } from '../../main/domain/network.ts';
import { loadsFromBeside, startupTrialsOf, type StudySpec } from '../../main/domain/study-spec.ts';
import { knobText } from '../charts/knob-text.ts';
import { KNOBS, type KnobName } from '../../main/domain/knobs.ts';
import { parameterLabel } from '../charts/parameter-axis.ts';
import type { Parameter } from '../../main/domain/parameter.ts';
import type { Study } from '../../main/domain/study.ts';

const BACKENDS: Readonly<Record<StudySpec['backend']['kind'], string>> = { local: 'built-in server', swarm: 'tasks of a Docker swarm', docker: 'Docker containers', simulated: 'simulated in virtual time, not measured' };
const SAMPLERS: Readonly<Record<StudySpec['sampler']['kind'], string>> = {
  random: 'at random', bayes: 'Bayesian search', sobol: 'Sobol points', grid: 'a grid', 'epsilon-greedy': 'epsilon-greedy', tpe: 'tree-structured Parzen estimator', paper: 'the report’s Bayesian search',
};

/** Everything somebody would need to measure it again, as pairs of what and how. */
export function howMeasured({ spec, runs }: Study): readonly (readonly [string, string])[] {
  const { environment, measurement, objective, budget, sampler } = spec;
  const machine = runs[runs.length - 1]?.machine;
  const startup = startupTrialsOf(sampler);
  const { requests } = measurement;
  return [
    ['Model', spec.model.workload], ['Replicas run on', BACKENDS[spec.backend.kind] ?? spec.backend.kind],
    ['Goal', `${objective.direction} ${METRICS[objective.metric].label.toLowerCase().replace('cpu', 'CPU')} (${METRICS[objective.metric].unit})`],
    ...objective.constraints.map(({ metric, relation, bound }) => ['Condition', `${METRICS[metric].label} ${relation === 'at-most' ? 'at most' : 'at least'} ${bound} ${METRICS[metric].unit}`] as const),
    ['Searched', spec.space.map(rangeText).join('; ')],
    ['Fixed', Object.entries(spec.fixed).map(([name, value]) => `${KNOBS[name as KnobName].label} ${knobText(name as KnobName, value)}`).join('; ') || 'nothing'],
    ['Load', `${formatCount(environment.concurrency)} concurrent, ${counted(environment.requestBatchSize, 'item')} per request, ${describeNetwork(environment.network).toLowerCase()}${loadsFromBeside(spec) ? ', sent from beside the replicas' : ''}`],
    ['Requests', requests.kind === 'fixed' ? `${formatCount(requests.count)} a trial` : `until the mean is sure to ± ${requests.halfWidthPercent} %, at most ${formatCount(requests.atMost)}`],
    ['Left out', `the first ${measurement.excludeFirst} of each replica`],
    ['Chosen by', `${SAMPLERS[sampler.kind] ?? sampler.kind}${startup === null ? '' : ` after ${formatCount(startup)} at random`}; ${formatCount(budget.trials)} trials, seed ${spec.seed}`],
    ...(machine === undefined ? [] : [['Machine', `${machine.processor}, ${machine.cores} cores, ${formatMemory(machine.memoryMb)}, ${machine.platform}`] as const]),
  ];
}

function rangeText(parameter: Parameter): string {
  const label = parameterLabel(parameter.name);
  if (parameter.kind === 'categorical' || parameter.kind === 'ordinal') return `${label} ${parameter.values.join(', ')}`;
  return `${label} ${parameter.low} to ${parameter.high}`;
}
