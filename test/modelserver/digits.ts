import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const folder = new URL('../../resources/data/digits/', import.meta.url);
const images = gunzipSync(readFileSync(new URL('t10k-images-idx3-ubyte.gz', folder)));
const labels = gunzipSync(readFileSync(new URL('t10k-labels-idx1-ubyte.gz', folder)));

export const DIGIT_COUNT = images.readUInt32BE(4);
export const IDX_HEADERS = {
  images: [images.readUInt32BE(0), images.readUInt32BE(8), images.readUInt32BE(12)],
  labels: [labels.readUInt32BE(0), labels.readUInt32BE(4)],
};

export function labelOf(i: number): number {
  return labels[8 + i] as number;
}

/** Pixels in [0, 1] of `count` digits from `from`, row by row. */
export function pixelsOf(from: number, count: number): Float32Array {
  return Float32Array.from(images.subarray(16 + from * PIXELS, 16 + (from + count) * PIXELS), (byte) => byte / 255);
}

/** One digit as the nested lists of a REST request: [28][28][1]. */
export function instanceOf(i: number): number[][][] {
  const pixels = pixelsOf(i, 1);
  return Array.from({ length: SIDE }, (_, y) => Array.from({ length: SIDE }, (_, x) => [pixels[y * SIDE + x] as number]));
}

export function argMax(scores: ArrayLike<number>): number {
  return Array.from(scores).reduce((best, score, i, all) => (score > (all[best] as number) ? i : best), 0);
}
