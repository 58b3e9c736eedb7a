import { emptyRoundTrips, type RoundTrips } from '../domain/round-trips.ts';
import type { LoadResult, LoadTick } from '../study/ports.ts';
import { histogramOf } from './histogram.ts';

/** What one thread measured; its send times count from `originMs` of the clock all threads share. */
export interface ThreadResult extends LoadResult {
  readonly originMs: number;
}

/** The threads' columns as one, in order of completion, and the figures of the worst-off thread. */
export function mergeResults(results: readonly ThreadResult[]): LoadResult {
  const origin = Math.min(...results.map(({ originMs }) => originMs));
  const trips = mergeTrips(results.map(({ trips: own, originMs }) => ({ trips: own, shiftMs: originMs - origin })));
  const sum = (of: (result: ThreadResult) => number): number => results.reduce((total, result) => total + of(result), 0);
  const most = (of: (result: ThreadResult) => number): number => Math.max(...results.map(of));
  const { incumbentMs } = results.find(({ raced }) => raced != null)?.raced ?? {};
  return {
    trips,
    durationS: most(({ originMs, durationS }) => (originMs - origin) / 1000 + durationS),
    lagMsP99: most(({ lagMsP99 }) => lagMsP99),
    cpuShare: most(({ cpuShare }) => cpuShare),
    sure: results.every(({ sure }) => sure),
    threads: results.length,
    ...(results.some(({ client }) => client !== undefined) && { client: 'undici' as const }),
    pinnedCore: results[0]!.pinnedCore ?? null,
    histogram: histogramOf(trips),
    ...(results.some(({ offeredRps }) => offeredRps !== undefined) && {
      offeredRps: sum(({ offeredRps }) => offeredRps ?? 0),
      lateMsP99: most(({ lateMsP99 }) => lateMsP99 ?? 0),
    }),
    raced: incumbentMs === undefined ? null : {
      incumbentMs, savedRequests: sum(({ raced }) => raced?.savedRequests ?? 0), savedS: most(({ raced }) => raced?.savedS ?? 0),
    },
  };
}

function mergeTrips(parts: readonly { readonly trips: RoundTrips; readonly shiftMs: number }[]): RoundTrips {
  const merged = emptyRoundTrips(parts.reduce((sum, { trips }) => sum + trips.fault.length, 0));
  const heads = parts.map(() => 0);
  for (let row = 0; row < merged.fault.length; row++) {
    let next = -1;
    let earliest = Infinity;
    parts.forEach(({ trips, shiftMs }, part) => {
      const at = heads[part]!;
      const end = at < trips.fault.length ? trips.startMs[at]! + trips.roundTripMs[at]! + shiftMs : Infinity;
      if (end < earliest) [next, earliest] = [part, end];
    });
    const { trips, shiftMs } = parts[next]!;
    const at = heads[next]!++;
    merged.startMs[row] = trips.startMs[at]! + shiftMs;
    merged.roundTripMs[row] = trips.roundTripMs[at]!;
    merged.replica[row] = trips.replica[at]!;
    merged.fault[row] = trips.fault[at]!;
    merged.excluded[row] = trips.excluded[at]!;
  }
  return merged;
}

/** The live state of all threads from the last tick of each; `told` numbers the round trips on. */
export function mergeTicks(ticks: readonly LoadTick[], trips: LoadTick['trips']): LoadTick {
  const sum = (of: (tick: LoadTick) => number): number => ticks.reduce((total, tick) => total + of(tick), 0);
  const finished = sum((tick) => tick.finished);
  const weighted = (of: (tick: LoadTick) => number | null, power: number): number | null => {
    const known = ticks.filter((tick) => of(tick) !== null && tick.finished > 0);
    if (known.length < ticks.length) return null;
    return known.reduce((total, tick) => total + (of(tick)! * (tick.finished / finished)) ** power, 0) ** (1 / power);
  };
  return {
    finished,
    planned: sum((tick) => tick.planned),
    failed: sum((tick) => tick.failed),
    meanMs: weighted((tick) => tick.meanMs, 1),
    halfWidthMs: weighted((tick) => tick.halfWidthMs, 2),
    throughputRps: sum((tick) => tick.throughputRps),
    lagMs: Math.max(...ticks.map((tick) => tick.lagMs)),
    waiting: ticks[0]!.waiting.map((_, replica) => sum((tick) => tick.waiting[replica] ?? 0)),
    trips,
  };
}
