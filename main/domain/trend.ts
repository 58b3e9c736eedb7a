import { fitLine, mean, studentT, type Line } from './statistics.ts';

/** A least-squares line with what is known about it. */
export interface Trend extends Line {
  /** 95 % interval of the slope: slope ± t(n − 2)·√(SSE/(n − 2)/Σ(x − x̄)²). */
  readonly slopeLow: number;
  readonly slopeHigh: number;
  readonly points: number;
  /** 95 % interval of the line's height at `x`. */
  readonly bandAt: (x: number) => { readonly low: number; readonly high: number };
}

/** Below this the scatter about the line has too few degrees of freedom to mean anything. */
export const LEAST_FOR_TREND = 4;

/** Null below four points or without two different x. */
export function fitTrend(x: readonly number[], y: readonly number[]): Trend | null {
  const line = fitLine(x, y);
  const n = x.length;
  if (line === null || n < LEAST_FOR_TREND) return null;
  const centre = mean(x);
  let spread = 0;
  let residual = 0;
  for (let i = 0; i < n; i++) {
    spread += (x[i]! - centre) ** 2;
    residual += (y[i]! - line.intercept - line.slope * x[i]!) ** 2;
  }
  const variance = residual / (n - 2);
  const t = studentT(0.975, n - 2);
  const half = t * Math.sqrt(variance / spread);
  return {
    ...line, points: n, slopeLow: line.slope - half, slopeHigh: line.slope + half,
    bandAt: (at) => {
      const middle = line.intercept + line.slope * at;
      const reach = t * Math.sqrt(variance * (1 / n + (at - centre) ** 2 / spread));
      return { low: middle - reach, high: middle + reach };
    },
  };
}
