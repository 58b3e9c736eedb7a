import { findBands } from '../../main/domain/clusters.ts';
import type { Band } from '../../main/domain/clusters.ts';
import type { TripColumns } from '../charts/round-trips-chart.ts';
import type { RoundTripPoints } from '../../main/contract/values.ts';
import type { LiveTrips } from '../state/study.svelte.ts';

/** Stored points as the chart takes them. */
export function columnsOf({ points }: RoundTripPoints): TripColumns {
  return {
    index: points.map(([index]) => index),
    ms: points.map(([, ms]) => ms),
    replica: points.map(([, , replica]) => replica),
    excluded: points.map(([, , , excluded]) => excluded),
    failed: points.map(([, , , , fault]) => (fault === 0 ? 0 : 1)),
  };
}

/** A copy: the live columns grow and are emptied under a chart that is still on screen. */
export function liveColumns({ index, roundTripMs, excluded, failed }: LiveTrips): TripColumns {
  return { index: index.slice(), ms: roundTripMs.slice(), excluded: excluded.slice(), failed: failed.slice() };
}

/** Clusters of the counted round trips. */
export function clustersOf({ ms, excluded, failed }: TripColumns): readonly Band[] {
  return findBands(ms.filter((_, i) => excluded[i] === 0 && failed[i] === 0));
}
