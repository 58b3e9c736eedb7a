import { ServingError } from './serving-status.ts';

export type NumberArray = Float32Array | Float64Array | Int32Array | Int16Array | Int8Array | Uint8Array | Uint32Array;
export type TensorData = NumberArray | BigInt64Array | string[];

export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Row by row; booleans as 0 and 1. */
  readonly data: TensorData;
}

interface DtypeFacts {
  /** As TensorFlow names it in messages. */
  readonly label: string;
  readonly onnx: 'float32' | 'float64' | 'int32' | 'int16' | 'int8' | 'uint8' | 'uint32' | 'int64' | 'bool' | 'string';
  readonly allocate: (size: number) => TensorData;
}

const DTYPES = {
  DT_FLOAT: { label: 'float', onnx: 'float32', allocate: (size) => new Float32Array(size) },
  DT_DOUBLE: { label: 'double', onnx: 'float64', allocate: (size) => new Float64Array(size) },
  DT_INT32: { label: 'int32', onnx: 'int32', allocate: (size) => new Int32Array(size) },
  DT_INT16: { label: 'int16', onnx: 'int16', allocate: (size) => new Int16Array(size) },
  DT_INT8: { label: 'int8', onnx: 'int8', allocate: (size) => new Int8Array(size) },
  DT_UINT8: { label: 'uint8', onnx: 'uint8', allocate: (size) => new Uint8Array(size) },
  DT_UINT32: { label: 'uint32', onnx: 'uint32', allocate: (size) => new Uint32Array(size) },
  DT_INT64: { label: 'int64', onnx: 'int64', allocate: (size) => new BigInt64Array(size) },
  DT_BOOL: { label: 'bool', onnx: 'bool', allocate: (size) => new Uint8Array(size) },
  DT_STRING: { label: 'string', onnx: 'string', allocate: (size) => new Array<string>(size).fill('') },
} as const satisfies Record<string, DtypeFacts>;

export type Dtype = keyof typeof DTYPES;
export const DTYPE_NAMES = Object.keys(DTYPES) as [Dtype, ...Dtype[]];

export function dtypeFacts(dtype: Dtype): DtypeFacts {
  return DTYPES[dtype];
}

export function dtypeOfOnnx(onnx: string): Dtype {
  const found = DTYPE_NAMES.find((name) => DTYPES[name].onnx === onnx);
  if (found === undefined) throw new ServingError('UNIMPLEMENTED', `Tensors of type ${onnx} are not supported`);
  return found;
}

/** Bytes inside a tensor of text: one character each, so that they are joined, padded and moved as text is. */
export function bytesAsText(bytes: Buffer): string {
  return bytes.toString('latin1');
}
export function textAsBytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, dimension) => size * dimension, 1);
}

/** Rows `from` up to but not including `to`, sharing the memory where the type allows. */
export function sliceRows(tensor: Tensor, from: number, to: number): Tensor {
  const [rows = 0, ...rest] = tensor.shape;
  const width = rows === 0 ? 0 : tensor.data.length / rows;
  const data = Array.isArray(tensor.data)
    ? tensor.data.slice(from * width, to * width)
    : tensor.data.subarray(from * width, to * width);
  return { dtype: tensor.dtype, shape: [to - from, ...rest], data };
}

/**
 * Joins tensors of equal row shape along dimension 0 and repeats the last tensor's first row `paddingRows` times,
 * as TensorFlow Serving fills up to an allowed batch size.
 */
export function concatRows(tensors: readonly Tensor[], paddingRows: number): Tensor {
  const [first] = tensors as [Tensor, ...Tensor[]];
  const last = tensors.at(-1) as Tensor;
  if (tensors.length === 1 && paddingRows === 0) return first;
  const parts = [...tensors, ...Array.from({ length: paddingRows }, () => sliceRows(last, 0, 1))];
  const rows = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const shape = [rows, ...first.shape.slice(1)];
  const data = dtypeFacts(first.dtype).allocate(sizeOf(shape));
  let at = 0;
  for (const part of parts) {
    copyInto(data, part.data, at);
    at += part.data.length;
  }
  return { dtype: first.dtype, shape, data };
}

function copyInto(target: TensorData, source: TensorData, at: number): void {
  if (Array.isArray(target)) (source as string[]).forEach((text, i) => { target[at + i] = text; });
  else (target as Float32Array).set(source as Float32Array, at);
}

/** True when all dimensions after the first are equal. */
export function haveEqualRows(a: Tensor, b: Tensor): boolean {
  return a.shape.length === b.shape.length && a.shape.every((dimension, i) => i === 0 || dimension === b.shape[i]);
}

/**
 * Grows every row to `rowShape` by zeros (empty text) at the end of each dimension.
 * @param rowShape dimensions after the first, each at least the tensor's own
 */
export function padRows(tensor: Tensor, rowShape: readonly number[]): Tensor {
  const shape = [tensor.shape[0] ?? 0, ...rowShape];
  if (shape.every((dimension, i) => dimension === tensor.shape[i])) return tensor;
  const data = dtypeFacts(tensor.dtype).allocate(sizeOf(shape));
  copyBlock(tensor.data, tensor.shape, 0, data, shape, 0, 0);
  return { dtype: tensor.dtype, shape, data };
}

/** Copies a smaller block into the front corner of a larger one. */
function copyBlock(
  from: TensorData, fromShape: readonly number[], fromAt: number,
  to: TensorData, toShape: readonly number[], toAt: number, level: number,
): void {
  const count = fromShape[level] ?? 0;
  if (level === fromShape.length - 1) {
    copyInto(to, from.slice(fromAt, fromAt + count), toAt);
    return;
  }
  const fromWidth = sizeOf(fromShape.slice(level + 1));
  const toWidth = sizeOf(toShape.slice(level + 1));
  for (let i = 0; i < count; i += 1) {
    copyBlock(from, fromShape, fromAt + i * fromWidth, to, toShape, toAt + i * toWidth, level + 1);
  }
}
