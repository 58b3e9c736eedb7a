/**
 * Costs ↔ the scale the model works on.
 *
 *   y   cost            g   geometric mean of the costs
 *   w = ((y/g)^λ − 1)/λ, or log(y/g) for λ = 0            Box & Cox 1964
 *   z = (w − μ)/s                                         standardised; what the model sees
 *
 * Dividing by g makes the Jacobian Π dw/dy = g⁻ⁿ the same for every λ, so marginal likelihoods of different λ compare
 * directly after the −n log s of standardising (Box & Cox 1964, §3). Costs that are all negative (a maximised positive
 * metric) are mirrored; costs of both signs stay as they are (λ = 1, g = 1).
 */
export interface OutputTransform {
  readonly exponent: number;
  /** Whether w is relative to g: costs of one sign. A relative error ε of a cost near g is an error ε/s of z. */
  readonly isRelative: boolean;
  /** Standard deviation s of w. */
  readonly spread: number;
  toModel(cost: number): number;
  toCost(z: number): number;
  /** dz/dy at a cost: how a standard error scales. */
  slope(cost: number): number;
}

export const EXPONENTS = [0, 1, 0.5, -0.5] as const;

export function isTransformable(costs: readonly number[]): boolean {
  return costs.every((cost) => cost > 0) || costs.every((cost) => cost < 0);
}

export function outputTransform(costs: readonly number[], exponent: number): OutputTransform {
  const sign = costs.length > 0 && isTransformable(costs) && costs[0]! < 0 ? -1 : 1;
  const signed = isTransformable(costs);
  const unit = signed ? Math.exp(average(costs.map((cost) => Math.log(sign * cost)))) : largestSize(costs);
  const lambda = signed ? exponent : 1;
  const forward = (cost: number): number => sign * boxCox((sign * cost) / unit, lambda, signed);
  const w = costs.map(forward);
  const mean = average(w);
  const deviation = Math.sqrt(average(w.map((v) => (v - mean) ** 2)));
  // A constant objective has no spread; any scale will do.
  const spread = deviation > 1e-12 * Math.max(1, Math.abs(mean)) ? deviation : 1;
  return {
    exponent: lambda,
    isRelative: signed,
    spread,
    toModel: (cost) => (forward(cost) - mean) / spread,
    toCost: (z) => sign * unit * inverseBoxCox(sign * (z * spread + mean), lambda, signed),
    slope: (cost) => (signed ? ((sign * cost) / unit) ** (lambda - 1) : 1) / (unit * spread),
  };
}

function boxCox(ratio: number, lambda: number, signed: boolean): number {
  if (!signed) return ratio;
  return lambda === 0 ? Math.log(ratio) : (ratio ** lambda - 1) / lambda;
}

/** Outside the range of the transform the nearest end is returned, never NaN. */
function inverseBoxCox(w: number, lambda: number, signed: boolean): number {
  if (!signed) return w;
  if (lambda === 0) return Math.exp(Math.min(w, 300));
  const base = Math.max(lambda * w + 1, 1e-6);
  return base ** (1 / lambda);
}

function average(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function largestSize(values: readonly number[]): number {
  const most = values.reduce((m, value) => Math.max(m, Math.abs(value)), 0);
  return most > 0 ? most : 1;
}
