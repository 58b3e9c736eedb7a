/**
 * Seeded randomness. Every random number in a study comes from its seed: `createRandom(seed).split(trialNumber)`.
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand), seeded through splitmix32; period about 2^128 on average.
 */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [low, high], both ends included. */
  integer(low: number, high: number): number;
  /** Standard normal (Box–Muller). */
  normal(): number;
  /** An independent stream named by `key`; does not advance this one. */
  split(key: number | string): Random;
}

export function createRandom(seed: number | string): Random {
  return fromState(hash(String(seed)));
}

function fromState(seed: number): Random {
  const mix = splitmix32(seed);
  let a = mix();
  let b = mix();
  let c = mix();
  let counter = 1;
  const nextUint = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) nextUint();
  const next = (): number => (nextUint() * 2 ** 21 + (nextUint() >>> 11)) / 2 ** 53;
  let spare: number | null = null;
  return {
    next,
    integer: (low, high) => low + Math.floor(next() * (high - low + 1)),
    normal: () => {
      if (spare !== null) {
        const value = spare;
        spare = null;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - next()));
      const angle = 2 * Math.PI * next();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    split: (key) => fromState(hash(`${seed}/${key}`)),
  };
}

/** FNV-1a over UTF-16 code units, finished with a murmur3 mix. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) | 0;
  };
}
