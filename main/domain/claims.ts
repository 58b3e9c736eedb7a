import { counted, formatPercent, formatValue, inSentence } from './format.ts';
import { METRICS } from './metric.ts';
import { describeValue, stepOf, variedAxis, type Sweep } from './sweep.ts';
import { LEAST_FOR_TREND } from './trend.ts';
import { hasBest, type Comparison } from './comparison.ts';

export type ClaimVerdict = 'supported' | 'not-supported' | 'not-enough-data';
export const CLAIM_WORDS: Readonly<Record<ClaimVerdict, string>> = { supported: 'Supported', 'not-supported': 'Not supported', 'not-enough-data': 'Not enough data' };

/** One claim of the report, judged by this sweep's data and nothing else. */
export interface Claim {
  readonly id: 'linear' | 'beats-random' | 'gain-grows';
  readonly statement: string;
  readonly verdict: ClaimVerdict;
  /** The numbers behind the verdict. */
  readonly numbers: string;
}

/** A line explains at least this share of the variation, or the claim of linearity fails. */
const LEAST_R2 = 0.95;

/** The report's three claims (source report §5.1, §6); without a duel the one that needs none. */
export function judgeClaims(sweep: Sweep, comparison: Comparison): readonly Claim[] {
  return [linear(sweep, comparison), ...(sweep.spec.duel ? [beatsRandom(sweep, comparison), gainGrows(sweep, comparison)] : [])];
}

/** What stands above them: the report speaks of concurrency alone. */
export function claimsTitle({ spec: { duel, vary } }: Sweep): string {
  if (duel) return 'The report’s three claims';
  return vary.kind === 'concurrency' ? 'The report’s claim' : 'Is it a line?';
}

function linear(sweep: Sweep, { valueTrend, levels }: Comparison): Claim {
  const { metric } = sweep.spec.base.objective;
  const axis = variedAxis(sweep.spec.vary);
  // Only of concurrency does the report say which way: more CPU should make a round trip shorter.
  const rises = sweep.spec.vary.kind === 'concurrency';
  const claim = { id: 'linear', statement: rises ? `${METRICS[metric].label} rises in a line with concurrency` : `${METRICS[metric].label} changes in a line with ${inSentence(axis.label)}` } as const;
  if (valueTrend === null) return { ...claim, verdict: 'not-enough-data', numbers: enough(levels.filter(hasBest).length) };
  const { slope, slopeLow, slopeHigh, r2 } = valueTrend;
  const numbers = `slope ${formatValue(slope)} ${METRICS[metric].unit} per ${stepOf(sweep.spec.vary)} (${range(slopeLow, slopeHigh)}), R² = ${r2.toFixed(3)}`;
  if (rises && slopeHigh <= 0) return { ...claim, verdict: 'not-supported', numbers };
  if (slopeLow <= 0 && slopeHigh >= 0) return { ...claim, verdict: 'not-enough-data', numbers: `${numbers}; the interval includes no ${rises ? 'rise' : 'change'}` };
  return r2 >= LEAST_R2 ? { ...claim, verdict: 'supported', numbers } : { ...claim, verdict: 'not-supported', numbers: `${numbers}; it ${slope > 0 ? 'rises' : 'falls'}, but not in a line` };
}

function beatsRandom(sweep: Sweep, { levels, repeats }: Comparison): Claim {
  const all = levels.length;
  const claim = { id: 'beats-random', statement: `Bayesian search beats random in all ${all === 1 ? 'scenarios' : `${all} scenarios`}` } as const;
  const judged = levels.flatMap(({ value, gain }) => (gain === null ? [] : [{ value, gain }]));
  const ahead = judged.filter(({ gain }) => gain.value > 0);
  // A level is behind when its whole interval is; one that includes no difference speaks neither way.
  const behind = judged.filter(({ gain }) => gain.high <= 0);
  const open = judged.filter(({ gain }) => gain.low <= 0 && gain.high > 0);
  if (behind.length > 0) {
    const worst = behind.reduce((least, one) => (one.gain.value < least.gain.value ? one : least));
    return { ...claim, verdict: 'not-supported', numbers: `${ahead.length} of ${all}; with ${describeValue(sweep.spec.vary, worst.value)} the gain is ${formatPercent(worst.gain.value)} (${range(worst.gain.low, worst.gain.high)} %)` };
  }
  if (judged.length < all || all < 2) return { ...claim, verdict: 'not-enough-data', numbers: `ahead in ${ahead.length} of ${judged.length} judged so far${open.length > 0 ? `, too close to call in ${open.length}` : ''}; ${all} in all` };
  if (open.length > 0) return { ...claim, verdict: 'not-enough-data', numbers: `ahead in ${ahead.length} of ${all}, but too close to call in ${open.length}` };
  return { ...claim, verdict: 'supported', numbers: `${all} of ${all}, least gain ${formatPercent(Math.min(...judged.map(({ gain }) => gain.value)))}${repeats === 1 ? '; one seed each, so luck is not ruled out' : ''}` };
}

function gainGrows(sweep: Sweep, { gainTrend, levels }: Comparison): Claim {
  const axis = variedAxis(sweep.spec.vary);
  const claim = { id: 'gain-grows', statement: sweep.spec.vary.kind === 'concurrency' ? 'The gain grows with concurrency' : `The gain grows with ${inSentence(axis.label)}` } as const;
  if (gainTrend === null) return { ...claim, verdict: 'not-enough-data', numbers: enough(levels.filter(({ gain }) => gain !== null).length) };
  const { slope, slopeLow, slopeHigh } = gainTrend;
  const numbers = `${slope > 0 ? '+' : ''}${formatValue(slope)} points per ${stepOf(sweep.spec.vary)} (${range(slopeLow, slopeHigh)})`;
  if (slopeLow > 0) return { ...claim, verdict: 'supported', numbers };
  if (slopeHigh <= 0) return { ...claim, verdict: 'not-supported', numbers: `${numbers}; it falls` };
  return { ...claim, verdict: 'not-enough-data', numbers: `${numbers}; the interval includes no trend` };
}

function enough(levels: number): string {
  return `${counted(levels, 'level')} measured, a trend needs ${LEAST_FOR_TREND}`;
}

export function range(low: number, high: number): string {
  return `${formatValue(low)} to ${formatValue(high)}`;
}
