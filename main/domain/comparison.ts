import { toCost } from './objective.ts';
import { createRandom } from './random.ts';
import { percentile, sortedCopy } from './statistics.ts';
import { fitTrend, type Trend } from './trend.ts';
import { isStudyDone, type Sweep, type SweepSide } from './sweep.ts';
import type { Study } from './study.ts';
import type { Trial } from './trial.ts';

/** One study of a comparison and the best it found. */
export interface Contestant {
  readonly study: Study;
  readonly side: SweepSide;
  readonly repeat: number;
  readonly best: Trial | null;
  /** Trials with a value that met every condition. */
  readonly measured: number;
}

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Everything at one value of what the sweep varies. */
export interface Level {
  readonly value: number;
  readonly random: readonly Contestant[];
  readonly bayes: readonly Contestant[];
  readonly alone: readonly Contestant[];
  /** (best random − best Bayesian) ÷ best random, percent; null before both sides are done, and below five measured trials on either. */
  readonly gain: Interval | null;
}

/** Whether any study of this level has measured something that counts. */
export function hasBest({ random, bayes, alone }: Level): boolean {
  return [...random, ...bayes, ...alone].some(({ best }) => best !== null);
}

export interface Comparison {
  readonly levels: readonly Level[];
  /** Median of the gains over the levels; null without one. */
  readonly medianGain: Interval | null;
  readonly gainTrend: Trend | null;
  /** Mean of the best found at each level against what is varied. */
  readonly valueTrend: Trend | null;
  /** Trials Bayesian search needed to pass the best of random, median over the duels in which it did. */
  readonly passedAfter: { readonly trials: number; readonly of: number; readonly duels: number } | null;
  readonly repeats: number;
}

export const LEAST_MEASURED = 5;
const BOOTSTRAP_DRAWS = 2000;

/**
 * What a sweep has shown so far. Intervals are percentile bootstraps with 2,000 draws: each draw takes the seeds anew with
 * replacement and moves every best value by its own standard error. With one seed the interval therefore covers the
 * measurement, not the luck of the search; whoever shows it says so.
 */
export function compareSweep(sweep: Sweep, studies: readonly Study[]): Comparison {
  const byId = new Map(studies.map((study) => [study.id, study]));
  const members = sweep.members.flatMap(({ studyId, value, side, repeat }) => {
    const study = byId.get(studyId);
    return study === undefined ? [] : [{ value, contestant: contestantOf(study, side, repeat) }];
  });
  const groups = sweep.spec.vary.values.toSorted((a, b) => a - b).map((value) => {
    const here = members.filter((member) => member.value === value).map(({ contestant }) => contestant);
    const of = (side: SweepSide): readonly Contestant[] => here.filter((one) => one.side === side);
    return { value, random: of('random'), bayes: of('bayes'), alone: of('alone') };
  });
  return fromGroups(groups, sweep.spec.repeats);
}

/** Two studies side by side, whatever they searched with; `random` is the first. */
export function comparePair(value: number, first: Study, second: Study): Comparison {
  return fromGroups([{ value, random: [contestantOf(first, 'random', 1)], bayes: [contestantOf(second, 'bayes', 1)], alone: [] }], 1);
}

export function contestantOf(study: Study, side: SweepSide, repeat: number): Contestant {
  const measured = study.trials.filter(({ state, feasible, value }) => state === 'complete' && feasible && value !== null).length;
  return { study, side, repeat, measured, best: study.incumbent === null ? null : (study.trials[study.incumbent - 1] ?? null) };
}

function fromGroups(groups: readonly Omit<Level, 'gain'>[], repeats: number): Comparison {
  const drawn = groups.map((group) => drawGains(group));
  const levels = groups.map((group, i): Level => ({ ...group, gain: intervalOf(drawn[i]!) }));
  const judged = levels.filter(({ gain }) => gain !== null);
  const best = levels.flatMap(({ value, bayes, alone, random }) => {
    const height = meanBest(bayes.length > 0 ? bayes : alone.length > 0 ? alone : random);
    return height === null ? [] : [{ value, height }];
  });
  return {
    levels, repeats,
    medianGain: medianOver(drawn.filter((gains) => gains !== null)),
    gainTrend: fitTrend(judged.map(({ value }) => value), judged.map(({ gain }) => gain!.value)),
    valueTrend: fitTrend(best.map(({ value }) => value), best.map(({ height }) => height)),
    passedAfter: passedAfter(levels),
  };
}

