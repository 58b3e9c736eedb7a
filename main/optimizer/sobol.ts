import type { Random } from '../domain/random.ts';

/**
 * Scrambled Sobol sequence in the unit cube.
 *
 * Direction numbers: Joe & Kuo 2008, "Constructing Sobol sequences with better two-dimensional projections", first 21 of
 * `new-joe-kuo-6` (degree s, coefficients a, initial numbers m). Scrambling: Burley 2020, "Practical hash-based Owen
 * scrambling". Dimensions beyond the table are plain random numbers, still seeded.
 */
const TABLE: readonly (readonly [degree: number, coefficients: number, initial: readonly number[]])[] = [
  [1, 0, [1]],
  [2, 1, [1, 3]],
  [3, 1, [1, 3, 1]],
  [3, 2, [1, 1, 1]],
  [4, 1, [1, 1, 3, 3]],
  [4, 4, [1, 3, 5, 13]],
  [5, 2, [1, 1, 5, 5, 17]],
  [5, 4, [1, 1, 5, 5, 5]],
  [5, 7, [1, 1, 7, 11, 19]],
  [5, 11, [1, 1, 5, 1, 1]],
  [5, 13, [1, 1, 1, 3, 11]],
  [5, 14, [1, 3, 5, 5, 31]],
  [6, 1, [1, 3, 3, 9, 7, 49]],
  [6, 13, [1, 1, 1, 15, 21, 21]],
  [6, 16, [1, 3, 1, 13, 27, 49]],
  [6, 19, [1, 1, 1, 15, 7, 5]],
  [6, 22, [1, 3, 1, 15, 13, 25]],
  [6, 25, [1, 1, 5, 5, 19, 61]],
  [7, 1, [1, 3, 7, 11, 23, 15, 103]],
  [7, 4, [1, 3, 7, 13, 13, 15, 69]],
];
const BITS = 32;

export interface SobolSequence {
  /** Point number `index` (from 0), shape (d), each coordinate in [0, 1). */
  point(index: number): Float64Array;
}

export function createSobol(dimensionCount: number, random: Random): SobolSequence {
  const directions = Array.from({ length: Math.min(dimensionCount, TABLE.length + 1) }, (_, j) => directionNumbers(j));
  const seeds = directions.map((_, j) => random.split(`scramble-${j}`).integer(0, 0xffff_ffff) >>> 0);
  return {
    point: (index) => {
      const beyond = directions.length < dimensionCount ? random.split(`beyond-${index}`) : random;
      return Float64Array.from({ length: dimensionCount }, (_, j) =>
        j < directions.length ? owenScramble(sobolBits(directions[j]!, index), seeds[j]!) / 2 ** BITS : beyond.next(),
      );
    },
  };
}

function sobolBits(directions: Uint32Array, index: number): number {
  let bits = 0;
  for (let j = 0, rest = index; rest > 0; j++, rest >>>= 1) if (rest & 1) bits ^= directions[j]!;
  return bits >>> 0;
}

function directionNumbers(dimension: number): Uint32Array {
  const v = new Uint32Array(BITS);
  if (dimension === 0) return v.map((_, i) => (1 << (BITS - 1 - i)) >>> 0);
  const [s, a, m] = TABLE[dimension - 1]!;
  for (let i = 0; i < BITS; i++) {
    if (i < s) {
      v[i] = m[i]! << (BITS - 1 - i);
      continue;
    }
    let value = v[i - s]! ^ (v[i - s]! >>> s);
    for (let k = 1; k < s; k++) if ((a >>> (s - 1 - k)) & 1) value ^= v[i - k]!;
    v[i] = value;
  }
  return v;
}

/** Burley 2020, listing 3: a hash in which each bit depends on higher bits only. */
function owenScramble(bits: number, seed: number): number {
  let x = reverseBits(bits);
  x = (x + seed) | 0;
  x ^= Math.imul(x, 0x6c50b47c);
  x ^= Math.imul(x, 0xb82f1e52);
  x ^= Math.imul(x, 0xc7afe638);
  x ^= Math.imul(x, 0x8d22f6e6);
  return reverseBits(x);
}

function reverseBits(bits: number): number {
  let x = bits;
  x = ((x >>> 1) & 0x55555555) | ((x & 0x55555555) << 1);
  x = ((x >>> 2) & 0x33333333) | ((x & 0x33333333) << 2);
  x = ((x >>> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4);
  x = ((x >>> 8) & 0x00ff00ff) | ((x & 0x00ff00ff) << 8);
  return ((x >>> 16) | (x << 16)) >>> 0;
}
