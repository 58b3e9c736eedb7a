import { brokenRule, feasibilityRules } from '../domain/feasibility.ts';
import { createRandom } from '../domain/random.ts';
import { countConfigurations, sampleUniform } from '../domain/search-space.ts';
import { servingConfiguration } from '../domain/serving-configuration.ts';
import type { Capacity } from '../domain/machine.ts';
import type { StudyPlan } from '../contract/values.ts';
import { countMachines, type StudySpec } from '../domain/study-spec.ts';
import type { Trial } from '../domain/trial.ts';

const SAMPLES = 4000;

/** Seconds per trial: what starting, sending and choosing took in the trials so far, or a first guess. */
interface Pace {
  readonly startingS: number;
  readonly sendingS: number;
  readonly choosingS: number;
  readonly basis: string;
}

/** Size, feasible share and time before Start. Shares are estimated from uniformly drawn configurations. */
export function planStudy(
  spec: StudySpec, capacity: Capacity, trials: readonly Trial[], first: StudyPlan['firstConfigurations'],
): StudyPlan {
  const rules = feasibilityRules(spec, { capacity });
  const random = createRandom(spec.seed).split('plan');
  const ruledOut = rules.map(() => 0);
  let feasible = 0;
  for (let i = 0; i < SAMPLES; i++) {
    const serving = servingConfiguration(spec, sampleUniform(spec.space, random));
    if (brokenRule(rules, serving) === null) feasible++;
    rules.forEach((rule, k) => (ruledOut[k]! += rule.allows(serving) ? 0 : 1));
  }
  const configurations = countConfigurations(spec.space);
  return {
    configurations: Number.isFinite(configurations) ? configurations : null,
    feasibleShare: feasible / SAMPLES,
    rules: rules.map(({ text }, k) => ({ text, ruledOutShare: ruledOut[k]! / SAMPLES })),
    firstConfigurations: first,
    ...planTime(spec, trials),
    capacity,
  };
}

/** How many requests a study sends and how long that takes: the part of a plan that is told at once. */
export function planTime(spec: StudySpec, trials: readonly Trial[] = []): Pick<StudyPlan, 'requests' | 'seconds' | 'basis'> {
  const { requests } = spec.measurement;
  const perTrial = requests.kind === 'fixed' ? requests.count : Math.min(requests.atMost, 3000);
  const pace = paceOf(spec, perTrial, trials);
  const n = spec.budget.trials;
  const turns = n / atOnce(spec);
  return {
    requests: n * perTrial,
    seconds: { starting: turns * pace.startingS, sending: turns * pace.sendingS, choosing: turns * pace.choosingS },
    basis: pace.basis,
  };
}

/** Trials on simulated machines are at the same time in their own time only. */
function atOnce(spec: StudySpec): number {
  return spec.backend.kind === 'simulated' ? 1 : Math.min(countMachines(spec), spec.budget.trials);
}

function paceOf(spec: StudySpec, requestsPerTrial: number, trials: readonly Trial[]): Pace {
  // Its trials tell virtual seconds; nobody waits for those.
  if (spec.backend.kind === 'simulated') return { startingS: 0, sendingS: 0.02, choosingS: 0.03, basis: 'a first guess' };
  const timed = trials.filter(({ state, seconds }) => state === 'complete' && seconds !== null);
  if (timed.length > 0) {
    const mean = (pick: (trial: Trial) => number): number => timed.reduce((sum, trial) => sum + pick(trial), 0) / timed.length;
    return {
      startingS: mean(({ seconds }) => seconds!.deploy),
      sendingS: mean(({ seconds, measurement }) => (seconds!.measure * requestsPerTrial) / Math.max(measurement!.sent, 1)),
      choosingS: mean(({ seconds }) => seconds!.other),
      basis: 'from the trials of this study',
    };
  }
  // First guess: 2 ms of one core per item, replicas starting in about a second.
  const items = requestsPerTrial * spec.environment.requestBatchSize;
  return { startingS: 1, sendingS: items * 0.002, choosingS: 0.2, basis: 'a first guess; measured after the first trial' };
}
