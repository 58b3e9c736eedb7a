import type { RequestDtype, RequestTensor } from './tensor.ts';

/**
 * TensorFlow Serving's gRPC Predict, written and read by hand: five messages, each field number in predict.proto beside this
 * file. The message is built once before the clock starts, with gRPC's five bytes (not compressed, length) in front.
 */
export const PREDICT_PATH = '/tensorflow.serving.PredictionService/Predict';

const DTYPE: Readonly<Record<RequestDtype, number>> = { DT_FLOAT: 1, DT_DOUBLE: 2, DT_INT32: 3, DT_UINT8: 4, DT_STRING: 7, DT_INT64: 9, DT_BOOL: 10 };
const VARINT = 0;
const BYTES = 2;

/** PredictRequest { model_spec 1 { name 1, signature_name 3 }, inputs 2 { key 1, value 2 TensorProto } } with its gRPC prefix. */
export function grpcPredictRequest(model: string, tensors: readonly RequestTensor[], signature = 'serving_default'): Buffer {
  const spec = Buffer.concat([bytesField(1, Buffer.from(model)), bytesField(3, Buffer.from(signature))]);
  const inputs = tensors.map((tensor) => bytesField(2, Buffer.concat([bytesField(1, Buffer.from(tensor.name)), bytesField(2, tensorProto(tensor))])));
  return grpcMessage(Buffer.concat([bytesField(1, spec), ...inputs]));
}

/** A message as gRPC sends it. */
export function grpcMessage(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function tensorProto({ dtype, shape, values }: RequestTensor): Buffer {
  const dims = shape.map((size) => bytesField(2, varintField(1, size)));
  return Buffer.concat([varintField(1, DTYPE[dtype]), bytesField(2, Buffer.concat(dims)), ...contents(dtype, values)]);
}

/** Numbers as little-endian `tensor_content` 4, strings one by one as `string_val` 8. */
function contents(dtype: RequestDtype, values: RequestTensor['values']): readonly Buffer[] {
  if (dtype === 'DT_STRING') return Array.from(values as readonly (string | Buffer)[], (value) => bytesField(8, Buffer.from(value as string)));
  const numbers = Array.from(values as ArrayLike<number>);
  return [bytesField(4, Buffer.from(packed(dtype, numbers).buffer))];
}

function packed(dtype: RequestDtype, numbers: readonly number[]): Float32Array | Float64Array | Int32Array | Uint8Array | BigInt64Array {
  switch (dtype) {
    case 'DT_FLOAT':
      return Float32Array.from(numbers);
    case 'DT_DOUBLE':
      return Float64Array.from(numbers);
    case 'DT_INT32':
      return Int32Array.from(numbers);
    case 'DT_INT64':
      return BigInt64Array.from(numbers, BigInt);
    default:
      return Uint8Array.from(numbers);
  }
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  while (left > 127) {
    bytes.push((left % 128) + 128);
    left = Math.floor(left / 128);
  }
  return Buffer.from([...bytes, left]);
}

function varintField(number: number, value: number): Buffer {
  return Buffer.concat([varint(number * 8 + VARINT), varint(value)]);
}

function bytesField(number: number, value: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + BYTES), varint(value.length), value]);
}

/**
 * Whether bytes [start, end) are a PredictResponse whose every output has `rows` rows and as many values as its shape says. A
 * scan without allocation of its values: it runs on the load thread for every answer.
 */
export function isPredictResponse(body: Uint8Array, start: number, end: number, rows: number): boolean {
  let outputs = 0;
  const scanned = eachField(body, start, end, (field, wire, from, to) => {
    if (field !== 1) return true;
    outputs++;
    if (wire !== BYTES) return false;
    let hasTensor = false;
    return eachField(body, from, to, (inner, innerWire, at, until) => {
      if (inner !== 2 || innerWire !== BYTES) return true;
      hasTensor = true;
      return isTensor(body, at, until, rows);
    }) && hasTensor;
  });
  return scanned && outputs > 0;
}

/** Bytes per value of `tensor_content`, by DataType. */
const WIDTH: Readonly<Record<number, number>> = { 1: 4, 2: 8, 3: 4, 4: 1, 5: 2, 6: 1, 9: 8, 10: 1 };
/** Repeated fields that may hold the values instead, with their fixed width; 0 where values are varints or strings. */
const VALUE_FIELDS: Readonly<Record<number, number>> = { 5: 4, 6: 8, 7: 0, 8: 0, 10: 0, 11: 0 };

function isTensor(body: Uint8Array, start: number, end: number, rows: number): boolean {
  let dtype = 0;
  let size = 1;
  let dimensions = 0;
  let firstDimension = -1;
  let values = 0;
  const scanned = eachField(body, start, end, (field, wire, from, to, value) => {
    if (field === 1) dtype = value;
    else if (field === 2) {
      return eachField(body, from, to, (inner, _wire, at, until) => inner !== 2 || eachField(body, at, until, (dim, _kind, _from, _to, extent) => {
        if (dim !== 1) return true;
        if (dimensions++ === 0) firstDimension = extent;
        size *= extent;
        return true;
      }));
    } else if (field === 4) values += (to - from) / (WIDTH[dtype] ?? NaN);
    else if (field in VALUE_FIELDS) values += wire === BYTES && VALUE_FIELDS[field]! > 0 ? (to - from) / VALUE_FIELDS[field]! : wire === BYTES && field !== 8 ? countVarints(body, from, to) : 1;
    return true;
  });
  /** One value may stand for all that follow it. */
  return scanned && firstDimension === rows && (values === size || (values === 1 && size > 1));
}

function countVarints(body: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i++) if (body[i]! < 128) count++;
  return count;
}

type Visit = (field: number, wire: number, from: number, to: number, value: number) => boolean;

/** Calls `visit` for each field of the message in [start, end); false when the bytes are no message or a visit says so. */
function eachField(body: Uint8Array, start: number, end: number, visit: Visit): boolean {
  const reader = { body, at: start, end };
  while (reader.at < end) {
    const tag = readVarint(reader);
    const wire = tag % 8;
    let value = 0;
    let from = reader.at;
    if (wire === VARINT) value = readVarint(reader);
    else if (wire === BYTES) {
      const length = readVarint(reader);
      from = reader.at;
      reader.at += length;
    } else if (wire === 1 || wire === 5) reader.at += wire === 1 ? 8 : 4;
    else return false;
    if (!(tag >= 8) || !(reader.at <= end) || !visit(Math.floor(tag / 8), wire, from, reader.at, value)) return false;
  }
  return true;
}

/** NaN when cut short. */
function readVarint(reader: { readonly body: Uint8Array; at: number; readonly end: number }): number {
  let value = 0;
  for (let scale = 1; reader.at < reader.end; scale *= 128) {
    const byte = reader.body[reader.at++]!;
    value += (byte % 128) * scale;
    if (byte < 128) return value;
  }
  return NaN;
}
