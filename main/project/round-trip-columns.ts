import { endianness } from 'node:os';
import { damaged } from './project-errors.ts';
import { ROUND_TRIP_FAULTS, type RoundTrips } from '../domain/round-trips.ts';

/** The columns as they lie in the file: little-endian whatever the machine. */
export interface StoredColumns {
  readonly count: number;
  readonly start_ms: Uint8Array;
  readonly round_trip_ms: Uint8Array;
  readonly replica: Uint8Array;
  readonly fault: Uint8Array;
  readonly excluded: Uint8Array;
  /** Null, or absent in older formats: all requests have one shape. */
  readonly width?: Uint8Array | null;
}

export function packRoundTrips(trips: RoundTrips): StoredColumns {
  const count = trips.roundTripMs.length;
  for (const column of Object.values(trips).filter((value) => value !== undefined) as ArrayLike<number>[]) {
    if (column.length !== count) throw new Error(`round trips with columns of ${column.length} and ${count} rows`);
  }
  return {
    count,
    start_ms: littleEndian(trips.startMs, 8),
    round_trip_ms: littleEndian(trips.roundTripMs, 8),
    replica: littleEndian(trips.replica, 2),
    fault: trips.fault,
    excluded: trips.excluded,
    width: trips.width ? littleEndian(trips.width, 4) : null,
  };
}

/** Throws `project-damaged` when a column is shorter or longer than the row says, or names an unknown fault. */
export function unpackRoundTrips(path: string, trial: number, stored: StoredColumns): RoundTrips {
  const column = (bytes: Uint8Array, width: number): Uint8Array => {
    if (bytes.byteLength !== stored.count * width) {
      throw damaged(path, `the round trips of trial ${trial} are ${bytes.byteLength} bytes, not ${stored.count * width}`);
    }
    return bytes;
  };
  const fault = Uint8Array.from(column(stored.fault, 1));
  if (fault.some((index) => index >= ROUND_TRIP_FAULTS.length)) {
    throw damaged(path, `the round trips of trial ${trial} name a fault that does not exist`);
  }
  return {
    startMs: new Float64Array(native(column(stored.start_ms, 8), 8)),
    roundTripMs: new Float64Array(native(column(stored.round_trip_ms, 8), 8)),
    replica: new Uint16Array(native(column(stored.replica, 2), 2)),
    fault,
    excluded: Uint8Array.from(column(stored.excluded, 1)),
    ...(stored.width && { width: new Uint32Array(native(column(stored.width, 4), 4)) }),
  };
}

function littleEndian(column: Float64Array | Uint32Array | Uint16Array, width: 2 | 4 | 8): Uint8Array {
  const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
  return endianness() === 'LE' ? bytes : swapped(bytes, width);
}

/** A copy in a buffer of its own, aligned for the typed array laid over it. */
function native(bytes: Uint8Array, width: 2 | 4 | 8): ArrayBuffer {
  const copy = endianness() === 'LE' ? Uint8Array.from(bytes) : swapped(bytes, width);
  return copy.buffer as ArrayBuffer;
}

function swapped(bytes: Uint8Array, width: 2 | 4 | 8): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const view = Buffer.from(copy.buffer);
  if (width === 8) view.swap64();
  else if (width === 4) view.swap32();
  else view.swap16();
  return copy;
}
