import { brokenRule, feasibilityRules } from '../domain/feasibility.ts';
import type { Capacity } from '../domain/machine.ts';
import { metricValue, type Measurement, type MetricFigures } from '../domain/measurement.ts';
import { fromCost, toCost } from '../domain/objective.ts';
import { createRandom } from '../domain/random.ts';
import { contains } from '../domain/search-space.ts';
import type { Configuration } from '../domain/parameter.ts';
import { servingConfiguration } from '../domain/serving-configuration.ts';
import { countFinished } from '../domain/study.ts';
import type { Environment, SamplerSpec, StudySpec } from '../domain/study-spec.ts';
import type { Prediction, Trial } from '../domain/trial.ts';
import { bayesSampler, DEFAULT_BAYES, fitRequest, PLAIN_BAYES } from './bayes-sampler.ts';
import { epsilonGreedySampler } from './epsilon-greedy-sampler.ts';
import { gridSampler } from './grid-sampler.ts';
import { speaksOf } from './model-space.ts';
import { randomSampler, sobolSampler } from './random-sampler.ts';
import type { Observation, Sampler, SamplerRequest } from './sampler.ts';
import type { Surrogate } from './surrogate.ts';
import { DEFAULT_TPE, tpeSampler } from './tpe-sampler.ts';

/** What a model reads of a measurement. */
type Lesson = MetricFigures & Pick<Measurement, 'standardErrorMs' | 'percentileBounds'>;

/** A study as the samplers see it, and back to the objective's own unit. Every study is one. */
export interface TaughtStudy {
  readonly spec: StudySpec;
  readonly trials: readonly (Pick<Trial, 'number' | 'configuration' | 'state' | 'feasible' | 'value'> & { readonly measurement: Lesson | null })[];
}

/** Without what no sampler reads: ten thousand whole trials keep a thread waiting for a sixth of a second. */
export function taughtStudy({ spec, trials }: TaughtStudy): TaughtStudy {
  return {
    spec,
    trials: trials.map(({ number, configuration, state, feasible, value, measurement }) => ({ number, configuration, state, feasible, value, measurement: measurement && lessonOf(measurement) })),
  };
}

function lessonOf(measurement: Lesson): Lesson {
  const {
    meanRoundTripMs, standardErrorMs, p50Ms, p90Ms, p95Ms, p99Ms, percentileBounds, inferenceTimeMs, throughputRps, cpuCores, memoryMb, sent, errors, energy, gpu,
  } = measurement;
  return {
    meanRoundTripMs, standardErrorMs, p50Ms, p90Ms, p95Ms, p99Ms, inferenceTimeMs, throughputRps, cpuCores, memoryMb, sent, errors,
    ...(percentileBounds && { percentileBounds }), ...(energy && { energy }), ...(gpu && { gpu }),
  };
}

export interface AskOptions {
  /** Other studies of the same parameters: their trials teach across environments. See `canTeach`. */
  readonly earlier?: readonly TaughtStudy[];
}

const LEAST_RUNS_FOR_A_MODEL = 2;

/** What a study's trials teach. Aborted trials teach nothing; those outside a changed space are left out. */
export function observationsOf(study: TaughtStudy): readonly Observation[] {
  return taughtBy(study).filter(({ configuration }) => contains(study.spec.space, configuration));
}

function taughtBy({ spec, trials }: TaughtStudy): readonly Observation[] {
  return trials.filter(({ state }) => state === 'complete' || state === 'failed').map((trial) => observe(spec, trial));
}

function observe({ objective }: StudySpec, { state, feasible, value, configuration, measurement }: TaughtStudy['trials'][number]): Observation {
  if (state !== 'complete' || !feasible || value === null) return { configuration, cost: null, standardError: null };
  const standardError = measurement === null ? null : standardErrorOf(measurement, objective.metric);
  const first: Observation = { configuration, cost: toCost(objective, value), standardError };
  const { second } = objective;
  if (second === undefined) return first;
  const its = measurement === null ? null : metricValue(measurement, second.metric);
  return { ...first, secondCost: its === null ? null : second.direction === 'minimise' ? its : -its };
}

/** Percentiles: a quarter of their 95 % interval. What follows from the mean has its relative error. Null when unknown. */
function standardErrorOf(measurement: Lesson, metric: StudySpec['objective']['metric']): number | null {
  const { standardErrorMs, meanRoundTripMs, percentileBounds } = measurement;
  switch (metric) {
    case 'meanRoundTripMs':
      return standardErrorMs;
    case 'inferenceTimeMs':
      return standardErrorMs === null || meanRoundTripMs === 0 ? null : (standardErrorMs / meanRoundTripMs) * measurement[metric];
    case 'p50Ms': case 'p90Ms': case 'p95Ms': case 'p99Ms': {
      const bounds = percentileBounds?.[metric.slice(0, 3) as 'p50' | 'p90' | 'p95' | 'p99'];
      return bounds == null ? null : (bounds.high - bounds.low) / (2 * 1.96);
    }
    default:
      return null;
  }
}

