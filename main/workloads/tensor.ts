/** What a request carries, whatever the transport: REST writes it as JSON, gRPC as TensorProto. */
export type RequestDtype = 'DT_FLOAT' | 'DT_DOUBLE' | 'DT_INT32' | 'DT_INT64' | 'DT_UINT8' | 'DT_STRING' | 'DT_BOOL';

/** Row by row. Text is UTF-8; binary strings are Buffers and become `{"b64": …}` in REST. */
export type RequestValues = Float32Array | Int32Array | Uint8Array | readonly string[] | readonly Buffer[];

export interface RequestTensor {
  readonly name: string;
  readonly dtype: RequestDtype;
  readonly shape: readonly number[];
  readonly values: RequestValues;
  /** Decimals that REST writes; left out: seven significant digits. */
  readonly decimals?: number;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, dimension) => size * dimension, 1);
}

/**
 * Joins tensors of single items (no batch dimension) into one with a batch dimension, each dimension padded at its end to
 * the largest: zeros, empty text. All have the same rank.
 */
export function stackPadded(items: readonly RequestTensor[]): RequestTensor {
  const [first] = items as [RequestTensor, ...RequestTensor[]];
  const inner = first.shape.map((_, i) => Math.max(...items.map(({ shape }) => shape[i]!)));
  const shape = [items.length, ...inner];
  const width = sizeOf(inner);
  const values = emptyLike(first.values, items.length * width);
  items.forEach((item, row) => copyInto(values, inner, row * width, item.values, item.shape, 0, 0));
  return { ...first, shape, values };
}

type Writable = Float32Array | Int32Array | Uint8Array | (string | Buffer)[];

function emptyLike(values: RequestValues, size: number): Writable & RequestValues {
  if (values instanceof Float32Array) return new Float32Array(size);
  if (values instanceof Int32Array) return new Int32Array(size);
  if (values instanceof Uint8Array) return new Uint8Array(size);
  return new Array<string>(size).fill('');
}

/** Copies a block into the front corner of a larger one. */
function copyInto(
  to: Writable, toShape: readonly number[], toAt: number, from: RequestValues, fromShape: readonly number[], fromAt: number, level: number,
): void {
  if (fromShape.length === 0) {
    to[toAt] = from[fromAt]!;
    return;
  }
  const count = fromShape[level]!;
  const toWidth = sizeOf(toShape.slice(level + 1));
  const fromWidth = sizeOf(fromShape.slice(level + 1));
  for (let i = 0; i < count; i++) {
    if (level === fromShape.length - 1) to[toAt + i] = from[fromAt + i]!;
    else copyInto(to, toShape, toAt + i * toWidth, from, fromShape, fromAt + i * fromWidth, level + 1);
  }
}
