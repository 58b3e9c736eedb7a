/** The standard normal distribution, accurate far into the tails. */

const SQRT2 = Math.SQRT2;
export const LOG_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);
const SQRT_PI = Math.sqrt(Math.PI);

export function normalDensity(u: number): number {
  return Math.exp(-0.5 * u * u - LOG_SQRT_2PI);
}

export function normalCumulative(u: number): number {
  const half = 0.5 * Math.exp(-0.5 * u * u) * scaledErfc(Math.abs(u) / SQRT2);
  return u < 0 ? half : 1 - half;
}

/**
 * erfcx(x) = exp(x²) erfc(x) for x ≥ 0: the series of erf below 2, the continued fraction above
 * (Abramowitz & Stegun 7.1.6 and 7.1.14). Relative error below 1e-12.
 */
export function scaledErfc(x: number): number {
  if (x > 1e7) return 1 / (x * SQRT_PI);
  if (x < 2) {
    let term = x;
    let sum = x;
    for (let n = 1; term > 1e-17 * sum && n < 100; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return Math.exp(x * x) - (2 / SQRT_PI) * sum;
  }
  let fraction = x;
  for (let n = x < 3 ? 100 : x < 6 ? 50 : 20; n >= 1; n--) fraction = x + n / 2 / fraction;
  return 1 / (fraction * SQRT_PI);
}
