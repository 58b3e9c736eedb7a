import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { factorise, invertLower, logDeterminant, solve } from '../../../main/optimizer/gp/cholesky.ts';

/** A = G Gᵀ + εI from random entries: positive definite, as badly conditioned as ε allows. */
function positiveDefinite(n: number, entries: readonly number[], epsilon: number): Float64Array {
  const A = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < n; k++) A[i * n + j]! += entries[i * n + k]! * entries[j * n + k]!;
    }
    A[i * n + i]! += epsilon;
  }
  return A;
}

const systems = fc.integer({ min: 1, max: 8 }).chain((n) =>
  fc.record({
    n: fc.constant(n),
    entries: fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: n * n, maxLength: n * n }),
    b: fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: n, maxLength: n }),
  }),
);

describe('Cholesky', () => {
  it('solves what it factorised and inverts it', () => {
    fc.assert(
      fc.property(systems, ({ n, entries, b }) => {
        const A = positiveDefinite(n, entries, 0.5);
        const factor = factorise(A, n)!;
        expect(factor.jitter).toBe(0);
        const x = solve(factor, Float64Array.from(b));
        const inverse = invertLower(factor);
        for (let i = 0; i < n; i++) {
          let row = 0;
          let identity = 0;
          for (let j = 0; j < n; j++) {
            row += A[i * n + j]! * x[j]!;
            identity += A[i * n + j]! * inverse[Math.max(i, j) * n + Math.min(i, j)]!;
          }
          expect(row).toBeCloseTo(b[i]!, 8);
          expect(identity).toBeCloseTo(1, 8);
        }
      }),
    );
  });

  it('knows the determinant', () => {
    expect(logDeterminant(factorise(Float64Array.of(4, 2, 2, 3), 2)!)).toBeCloseTo(Math.log(8), 12);
  });

  it('gets through a singular matrix with jitter and stays finite', () => {
    fc.assert(
      fc.property(systems, ({ n, entries, b }) => {
        const twice = new Float64Array(4 * n * n);
        const A = positiveDefinite(n, entries, 0);
        // Every row and column twice: rank at most n of 2n.
        for (let i = 0; i < 2 * n; i++) for (let j = 0; j < 2 * n; j++) twice[i * 2 * n + j] = A[(i % n) * n + (j % n)]! + 1;
        const factor = factorise(twice, 2 * n)!;
        expect(factor).not.toBeNull();
        expect(solve(factor, Float64Array.from([...b, ...b])).every(Number.isFinite)).toBe(true);
      }),
    );
  });

  it('refuses what is not positive definite', () => {
    expect(factorise(Float64Array.of(1, 2, 2, 1), 2)).toBeNull();
    expect(factorise(Float64Array.of(Number.NaN), 1)).toBeNull();
  });
});
