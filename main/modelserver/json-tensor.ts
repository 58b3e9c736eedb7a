import { invalidArgument, type ServingError } from './serving-status.ts';
import type { TensorInfo } from './signature.ts';
import { bytesAsText, dtypeFacts, sizeOf, type Dtype, type NumberArray, type Tensor, type TensorData } from './tensor.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

const RANK_MAX = 32;
const FLOAT_INTEGER_MAX = 2 ** 24 - 1;
const FLOAT_MAX = 3.4028234663852886e38;
const UNSIGNED_64_MAX = 2 ** 64;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/**
 * Turns a JSON value (number, text, nested lists) into a dense tensor. The shape follows the first element of each
 * level, as in TensorFlow Serving.
 * @param elementsMax no honest value has more: the length of the text it came from. Keeps a ragged list such as
 *   [[…million…], 1, 1, …] from making us allocate for a million rows.
 * @throws ServingError INVALID_ARGUMENT when lists are ragged or a value has the wrong type
 */
export function readTensor(value: JsonValue, { dtype, decode }: Pick<TensorInfo, 'dtype' | 'decode'>, elementsMax: number): Tensor {
  const shape = shapeOf(value);
  const size = sizeOf(shape);
  const data = dtypeFacts(dtype).allocate(size > elementsMax ? 0 : size);
  // Floats, the usual case, go through a tight loop; whatever it does not like is explained by the general one.
  const isDone = dtype === 'DT_FLOAT' && fillFloats(value, shape, 0, data as Float32Array, 0);
  if (!isDone) fill(value, shape, 0, decode === undefined ? dtype : 'bytes', data, 0);
  return { dtype, shape, data };
}

function shapeOf(value: JsonValue): readonly number[] {
  const shape: number[] = [];
  let inner: JsonValue | undefined = value;
  while (Array.isArray(inner)) {
    if (shape.length === RANK_MAX) throw invalidArgument(`Lists nested deeper than ${RANK_MAX} levels`);
    shape.push(inner.length);
    inner = inner[0] as JsonValue | undefined;
  }
  return shape;
}

function fillFloats(value: JsonValue, shape: readonly number[], level: number, out: Float32Array, at: number): boolean {
  const size = shape[level];
  if (size === undefined || !Array.isArray(value) || value.length !== size) return false;
  if (level === shape.length - 1) {
    for (let i = 0; i < size; i += 1) {
      const number: unknown = value[i];
      if (typeof number !== 'number' || number > FLOAT_INTEGER_MAX || number < -FLOAT_INTEGER_MAX) return false;
      out[at + i] = number;
    }
    return true;
  }
  const width = sizeOf(shape.slice(level + 1));
  if (level === shape.length - 2 && width === 1) return fillSingles(value, out, at);
  for (let i = 0; i < size; i += 1) {
    if (!fillFloats(value[i] as JsonValue, shape, level + 1, out, at + i * width)) return false;
  }
  return true;
}

/** Lists of one number each: the last level of single-channel images. */
function fillSingles(rows: readonly JsonValue[], out: Float32Array, at: number): boolean {
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i];
    if (!Array.isArray(row) || row.length !== 1) return false;
    const number: unknown = row[0];
    if (typeof number !== 'number' || number > FLOAT_INTEGER_MAX || number < -FLOAT_INTEGER_MAX) return false;
    out[at + i] = number;
  }
  return true;
}

/** @returns where the next value goes */
function fill(value: JsonValue, shape: readonly number[], level: number, dtype: Dtype | 'bytes', out: TensorData, at: number): number {
  const rank = shape.length;
  if (!Array.isArray(value)) {
    if (level !== rank) {
      throw invalidArgument(`JSON Value: ${JSON.stringify(value)} found at incorrect level: ${level + 1} in the JSON DOM. Expected at level: ${rank}`);
    }
    write(value as Exclude<JsonValue, readonly JsonValue[]>, dtype, out, at);
    return at + 1;
  }
  if (level >= rank) throw invalidArgument(`Encountered list at unexpected level: ${level} expected < ${rank}`);
  if (value.length !== shape[level]) {
    throw invalidArgument(`Encountered list at unexpected size: ${value.length} at level: ${level} expected size: ${shape[level]}`);
  }
  let next = at;
  for (const inner of value as readonly JsonValue[]) next = fill(inner, shape, level + 1, dtype, out, next);
  return next;
}

