import { describe, expect, it } from 'vitest';
import { normalCumulative, normalDensity } from '../../../main/domain/normal.ts';
import {
  expectedGain, expectedImprovement, logBoundImprovement, logExpectedImprovement, logImprovement,
} from '../../../main/optimizer/acquisition/expected-improvement.ts';

/** Simpson's rule, fine enough for 1e-10 on the smooth integrands here. */
function integrate(f: (x: number) => number, from: number, to: number, panels = 20_000): number {
  const h = (to - from) / panels;
  let sum = f(from) + f(to);
  for (let i = 1; i < panels; i++) sum += (i % 2 === 0 ? 2 : 4) * f(from + i * h);
  return (sum * h) / 3;
}

const CASES = [
  { mean: 0, variance: 1, best: 0 }, { mean: 1, variance: 0.25, best: 0.2 }, { mean: -1, variance: 0.04, best: 0.5 },
  { mean: 2, variance: 0.3, best: -0.5 }, { mean: 3, variance: 0.36, best: -0.6 },
];

describe('normal distribution', () => {
  it('agrees with numerical integration', () => {
    for (const u of [-6, -3, -1, -0.2, 0, 0.7, 2, 5]) {
      const area = integrate(normalDensity, Math.min(u, 0) - 12, u);
      expect(Math.abs(normalCumulative(u) / area - 1)).toBeLessThan(1e-9);
    }
  });
});

describe('expected improvement', () => {
  it('agrees with numerical integration, and so does its logarithm', () => {
    for (const { mean, variance, best } of CASES) {
      const sigma = Math.sqrt(variance);
      const integral = integrate((z) => ((best - z) * normalDensity((z - mean) / sigma)) / sigma, Math.min(mean, best) - 12 * sigma, best);
      const value = expectedImprovement({ mean, variance }, best, 0);
      expect(Math.abs(value / integral - 1)).toBeLessThan(1e-6);
      expect(logExpectedImprovement({ mean, variance }, best, 0)).toBeCloseTo(Math.log(integral), 6);
    }
  });

  it('asks for a larger improvement with a larger margin', () => {
    const at = (xi: number): number => expectedImprovement({ mean: 0, variance: 1 }, 0, xi);
    expect(at(0.5)).toBeLessThan(at(0));
    expect(at(0.5)).toBeCloseTo(expectedImprovement({ mean: 0.5, variance: 1 }, 0, 0), 12);
  });

  it('of a confidence bound keeps the order of the bound, and is its gain where there is one', () => {
    let previous = Infinity;
    for (let mean = -3; mean < 60; mean += 0.1) {
      const value = logBoundImprovement({ mean, variance: 0.25 }, 1, 2);
      expect(value).toBeLessThan(previous);
      if (mean < 1) expect(value).toBeCloseTo(Math.log(1 - (mean - 2 * 0.5)), 6);
      previous = value;
    }
  });

  it('stays finite, rising and continuous where plain EI is zero', () => {
    let previous = -Infinity;
    for (let u = -5000; u < 3; u += 0.25) {
      const value = logImprovement(u);
      expect(Number.isFinite(value)).toBe(true);
      expect(value).toBeGreaterThan(previous);
      previous = value;
    }
    for (const seam of [-1, -1e3]) {
      expect(Math.abs(logImprovement(seam - 1e-9) - logImprovement(seam + 1e-9))).toBeLessThan(1e-5);
    }
    // Asymptote of the improvement: φ(u)/u².
    expect(logImprovement(-50)).toBeCloseTo(Math.log(normalDensity(0)) - 1250 - 2 * Math.log(50), 2);
  });

  it('is measured in the unit of the cost through any transform', () => {
    for (const { mean, variance, best } of CASES) {
      const sigma = Math.sqrt(variance);
      for (const toCost of [(z: number) => z, (z: number) => 10 * Math.exp(z), (z: number) => -4 * Math.exp(-z)]) {
        const integral = integrate(
          (z) => ((toCost(best) - toCost(z)) * normalDensity((z - mean) / sigma)) / sigma, mean - 12 * sigma, best,
        );
        expect(Math.abs(expectedGain({ mean, variance }, best, toCost) / integral - 1)).toBeLessThan(1e-4);
      }
    }
  });
});