/** Mean over the seeds of the best value found, in the objective's unit; null before every seed is done and has one. */
export function meanBest(side: readonly Contestant[]): number | null {
  if (side.length === 0 || side.some(({ best, study }) => best?.value == null || !isStudyDone(study))) return null;
  return side.reduce((sum, { best }) => sum + best!.value!, 0) / side.length;
}

/** Gains in percent: the observed mean first, then the bootstrap draws. */
type Gains = readonly number[];

function drawGains({ value, random, bayes }: Omit<Level, 'gain'>): Gains | null {
  const pairs = random.flatMap((one) => {
    const other = bayes.find(({ repeat }) => repeat === one.repeat);
    return other === undefined ? [] : [[one, other] as const];
  });
  if (pairs.length === 0 || pairs.some((pair) => pair.some(({ best, measured }) => best === null || measured < LEAST_MEASURED))) return null;
  // Equal budget: a side that is still running has had less.
  if (pairs.some((pair) => pair.some(({ study }) => !isStudyDone(study)))) return null;
  // One seed and a figure without an interval of its own: nothing says how sure the gain is.
  if (pairs.length === 1 && pairs[0]!.some(({ best }) => standardError(pairs[0]![0].study, best!) === null)) return null;
  const draws = createRandom(pairs[0]![0].study.spec.seed).split(`gain/${value}`);
  const gainOf = (pair: (typeof pairs)[number], shake: () => number): number => {
    const { objective } = pair[0].study.spec;
    const cost = ({ best, study }: Contestant): number => toCost(objective, best!.value! + shake() * (standardError(study, best!) ?? 0));
    const [left, right] = [cost(pair[0]), cost(pair[1])];
    return ((left - right) / Math.abs(left)) * 100;
  };
  const observed = pairs.reduce((sum, pair) => sum + gainOf(pair, () => 0), 0) / pairs.length;
  const drawn = Array.from({ length: BOOTSTRAP_DRAWS }, () => {
    let sum = 0;
    for (let i = 0; i < pairs.length; i++) sum += gainOf(pairs[draws.integer(0, pairs.length - 1)]!, () => draws.normal());
    return sum / pairs.length;
  });
  return [observed, ...drawn];
}

function standardError({ spec }: Study, { measurement }: Trial): number | null {
  return spec.objective.metric === 'meanRoundTripMs' ? (measurement?.standardErrorMs ?? null) : null;
}

function intervalOf(gains: Gains | null): Interval | null {
  if (gains === null) return null;
  const sorted = sortedCopy(gains.slice(1));
  return { value: gains[0]!, low: percentile(sorted, 2.5), high: percentile(sorted, 97.5) };
}

function medianOver(levels: readonly Gains[]): Interval | null {
  if (levels.length === 0) return null;
  const medians = levels[0]!.map((_, draw) => percentile(sortedCopy(levels.map((gains) => gains[draw]!)), 50));
  return intervalOf(medians);
}

function passedAfter(levels: readonly Level[]): Comparison['passedAfter'] {
  const counts: number[] = [];
  let duels = 0;
  let of = 0;
  for (const { random, bayes } of levels) {
    for (const one of random) {
      const other = bayes.find(({ repeat }) => repeat === one.repeat);
      if (other === undefined || one.best?.value == null || other.best === null || !isStudyDone(one.study) || !isStudyDone(other.study)) continue;
      duels++;
      of = Math.max(of, other.study.spec.budget.trials);
      const { objective } = one.study.spec;
      const goal = toCost(objective, one.best.value);
      const at = other.study.trials.findIndex(({ feasible, value }) => feasible && value !== null && toCost(objective, value) <= goal);
      if (at >= 0) counts.push(at + 1);
    }
  }
  if (counts.length === 0) return null;
  return { trials: Math.round(percentile(sortedCopy(counts), 50)), of, duels };
}