const INTEGER_RANGE = {
  DT_INT32: [-(2 ** 31), 2 ** 31 - 1],
  DT_INT16: [-(2 ** 15), 2 ** 15 - 1],
  DT_INT8: [-128, 127],
  DT_UINT8: [0, 255],
  DT_UINT32: [0, 2 ** 32 - 1],
  DT_INT64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
} as const;

function write(value: Exclude<JsonValue, readonly JsonValue[]>, dtype: Dtype | 'bytes', out: TensorData, at: number): void {
  switch (dtype) {
    case 'bytes':
      (out as string[])[at] = bytesAsText(typeof value === 'string' ? Buffer.from(value) : readBase64(value));
      return;
    case 'DT_STRING':
      (out as string[])[at] = readText(value);
      return;
    case 'DT_BOOL':
      if (typeof value !== 'boolean') throw typeError(value, dtype);
      (out as Uint8Array)[at] = value ? 1 : 0;
      return;
    case 'DT_FLOAT':
    case 'DT_DOUBLE':
      if (typeof value !== 'number') throw typeError(value, dtype);
      if (dtype === 'DT_FLOAT' && !isLosslessFloat(value)) {
        throw invalidArgument(`Cannot convert JSON value: ${value} to float without loss of precision.`);
      }
      (out as NumberArray)[at] = value;
      return;
    default: {
      const [least, most] = INTEGER_RANGE[dtype];
      if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) throw typeError(value, dtype);
      if (dtype === 'DT_INT64') (out as BigInt64Array)[at] = BigInt(value);
      else (out as NumberArray)[at] = value;
    }
  }
}

function isLosslessFloat(value: number): boolean {
  if (!Number.isFinite(value)) return true;
  if (Number.isInteger(value) && Math.abs(value) < UNSIGNED_64_MAX) return Math.abs(value) <= FLOAT_INTEGER_MAX;
  return Math.abs(value) <= FLOAT_MAX;
}

/** Text as it stands, or `{"b64": …}` decoded. Bytes that are no UTF-8 cannot reach the engine and are refused. */
function readText(value: Exclude<JsonValue, readonly JsonValue[]>): string {
  if (typeof value === 'string') return value;
  const bytes = readBase64(value);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalidArgument('The base64 data is not UTF-8 text, and this server passes only text to this model');
  }
}

function readBase64(value: Exclude<JsonValue, readonly JsonValue[]>): Buffer {
  if (typeof value !== 'object' || value === null) throw typeError(value, 'DT_STRING');
  const encoded = (value as { readonly [key: string]: JsonValue })['b64'];
  if (typeof encoded !== 'string' || Object.keys(value).length !== 1) {
    throw invalidArgument(`JSON Value: ${JSON.stringify(value)} not formatted correctly for base64 data`);
  }
  if (!BASE64.test(encoded)) throw invalidArgument('Unable to base64 decode');
  return Buffer.from(encoded, 'base64');
}

function typeError(value: JsonValue, dtype: Dtype): ServingError {
  return invalidArgument(`JSON Value: ${JSON.stringify(value)} Type: ${jsonTypeOf(value)} is not of expected type: ${dtypeFacts(dtype).label}`);
}

function jsonTypeOf(value: JsonValue): string {
  if (value === null) return 'Null';
  if (Array.isArray(value)) return 'Array';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  const name = typeof value;
  return name.charAt(0).toUpperCase() + name.slice(1);
}
