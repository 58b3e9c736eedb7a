import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withColumns, withoutColumns } from '../../main/contract/columns.ts';

const overTheWire = (item: unknown): unknown => {
  const { item: shorter, columns } = withColumns(item);
  return withoutColumns(JSON.parse(JSON.stringify(shorter)), JSON.parse(JSON.stringify(columns)) as string[][]);
};
const plainly = (item: unknown): unknown => JSON.parse(JSON.stringify(item)) as unknown;

/** Values of all kinds in few fields, so that columns are now alike, now mixed. */
const leaf = fc.oneof(fc.double(), fc.integer(), fc.string(), fc.boolean(), fc.constant(null), fc.constant(undefined), fc.constantFrom('a', 'b', '"', '\\'));
const row = fc.letrec<{ row: object; value: unknown }>((tie) => ({
  row: fc.dictionary(fc.constantFrom('x', 'y', 'z', 'length', 'same', '__proto__', 'constructor'), tie('value'), { maxKeys: 4 }),
  value: fc.oneof({ maxDepth: 3, withCrossShrink: true }, leaf, fc.array(tie('value'), { maxLength: 3 }), tie('row')),
})).row;

describe('lists by columns', () => {
  test('whatever is in the list comes out as JSON alone would give it', () => {
    fc.assert(fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), fc.boolean(), (few, inSweep) => {
      const trials = Array.from({ length: 240 }, (_, i) => few[(i * 7) % few.length]!);
      const item = inSweep ? { kind: 'snapshot', studies: [{ trials }, { trials: few }] } : { kind: 'snapshot', seq: 3, study: { name: 'a', trials } };
      expect(isDeepStrictEqual(overTheWire(item), plainly(item))).toBe(true);
    }), { numRuns: 200, seed: 8 });
  });

  test('the names of fields travel once', () => {
    const trials = Array.from({ length: 1000 }, (_, i) => ({ meanRoundTripMs: i / 7, state: i % 3 === 0 ? 'failed' : 'complete', enforcement: 'virtual time' }));
    const { item, columns } = withColumns({ study: { trials } });
    expect(columns).toEqual([['study', 'trials']]);
    expect(JSON.stringify(item).match(/meanRoundTripMs|virtual time/g)).toHaveLength(2);
  });

  test('what has no long list travels as it is', () => {
    const item = { kind: 'live', run: { secondsLeft: 1 }, trial: { trips: Array.from({ length: 500 }, () => [1, 2, 0, 0]) } };
    expect(withColumns(item)).toEqual({ item, columns: [] });
    expect(withColumns(item).item).toBe(item);
  });
});
