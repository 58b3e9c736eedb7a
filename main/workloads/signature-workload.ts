import { chooseItems } from './choose-items.ts';
import { hasRows } from './answer-scan.ts';
import { proposeEncoder } from './encoders/propose-encoder.ts';
import type { Encoder } from './encoders/encoder.ts';
import type { DataSet, Item } from './items.ts';
import { isPredictions, predictRequest } from './predict-request.ts';
import { predictBody, tensorJson } from './rest-request.ts';
import type { ModelSignature } from './signature.ts';
import { stackPadded, type RequestTensor } from './tensor.ts';
import type { RequestPool, Workload } from './workload.ts';

export interface SignatureWorkload extends Workload {
  readonly encoder: Encoder;
}

/** Requests of fixed shape are kept as JSON per item as long as all of it fits. */
const CACHED_BYTES_MAX = 96 * 2 ** 20;

/** Any data set for any model whose signature its encoder understands. */
export function signatureWorkload(options: {
  readonly modelName: string;
  readonly data: DataSet;
  readonly signature: ModelSignature;
  readonly form: 'row' | 'columnar';
}): SignatureWorkload {
  const { modelName, data, signature, form } = options;
  const { items } = data;
  const encoder = proposeEncoder(signature, data);
  const names = signature.inputs.map(({ name }) => name);
  const path = `/v1/models/${encodeURIComponent(modelName)}:predict`;
  const jsonOf = cached(items, (item) => encoder.encode(item).map((tensor) => Buffer.from(tensorJson(tensor))));

  const request = (chosen: readonly number[]): Buffer => {
    const rows = encoder.isVariable ? paddedRows(encoder, chosen.map((item) => items[item]!)) : chosen.map((item) => jsonOf(item));
    return predictRequest(path, predictBody(form, signature.signatureName, names, rows));
  };

  return {
    name: modelName,
    itemCount: items.length,
    encoder,
    encode: ({ requestBatchSize, inputs, seed, count, memoryMb = 64 }) => {
      const choice = chooseItems({ itemCount: items.length, requestBatchSize, inputs, seed });
      const most = Math.min(choice.distinct, count);
      const pool: { readonly items: readonly number[]; readonly bytes: Buffer }[] = [];
      let bytesLeft = memoryMb * 2 ** 20;
      while (pool.length < most && (bytesLeft > 0 || pool.length === 0)) {
        const chosen = choice.items(pool.length);
        const bytes = request(chosen);
        pool.push({ items: chosen, bytes });
        bytesLeft -= bytes.length;
      }
      return requestPool(pool, encoder, items);
    },
    isAnswer: answerCheck(signature, form),
  };
}

function requestPool(pool: readonly { readonly items: readonly number[]; readonly bytes: Buffer }[], encoder: Encoder, items: readonly Item[]): RequestPool {
  const chosen = (index: number): readonly Item[] => pool[index]!.items.map((item) => items[item]!);
  const widths = pool.map((_, index) => (encoder.isVariable ? widest(encoder, chosen(index)) : null));
  return {
    count: pool.length,
    bytes: (index) => pool[index]!.bytes,
    items: (index) => pool[index]!.items,
    width: (index) => widths[index]!,
    tensors: (index) => stacked(encoder, chosen(index)),
  };
}

function widest(encoder: Encoder, items: readonly Item[]): number {
  return Math.max(...items.map((item) => encoder.widthOf(item) ?? 0));
}

/** Per input one tensor over all items, padded to the longest. */
function stacked(encoder: Encoder, items: readonly Item[]): readonly RequestTensor[] {
  const encoded = items.map((item) => encoder.encode(item));
  return encoded[0]!.map((_, input) => stackPadded(encoded.map((tensors) => tensors[input]!)));
}

function paddedRows(encoder: Encoder, items: readonly Item[]): readonly (readonly Buffer[])[] {
  const columns = stacked(encoder, items);
  return items.map((_, row) => columns.map((tensor) => Buffer.from(tensorJson(rowOf(tensor, row)))));
}

function rowOf(tensor: RequestTensor, row: number): RequestTensor {
  const shape = tensor.shape.slice(1);
  const width = tensor.values.length / tensor.shape[0]!;
  return { ...tensor, shape, values: tensor.values.slice(row * width, (row + 1) * width) as RequestTensor['values'] };
}

function cached(items: readonly Item[], make: (item: Item) => readonly Buffer[]): (item: number) => readonly Buffer[] {
  const known = new Map<number, readonly Buffer[]>();
  let bytes = 0;
  return (item) => {
    const found = known.get(item);
    if (found !== undefined) return found;
    const made = make(items[item]!);
    const size = made.reduce((sum, { length }) => sum + length, 0);
    if (bytes + size <= CACHED_BYTES_MAX) {
      known.set(item, made);
      bytes += size;
    }
    return made;
  };
}

/** Tables of floats are checked number by number, everything else row by row. */
function answerCheck({ outputs }: ModelSignature, form: 'row' | 'columnar'): Workload['isAnswer'] {
  const [only] = outputs;
  const columns = only?.shape?.length === 2 ? only.shape[1]! : -1;
  if (form === 'row' && outputs.length === 1 && only?.dtype === 'DT_FLOAT' && columns > 0) {
    return (body, start, end, rows) => isPredictions(body, start, end, rows, columns);
  }
  return (body, start, end, rows) => hasRows(body, start, end, rows, form);
}
