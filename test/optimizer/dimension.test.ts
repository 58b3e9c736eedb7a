import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listValues, type Parameter } from '../../main/domain/parameter.ts';
import { createRandom } from '../../main/domain/random.ts';
import { contains, decode, decodeValue, encode, encodeValue, sampleUniform } from '../../main/domain/search-space.ts';
import { dimensionsOf, distance, snapPoint } from '../../main/optimizer/dimension.ts';

const scale = fc.constantFrom('linear' as const, 'log' as const);
const integers = fc
  .record({ low: fc.integer({ min: 1, max: 50 }), span: fc.integer({ min: 0, max: 500 }), step: fc.integer({ min: 1, max: 7 }), scale })
  .map(({ low, span, step, scale }): Parameter => {
    const high = low + span;
    return { kind: 'integer', name: 'p', low, high, ...(step <= span && { step }), scale };
  });
const reals = fc
  .record({ low: fc.integer({ min: 1, max: 50 }), span: fc.integer({ min: 1, max: 90 }), steps: fc.option(fc.integer({ min: 2, max: 40 })), scale })
  .map(({ low, span, steps, scale }): Parameter => ({
    kind: 'real', name: 'p', low: low / 10, high: (low + span) / 10, ...(steps !== null && { step: span / 10 / steps }), scale,
  }));
const ordinals = fc
  .uniqueArray(fc.integer({ min: 1, max: 4096 }), { minLength: 1, maxLength: 12 })
  .map((values): Parameter => ({ kind: 'ordinal', name: 'p', values: values.sort((a, b) => a - b), scale: 'linear' }));
const categories = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 })
  .map((values): Parameter => ({ kind: 'categorical', name: 'p', values }));
const parameters = fc.oneof(integers, reals, ordinals, categories);
const coordinates = fc.double({ min: 0, max: 1, noNaN: true });

describe('search space and unit cube', () => {
  it('decodes every point to a legal configuration, and back to where it is run', () => {
    fc.assert(
      fc.property(fc.array(parameters, { minLength: 1, maxLength: 5 }), fc.array(coordinates, { minLength: 5, maxLength: 5 }), (list, point) => {
        const space = list.map((parameter, i) => ({ ...parameter, name: `p${i}` }));
        const configuration = decode(space, point);
        expect(contains(space, configuration)).toBe(true);
        expect(decode(space, encode(space, configuration))).toEqual(configuration);
      }),
      { numRuns: 500 },
    );
  });

  it('returns every listed value', () => {
    fc.assert(
      fc.property(parameters, (parameter) => {
        for (const value of listValues(parameter) ?? []) {
          expect(decodeValue(parameter, encodeValue(parameter, value))).toBe(value);
        }
      }),
    );
  });

  it('gives every value of a step grid the same share, also when the highest bound is not on the grid', () => {
    const space: Parameter[] = [{ kind: 'integer', name: 'p', low: 1, high: 12, step: 4, scale: 'linear' }];
    const random = createRandom('share');
    const hits = new Map<unknown, number>();
    for (let i = 0; i < 30_000; i++) {
      const { p } = sampleUniform(space, random);
      hits.set(p, (hits.get(p) ?? 0) + 1);
    }
    expect([...hits.keys()].sort()).toEqual([1, 5, 9]);
    for (const count of hits.values()) expect(Math.abs(count / 10_000 - 1)).toBeLessThan(0.05);
  });
});

describe('typed dimensions', () => {
  it('round a point to its cell once and for all', () => {
    fc.assert(
      fc.property(parameters, coordinates, (parameter, u) => {
        const dimensions = dimensionsOf([parameter]);
        const snapped = snapPoint(dimensions, [u]);
        expect(snapPoint(dimensions, snapped)).toEqual(snapped);
        expect(decodeValue(parameter, snapped[0]!)).toBe(decodeValue(parameter, u));
      }),
    );
  });

  it('move from cell to cell and stop at the ends', () => {
    fc.assert(
      fc.property(fc.oneof(integers, ordinals, categories), coordinates, fc.integer({ min: -3, max: 3 }), (parameter, u, by) => {
        const [dimension] = dimensionsOf([parameter]);
        const values = listValues(parameter)!;
        const from = values.indexOf(decodeValue(parameter, u));
        const to = values.indexOf(decodeValue(parameter, dimension!.move(dimension!.snap(u), by)));
        expect(to).toBe(Math.min(Math.max(from + by, 0), values.length - 1));
      }),
    );
  });

  it('measure categories by mismatch', () => {
    const [dimension] = dimensionsOf([{ kind: 'categorical', name: 'p', values: ['a', 'b', 'c'] }]);
    const at = (value: string): number => encodeValue({ kind: 'categorical', name: 'p', values: ['a', 'b', 'c'] }, value);
    expect(distance(dimension!, at('a'), at('b'))).toBe(1);
    expect(distance(dimension!, at('a'), at('c'))).toBe(1);
    expect(distance(dimension!, at('b'), at('b'))).toBe(0);
  });
});
