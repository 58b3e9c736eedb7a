import { expect, it } from 'vitest';
import { emptyRoundTrips, type RoundTrips } from '../../main/domain/round-trips.ts';
import { roundTripPoints } from '../../main/host/round-trip-points.ts';

function trips(widths: readonly number[], times: readonly number[], excluded: readonly number[] = []): RoundTrips {
  const { startMs, replica, fault } = emptyRoundTrips(times.length);
  return { startMs, replica, fault, roundTripMs: Float64Array.from(times), excluded: Uint8Array.from(times, (_, i) => (excluded.includes(i) ? 1 : 0)), width: Uint32Array.from(widths) };
}

it('tells the batch widths of all requests, and how they go with the round trips that count', () => {
  const widths = [9, 20, 30, 55, 12];
  const { widths: told, points } = roundTripPoints(trips(widths, [900, 2, 3, 5.5, 1.2], [0]), 1);
  expect(told).toMatchObject({ least: 9, mean: 25.2, most: 55 });
  expect(told!.correlation).toBeCloseTo(1, 9);
  expect(points.length).toBeLessThan(5);
});

it('has no widths where all items have one shape, and no correlation where nothing varies', () => {
  const { width: _none, ...plain } = trips([1, 1], [1, 2]);
  expect('widths' in roundTripPoints(plain, 10)).toBe(false);
  expect(roundTripPoints(trips([7, 7, 7], [1, 2, 3]), 10).widths).toEqual({ least: 7, mean: 7, most: 7, correlation: null });
});