/** The environment as numbers near 0 to 1: log concurrency, log batch, log delay, loss. */
export function contextOf({ concurrency, requestBatchSize, network }: Environment): readonly number[] {
  return [
    Math.log2(concurrency) / 8, Math.log2(requestBatchSize) / 8, Math.log2(1 + network.delayMs) / 8,
    (network.lossPercent + network.resetPercent) / 10,
  ];
}

/** Whether trials of `other` say something about `spec`: same system, parameters and objective; bounds and environment may differ. */
export function canTeach(other: StudySpec, spec: StudySpec): boolean {
  const same = (pick: (one: StudySpec) => unknown): boolean => JSON.stringify(pick(other)) === JSON.stringify(pick(spec));
  return same(({ space }) => space.map(({ name, kind }) => [name, kind === 'categorical'])) &&
    same(({ backend }) => backend) && same(({ model }) => model) && same(({ fixed }) => fixed) &&
    same(({ objective }) => [objective.metric, objective.constraints, objective.second]) &&
    same(({ measurement }) => measurement.loadModel);
}

export function samplerFor(spec: SamplerSpec): Sampler {
  switch (spec.kind) {
    case 'random':
      return randomSampler();
    case 'sobol':
      return sobolSampler();
    case 'grid':
      return gridSampler(spec.levels);
    case 'epsilon-greedy':
      return epsilonGreedySampler(spec.epsilon);
    case 'tpe':
      return tpeSampler({ ...DEFAULT_TPE, startupTrials: spec.startupTrials });
    case 'paper':
      return bayesSampler({
        ...PLAIN_BAYES, startup: { kind: 'random', trials: spec.startupTrials },
        acquisition: { kind: 'expected-improvement', xi: spec.xi },
      }, 'paper');
    case 'bayes':
      return bayesSampler({
        ...DEFAULT_BAYES,
        startup: { kind: spec.startup ?? 'random', trials: spec.startupTrials },
        acquisition: spec.acquisition === 'confidence-bound'
          ? { kind: 'confidence-bound', beta: spec.beta ?? 2 }
          : { kind: 'expected-improvement', xi: spec.xi },
        repeats: spec.remeasure ?? false,
      });
  }
}

export function baseRequest(spec: StudySpec, capacity: Capacity): Pick<SamplerRequest, 'space' | 'isAllowed' | 'brokenRule' | 'random'> {
  const rules = feasibilityRules(spec, { capacity });
  const broken = (configuration: Configuration): string | null => brokenRule(rules, servingConfiguration(spec, configuration))?.text ?? null;
  return {
    space: spec.space,
    isAllowed: (configuration) => broken(configuration) === null,
    brokenRule: broken,
    random: createRandom(spec.seed),
  };
}

export function requestFor(study: TaughtStudy, capacity: Capacity, { earlier = [] }: AskOptions = {}): SamplerRequest {
  const { space, environment } = study.spec;
  const outside = taughtBy(study).filter(
    ({ configuration }) => !contains(space, configuration) && speaksOf(space, configuration),
  );
  const teachers = earlier.filter((other) => canTeach(other.spec, study.spec));
  const taught = teachers.flatMap((other) => {
    const context = contextOf(other.spec.environment);
    return taughtBy(other).filter(({ configuration }) => speaksOf(space, configuration)).map((trial) => ({ ...trial, context }));
  });
  const pending = study.trials.filter(({ state }) => state === 'running').map(({ configuration }) => configuration);
  return {
    ...baseRequest(study.spec, capacity),
    observations: observationsOf(study),
    earlier: [...taught, ...outside],
    context: contextOf(environment),
    pending,
    trialNumber: countFinished(study) + pending.length + 1,
  };
}

/** Null while there is too little to learn from. */
export function modelFor(request: SamplerRequest): Surrogate | null {
  const ran = [...request.observations, ...(request.earlier ?? [])].filter(({ cost }) => cost !== null).length;
  return ran < LEAST_RUNS_FOR_A_MODEL ? null : fitRequest(request, DEFAULT_BAYES);
}

export function inObjectiveUnit({ objective }: StudySpec, prediction: Prediction): Prediction {
  const ends = [fromCost(objective, prediction.low), fromCost(objective, prediction.high)] as const;
  return {
    ...prediction, mean: fromCost(objective, prediction.mean), low: Math.min(...ends), high: Math.max(...ends),
  };
}
