import { formatFixed, formatValue } from '../../main/domain/format.ts';
import { normalCumulative, normalDensity } from '../../main/domain/normal.ts';
import { objectiveScale } from '../charts/objective-scale.ts';
import type { Study } from '../../main/domain/study.ts';
import type { SamplerSpec, StudySpec } from '../../main/domain/study-spec.ts';
import type { Trial } from '../../main/domain/trial.ts';

/** How the expected gain of one configuration comes about: each quantity as a formula and with its numbers. */
export interface GainWorking {
  /** What the numbers are measured in. */
  readonly scale: string;
  readonly lines: readonly { readonly what: string; readonly text: string }[];
  /** Whether this number chose the point. */
  readonly rule: string;
}

/** Null where the model said nothing, or an older program did not keep what it came from. Formula: Jones, Schonlau & Welch 1998, eq. 15. */
export function gainWorking(study: Study, trial: Trial): GainWorking | null {
  const { prediction } = trial;
  if (prediction?.working === undefined) return null;
  const { mean, deviation, best, exponent } = prediction.working;
  const { sampler } = study.spec;
  const margin = marginOf(sampler);
  const z = (best - margin - mean) / deviation;
  const [cumulative, density] = [normalCumulative(z), normalDensity(z)];
  const improvement = deviation * (z * cumulative + density);
  const { chanceToRun, expectedGain } = prediction;
  const { factor, unit, label } = objectiveScale(study);
  const xi = margin === 0 ? { symbol: '', number: '' } : { symbol: ' − ξ', number: ` − ${margin}` };
  return {
    scale: `On the model’s scale: ${scaleName(exponent, label.toLowerCase())}${study.spec.objective.direction === 'maximise' ? ', its sign turned' : ''}, standardised; smaller is better.`,
    lines: [
      { what: 'Predicted', text: `μ = ${digits(mean)}, σ = ${digits(deviation)}` },
      { what: sampler.kind === 'paper' ? 'Best measured' : 'Best by the model', text: `b = ${digits(best)}${margin === 0 ? '' : `, margin ξ = ${margin}`}` },
      { what: 'Distance', text: `z = (b${xi.symbol} − μ) ÷ σ = (${digits(best)}${xi.number} − ${inside(mean)}) ÷ ${digits(deviation)} = ${digits(z)}` },
      { what: 'Normal law', text: `Φ(z) = ${digits(cumulative)}, φ(z) = ${digits(density)}` },
      { what: 'Improvement', text: `EI = σ · (z · Φ(z) + φ(z)) = ${digits(deviation)} · (${digits(z)} · ${digits(cumulative)} + ${digits(density)}) = ${digits(improvement)}` },
      ...(chanceToRun < 0.9995 ? [{ what: 'If it runs', text: `EI · chance = ${digits(improvement)} · ${digits(chanceToRun)} = ${digits(improvement * chanceToRun)}` }] : []),
      { what: `In ${unit || 'its unit'}`, text: `${formatValue(expectedGain * factor)}: the same expectation, taken after mapping every outcome back` },
    ],
    rule: ruleOf(study.spec, trial, mean, deviation),
  };
}

function ruleOf({ sampler, objective }: StudySpec, { origin, reason }: Trial, mean: number, deviation: number): string {
  if (origin === 'user') return 'You chose this point; the sampler takes the one where EI is largest.';
  if (reason !== undefined) return 'The rule above chose this point, not its EI.';
  if (objective.second !== undefined) return 'With two objectives the sampler takes the point that is expected to add most to the front; EI is that of the first one alone.';
  if (sampler.kind === 'bayes' && sampler.acquisition === 'confidence-bound') {
    const beta = sampler.beta ?? 2;
    return `The sampler takes the lowest bound, here μ − β · σ = ${digits(mean)} − ${beta} · ${digits(deviation)} = ${digits(mean - beta * deviation)}; EI is for comparison.`;
  }
  return 'The sampler takes the configuration where this is largest.';
}

/** ξ, where the sampler asks an improvement to exceed it. */
function marginOf(sampler: SamplerSpec): number {
  if (sampler.kind === 'paper') return sampler.xi;
  return sampler.kind === 'bayes' && sampler.acquisition === 'expected-improvement' ? sampler.xi : 0;
}

/** The Box–Cox exponents the model may choose. */
function scaleName(exponent: number, label: string): string {
  switch (exponent) {
    case 0: return `the logarithm of the ${label}`;
    case 1: return `the ${label}`;
    case 0.5: return `the square root of the ${label}`;
    default: return `the ${label} after a Box–Cox transform with exponent ${formatFixed(exponent, 1)}`;
  }
}

/** Three places are enough to check the sum by hand; smaller numbers keep three digits. */
function digits(value: number): string {
  return value !== 0 && Math.abs(value) < 0.1 ? formatValue(value) : formatFixed(value, 3);
}

/** In the middle of a sum a negative number stands in brackets. */
function inside(value: number): string {
  return value < 0 ? `(${digits(value)})` : digits(value);
}
