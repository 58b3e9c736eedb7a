import { PNG } from 'pngjs';

/** A rectangle of a screenshot, px. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type Rgb = readonly [number, number, number];

const COLUMNS = 24;
const ROWS = 16;
/** A pixel this far from the background in some channel is ink. */
const INK = 60;
const NEAR = 26;

export function readPng(bytes: Buffer): PNG {
  return PNG.sync.read(bytes);
}

export function rgbOf(css: string): Rgb {
  const hex = /^#([0-9a-f]{6})$/i.exec(css.trim())?.[1];
  if (hex === undefined) throw new Error(`“${css}” is not a colour of six digits.`);
  return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;
}

/**
 * Where there is ink, as 16 rows of 24 digits: 0 none, 9 all of the cell. Says nothing of colours and little of the letters,
 * so that another renderer or font gives nearly the same.
 */
export function inkMap(png: PNG, box: Box, background: Rgb): readonly string[] {
  const ink = Array.from({ length: ROWS }, () => new Float64Array(COLUMNS));
  const seen = Array.from({ length: ROWS }, () => new Float64Array(COLUMNS));
  eachPixel(png, box, (colour, u, v) => {
    const row = Math.min(ROWS - 1, Math.floor(v * ROWS));
    const column = Math.min(COLUMNS - 1, Math.floor(u * COLUMNS));
    seen[row]![column]!++;
    if (colour.some((channel, i) => Math.abs(channel - background[i]!) > INK)) ink[row]![column]!++;
  });
  return ink.map((row, r) => [...row].map((count, c) => Math.min(9, Math.round((count / Math.max(seen[r]![c]!, 1)) * 18))).join(''));
}

/** Mean difference of two maps in digits, and the share of cells that differ by more than two. */
export function inkDifference(one: readonly string[], other: readonly string[]): { readonly mean: number; readonly far: number } {
  const digits = (map: readonly string[]): readonly number[] => map.flatMap((row) => [...row].map(Number));
  const [a, b] = [digits(one), digits(other)];
  const apart = a.map((digit, i) => Math.abs(digit - (b[i] ?? 9)));
  return { mean: apart.reduce((sum, value) => sum + value, 0) / apart.length, far: apart.filter((value) => value > 2).length / apart.length };
}

/** Pixels of nearly this colour. */
export function countColour(png: PNG, box: Box, wanted: Rgb): number {
  let count = 0;
  eachPixel(png, box, (colour) => {
    if (colour.every((channel, i) => Math.abs(channel - wanted[i]!) <= NEAR)) count++;
  });
  return count;
}

function eachPixel(png: PNG, { x, y, width, height }: Box, see: (colour: Rgb, u: number, v: number) => void): void {
  for (let row = 0; row < Math.floor(height); row++) {
    for (let column = 0; column < Math.floor(width); column++) {
      const at = ((Math.round(y) + row) * png.width + Math.round(x) + column) * 4;
      see([png.data[at]!, png.data[at + 1]!, png.data[at + 2]!], column / width, row / height);
    }
  }
}
