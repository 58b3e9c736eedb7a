import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXPONENTS, outputTransform } from '../../../main/optimizer/gp/output-transform.ts';

const latencies = fc.array(fc.double({ min: 0.1, max: 1e4, noNaN: true }), { minLength: 2, maxLength: 20 });

describe('output transform', () => {
  it('returns every cost, of either sign, for every exponent', () => {
    fc.assert(
      fc.property(latencies, fc.constantFrom(...EXPONENTS), fc.constantFrom(1, -1), (costs, exponent, sign) => {
        const signed = costs.map((cost) => sign * cost);
        const { toModel, toCost } = outputTransform(signed, exponent);
        for (const cost of signed) {
          expect(Math.abs(toCost(toModel(cost)) - cost)).toBeLessThan(1e-6 * Math.abs(cost));
        }
      }),
    );
  });

  it('keeps the order and knows its slope', () => {
    for (const costs of [[1, 3, 10, 40], [-1, -3, -10, -40], [-5, 0, 2, 8]]) {
      for (const exponent of EXPONENTS) {
        const { toModel, slope } = outputTransform(costs, exponent);
        for (const cost of costs) {
          const h = 1e-5;
          expect(slope(cost)).toBeGreaterThan(0);
          expect(slope(cost)).toBeCloseTo((toModel(cost + h) - toModel(cost - h)) / (2 * h), 5);
        }
      }
    }
  });

  it('survives a constant objective and the far ends of the scale', () => {
    for (const exponent of EXPONENTS) {
      const { toModel, toCost } = outputTransform([7, 7, 7], exponent);
      expect(toModel(7)).toBeCloseTo(0, 9);
      for (const z of [-1e6, -40, 0, 40, 1e6]) expect(Number.isFinite(toCost(z))).toBe(true);
    }
  });
});
