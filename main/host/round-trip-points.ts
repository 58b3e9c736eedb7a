import { ROUND_TRIP_FAULTS, type RoundTrips } from '../domain/round-trips.ts';
import { fitLine, mean } from '../domain/statistics.ts';
import type { BatchWidths, RoundTripPoints } from '../contract/values.ts';

/** At most `limit` points for the screen: the lowest and the highest of each stretch are always kept. */
export function roundTripPoints(trips: RoundTrips, limit: number): RoundTripPoints {
  const total = trips.roundTripMs.length;
  const kept = total <= limit ? null : extremes(trips.roundTripMs, Math.max(Math.floor(limit / 2), 1));
  const count = kept?.length ?? total;
  const faults: Record<string, number> = {};
  for (const fault of trips.fault) {
    if (fault !== 0) {
      const name = ROUND_TRIP_FAULTS[fault] ?? 'unknown';
      faults[name] = (faults[name] ?? 0) + 1;
    }
  }
  const points = Array.from({ length: count }, (_, k) => {
    const i = kept ? kept[k]! : k;
    return [i, trips.roundTripMs[i]!, trips.replica[i]!, trips.excluded[i] ? 1 : 0, trips.fault[i]!] as const;
  });
  return { total, points, faults, ...(trips.width && total > 0 && { widths: batchWidths(trips.width, trips) }) };
}

function batchWidths(width: Uint32Array, { roundTripMs, fault, excluded }: RoundTrips): BatchWidths {
  const counted = Array.from(width.keys()).filter((i) => fault[i] === 0 && excluded[i] === 0);
  const line = fitLine(counted.map((i) => width[i]!), counted.map((i) => roundTripMs[i]!));
  return {
    least: width.reduce((a, b) => Math.min(a, b)), mean: mean(width), most: width.reduce((a, b) => Math.max(a, b)),
    correlation: line === null ? null : Math.sign(line.slope) * Math.sqrt(line.r2),
  };
}

function extremes(values: Float64Array, stretches: number): readonly number[] {
  const indices: number[] = [];
  for (let s = 0; s < stretches; s++) {
    const from = Math.floor((s * values.length) / stretches);
    const to = Math.floor(((s + 1) * values.length) / stretches);
    let low = from;
    let high = from;
    for (let i = from; i < to; i++) {
      if (values[i]! < values[low]!) low = i;
      if (values[i]! > values[high]!) high = i;
    }
    indices.push(Math.min(low, high));
    if (low !== high) indices.push(Math.max(low, high));
  }
  return indices;
}
