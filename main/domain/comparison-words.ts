import { formatPercent, formatValue } from './format.ts';
import { METRICS } from './metric.ts';
import { betterWord } from './objective.ts';
import type { Comparison, Interval } from './comparison.ts';
import { stepOf, type Sweep } from './sweep.ts';

/** Words with emphasis where the answer is. */
export type Words = readonly (string | { readonly strong: string })[];

/** The answer of a sweep in one or two sentences; never more than the numbers. */
export function verdictSentence(sweep: Sweep, comparison: Comparison): Words {
  const words = sweep.spec.duel ? duelSentence(sweep, comparison) : sweepSentence(sweep, comparison);
  return [...words, doubt(comparison)];
}

/** Best runs whose own measurement was not in order: the verdict stands on them. */
function doubt({ levels }: Comparison): string {
  const best = levels.flatMap(({ random, bayes, alone }) => [...random, ...bayes, ...alone]).flatMap((one) => (one.best?.measurement == null ? [] : [one.best.measurement.verdict.kind]));
  const doubtful = best.filter((kind) => kind !== 'valid').length;
  return doubtful === 0 ? '' : ` ${doubtful} of ${best.length} best runs have a verdict other than valid; see their trials.`;
}

function duelSentence(sweep: Sweep, { levels, medianGain, passedAfter, repeats }: Comparison): Words {
  const judged = levels.flatMap(({ gain }) => (gain === null ? [] : [gain]));
  if (judged.length === 0 || medianGain === null) return [{ strong: 'Not enough data' }, ' yet: both studies of one level must be done, with five measured trials each.'];
  const sure = sureText(repeats);
  const passed = passedAfter === null ? '' : passedAfter.duels === 1 ? `; it reached random search’s best after ${passedAfter.trials} of ${passedAfter.of} trials` : `; in half of the duels it won, it passed random search’s best within ${passedAfter.trials} of ${passedAfter.of} trials`;
  if (levels.length === 1) return [...oneLevel(sweep, judged[0]!), ` (95 % interval ${intervalText(judged[0]!)})${passed}. ${sure}`];
  const ahead = judged.filter(({ value }) => value > 0).length;
  const what = sweep.spec.vary.kind === 'concurrency' ? 'concurrency levels' : 'values';
  return [
    `Bayesian search found the ${betterWord(sweep.spec.base.objective)} configuration at `, { strong: `${ahead} of ${judged.length}` }, ` ${what}. Over all levels the median gain is `,
    { strong: formatPercent(medianGain.value) }, ` (95 % interval ${intervalText(medianGain)})${medianGain.low <= 0 && medianGain.high >= 0 ? ', too close to call' : ''}${passed}. ${sure}`,
  ];
}

function oneLevel(sweep: Sweep, gain: Interval): Words {
  if (gain.low <= 0 && gain.high >= 0) return [{ strong: 'Too close to call: ' }, 'Bayesian against random search, gain ', { strong: formatPercent(gain.value) }];
  const side = gain.value > 0 ? 'Bayesian' : 'Random';
  return [`${side} search found the ${betterWord(sweep.spec.base.objective)} configuration, gain of Bayesian search `, { strong: formatPercent(gain.value) }];
}

function sureText(repeats: number): string {
  return repeats === 1 ? 'One seed: the interval covers the measurement, not the luck of the search.' : `${repeats} seeds.`;
}

function sweepSentence(sweep: Sweep, { levels, valueTrend }: Comparison): Words {
  const done = levels.filter(({ alone }) => alone.some(({ best }) => best !== null)).length;
  if (valueTrend === null) return [{ strong: `${done} of ${levels.length}` }, ' levels have a best configuration; a trend needs four.'];
  if (valueTrend.slopeLow === 0 && valueTrend.slopeHigh === 0) return [{ strong: 'No difference: ' }, 'the best is the same at every level.'];
  const { unit } = METRICS[sweep.spec.base.objective.metric];
  return [
    `Each further ${stepOf(sweep.spec.vary)} moves the best by `, { strong: `${formatValue(valueTrend.slope)} ${unit}` },
    ` (95 % interval ${formatValue(valueTrend.slopeLow)} to ${formatValue(valueTrend.slopeHigh)}); a line explains ${formatPercent(valueTrend.r2 * 100)} of the variation.`,
  ];
}

function intervalText({ low, high }: Interval): string {
  return `${formatPercent(low).replace(' %', '')} to ${formatPercent(high)}`;
}
