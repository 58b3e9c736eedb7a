import { join } from 'node:path';
import { ServescapeError } from '../domain/errors.ts';
import { readIdx } from './idx.ts';
import { isPredictions, predictRequest } from './predict-request.ts';
import { chooseItems, type ItemChoice } from './choose-items.ts';
import type { RequestTensor } from './tensor.ts';
import type { RequestPool, Workload } from './workload.ts';

/** Held-out handwritten digits for the digit classifier: input `images` [-1, 28, 28, 1] floats 0–1, output `scores` [-1, 10]. */
const PATH = '/v1/models/digits:predict';
const CLASSES = 10;
const SIDE = 28;

export async function openDigits(dataRoot: string): Promise<Workload> {
  const path = join(dataRoot, 'digits', 't10k-images-idx3-ubyte.gz');
  const { dimensions, bytes } = await readIdx(path);
  if (dimensions.length !== 3 || dimensions[1] !== SIDE || dimensions[2] !== SIDE) {
    throw new ServescapeError('model-unusable', `The data file ${path} cannot be used: it holds ${dimensions.join(' × ')} values, not images of ${SIDE} × ${SIDE}.`);
  }
  const itemCount = dimensions[0]!;
  const fragments = Array.from({ length: itemCount }, (_, item) => encodeImage(bytes.subarray(item * SIDE * SIDE, (item + 1) * SIDE * SIDE)));
  return {
    name: 'digits',
    itemCount,
    encode: ({ requestBatchSize, inputs, seed, count, memoryMb = 64 }) => {
      const choice = chooseItems({ itemCount, requestBatchSize, inputs, seed });
      const requestBytes = requestBatchSize * Math.max(...fragments.slice(0, 100).map((fragment) => fragment.length));
      const most = Math.max(1, Math.floor((memoryMb * 2 ** 20) / requestBytes));
      return pool(fragments, bytes, choice, Math.min(choice.distinct, count, most));
    },
    isAnswer: (body, start, end, items) => isPredictions(body, start, end, items, CLASSES),
  };
}

function pool(fragments: readonly Buffer[], pixels: Uint8Array, choice: ItemChoice, count: number): RequestPool {
  const items = Array.from({ length: count }, (_, i) => choice.items(i));
  const requests = items.map((chosen) => encodeRequest(chosen.map((item) => fragments[item]!)));
  return {
    count, bytes: (index) => requests[index]!, items: (index) => items[index]!, width: () => null,
    tensors: (index) => [imagesTensor(pixels, items[index]!)],
  };
}

function imagesTensor(pixels: Uint8Array, items: readonly number[]): RequestTensor {
  const values = new Float32Array(items.length * SIDE * SIDE);
  items.forEach((item, row) => {
    for (let i = 0; i < SIDE * SIDE; i++) values[row * SIDE * SIDE + i] = Math.round((pixels[item * SIDE * SIDE + i]! / 255) * 1000) / 1000;
  });
  return { name: 'images', dtype: 'DT_FLOAT', shape: [items.length, SIDE, SIDE, 1], values };
}

const OPENING = Buffer.from('{"signature_name":"serving_default","instances":[');
const COMMA = Buffer.from(',');
const CLOSING = Buffer.from(']}');

function encodeRequest(images: readonly Buffer[]): Buffer {
  return predictRequest(PATH, [OPENING, ...images.flatMap((image, i) => (i === 0 ? [image] : [COMMA, image])), CLOSING]);
}

/** One image as JSON [[[v], …], …], value/255 with at most three decimals. */
export function encodeImage(pixels: Uint8Array): Buffer {
  const rows: string[] = [];
  for (let row = 0; row < SIDE; row++) {
    const cells = Array.from(pixels.subarray(row * SIDE, (row + 1) * SIDE), (pixel) => `[${Math.round((pixel / 255) * 1000) / 1000}]`);
    rows.push(`[${cells.join(',')}]`);
  }
  return Buffer.from(`[${rows.join(',')}]`);
}
