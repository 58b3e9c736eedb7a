/** Round trips of one trial as columns, in order of completion; kept whole in the project file. */
export interface RoundTrips {
  /** Send time after the first request, ms. */
  readonly startMs: Float64Array;
  readonly roundTripMs: Float64Array;
  /** Index of the replica that was asked. */
  readonly replica: Uint16Array;
  /** 0 answered; otherwise an index into ROUND_TRIP_FAULTS. */
  readonly fault: Uint8Array;
  /** 1 when left out of the mean (first k per replica). */
  readonly excluded: Uint8Array;
  /** Steps (tokens, frames) every item of the request was padded to; absent where all items have one shape. */
  readonly width?: Uint32Array;
}

/** Index 0 is "answered". Order is part of the file format: append only. */
export const ROUND_TRIP_FAULTS = [
  'ok', 'timeout', 'connection-refused', 'connection-reset', 'connection-closed', 'bad-answer', 'http-400', 'http-404',
  'http-408', 'http-413', 'http-429', 'http-500', 'http-503', 'http-504', 'http-other', 'aborted',
] as const;
export type RoundTripFault = (typeof ROUND_TRIP_FAULTS)[number];

export const ROUND_TRIP_BYTES = 8 + 8 + 2 + 1 + 1;

export function emptyRoundTrips(length = 0): RoundTrips {
  return {
    startMs: new Float64Array(length),
    roundTripMs: new Float64Array(length),
    replica: new Uint16Array(length),
    fault: new Uint8Array(length),
    excluded: new Uint8Array(length),
  };
}

/** The mean is taken over these. */
export function countedMs(trips: RoundTrips): Float64Array {
  const { roundTripMs, fault, excluded } = trips;
  const counted = new Float64Array(fault.length);
  let count = 0;
  for (let i = 0; i < fault.length; i++) if (fault[i] === 0 && excluded[i] === 0) counted[count++] = roundTripMs[i]!;
  return counted.subarray(0, count);
}

export function sliceRoundTrips(trips: RoundTrips, from: number, to: number): RoundTrips {
  return {
    startMs: trips.startMs.slice(from, to),
    roundTripMs: trips.roundTripMs.slice(from, to),
    replica: trips.replica.slice(from, to),
    fault: trips.fault.slice(from, to),
    excluded: trips.excluded.slice(from, to),
    ...(trips.width && { width: trips.width.slice(from, to) }),
  };
}

/** An error that ended a measurement, with the round trips made until then: they show how it came about. */
export function withTrips<Failure extends Error>(error: Failure, trips: RoundTrips): Failure {
  return Object.assign(error, { trips });
}

export function tripsOf(error: unknown): RoundTrips | null {
  return error instanceof Error && 'trips' in error ? (error.trips as RoundTrips) : null;
}
