import { invalidArgument } from './serving-status.ts';

/** Protocol buffers' wire format, as much of it as the served messages need. */
export interface WireField {
  readonly number: number;
  /** Varints and fixed-width values; NaN for bytes. */
  readonly value: number | bigint;
  /** Length-delimited bytes; empty otherwise. */
  readonly bytes: Buffer;
  readonly wire: 'varint' | 'bytes' | 'fixed32' | 'fixed64';
}

const NONE = Buffer.alloc(0);
const WIRES = { 0: 'varint', 1: 'fixed64', 2: 'bytes', 5: 'fixed32' } as const;

/** All fields of a message in order. @throws ServingError INVALID_ARGUMENT for bytes that are no message */
export function readFields(message: Buffer): readonly WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw malformed();
  };
  const take = (length: number): Buffer => {
    if (!(at + length <= message.length)) throw malformed();
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = Number(varint());
    const wire = WIRES[(tag & 7) as keyof typeof WIRES];
    const number = tag >>> 3;
    if (wire === undefined || number === 0) throw malformed();
    if (wire === 'varint') fields.push({ number, wire, value: varint(), bytes: NONE });
    else fields.push({ number, wire, value: NaN, bytes: take(wire === 'bytes' ? Number(varint()) : wire === 'fixed32' ? 4 : 8) });
  }
  return fields;
}

/** Signed varints of a packed or single field. */
export function readVarints({ wire, value, bytes }: WireField): readonly bigint[] {
  if (wire === 'varint') return [BigInt.asIntN(64, value as bigint)];
  const values: bigint[] = [];
  let current = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    current |= BigInt(byte & 127) << shift;
    shift += 7n;
    if (byte >= 128) continue;
    values.push(BigInt.asIntN(64, current));
    current = shift = 0n;
  }
  if (shift !== 0n) throw malformed();
  return values;
}

export function varintField(number: number, value: number | bigint): Buffer {
  return Buffer.concat([varint(BigInt(number) << 3n), varint(BigInt.asUintN(64, BigInt(value)))]);
}

export function bytesField(number: number, value: Uint8Array | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  return Buffer.concat([varint((BigInt(number) << 3n) | 2n), varint(BigInt(bytes.length)), bytes]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  return Buffer.from([...bytes, Number(left)]);
}

function malformed(): Error {
  return invalidArgument('The message could not be parsed');
}
