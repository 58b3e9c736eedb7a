import { PNG } from 'pngjs';

/**
 * What a picture of a figure looks like from afar: for each colour of the data, and for all other ink, how much of it lies in
 * each cell of a grid. Says little of letters and edges, so that another font or renderer gives nearly the same.
 */
export type Signature = Readonly<Record<string, readonly string[]>>;
export type Rgb = readonly [number, number, number];

/** Colours of the theme on screen: the ground, and the data by role. */
export interface Palette {
  readonly background: Rgb;
  readonly roles: Readonly<Record<string, Rgb>>;
}

const COLUMNS = 24;
const ROWS = 14;
/** Some channel this far from the ground: ink. Grid lines and a selected row are nearer. */
const INK = 60;
/** Greys must be met exactly, or letters would count; colours also mixed with the ground, as small dots are. */
const NEAR = 2;
const CHROMATIC = 60;
const LEAST_SHARE = 0.5;
const OFF_THE_LINE = 24;
/** A cell with this digit is more than an edge or a few pixels of a neighbour. */
const STRONG = 2;
const REST = 'other ink';

/** RGBA, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Buffer;
}

export function readPicture(png: Buffer): Picture {
  const { width, height, data } = PNG.sync.read(png);
  return { width, height, data };
}

/** The part of it that starts at `x`, `y`. */
export function cut(picture: Picture, box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }): Picture {
  const [x, y, width, height] = [box.x, box.y, box.width, box.height].map(Math.round) as [number, number, number, number];
  const data = Buffer.alloc(width * height * 4);
  for (let row = 0; row < height; row++) picture.data.copy(data, row * width * 4, ((y + row) * picture.width + x) * 4, ((y + row) * picture.width + x + width) * 4);
  return { width, height, data };
}

export function toPng({ width, height, data }: Picture): Buffer {
  const png = new PNG({ width, height });
  png.data = data;
  return PNG.sync.write(png);
}

export function signatureOf(png: Picture, { background, roles }: Palette): Signature {
  const names = [...Object.keys(roles), REST];
  const counts = new Map(names.map((name) => [name, new Float64Array(COLUMNS * ROWS)]));
  const cells = new Float64Array(COLUMNS * ROWS);
  for (let y = 0; y < png.height; y++) {
    for (let x = 0; x < png.width; x++) {
      const colour = colourAt(png, x, y);
      const cell = Math.floor((y * ROWS) / png.height) * COLUMNS + Math.floor((x * COLUMNS) / png.width);
      cells[cell]!++;
      if (!isInk(colour, background)) continue;
      const role = names.find((name) => roles[name] !== undefined && isOf(colour, roles[name], background)) ?? REST;
      counts.get(role)![cell]!++;
    }
  }
  const rows = (of: Float64Array): string[] => Array.from({ length: ROWS }, (_, r) => [...of.subarray(r * COLUMNS, (r + 1) * COLUMNS)].map((count, c) => Math.min(9, Math.round(9 * Math.sqrt(count / cells[r * COLUMNS + c]!)))).join(''));
  return Object.fromEntries([...counts].map(([name, of]) => [name, rows(of)]));
}

/** What has gone, come or moved, in words; empty when both show the same figure. */
export function differences(seen: Signature, expected: Signature): readonly string[] {
  return Object.entries(expected).flatMap(([layer, then]) => {
    const now = seen[layer] ?? [];
    const ratio = amount(now) / Math.max(amount(then), 1);
    return [
      ...(ratio < 0.6 || ratio > 1.7 ? [`${ratio.toFixed(2)} times as much “${layer}”`] : []),
      ...unmatched(then, now).map((cell) => `no “${layer}” near ${cell}`), ...unmatched(now, then).map((cell) => `“${layer}” near ${cell}`),
    ];
  });
}

function amount(map: readonly string[]): number {
  return [...map.join('')].reduce((sum, digit) => sum + Number(digit) ** 2, 0);
}

const MOST_NAMED = 4;

/** Strong cells of `map` around which `other` has nothing like it, the first few. */
function unmatched(map: readonly string[], other: readonly string[]): readonly string[] {
  const found: string[] = [];
  map.forEach((row, r) => [...row].forEach((digit, c) => {
    if (Number(digit) < STRONG) return;
    const around = [r - 1, r, r + 1].map((at) => other[at]?.slice(Math.max(c - 1, 0), c + 2) ?? '').join('');
    if (Math.max(0, ...[...around].map(Number)) * 2 < Number(digit)) found.push(`row ${r + 1}, column ${c + 1}`);
  }));
  return found.slice(0, MOST_NAMED);
}

/** The picture with every pixel for which `erase` says so painted over. */
export function paintedOver(picture: Picture, { background }: Palette, erase: (colour: Rgb, x: number, y: number) => boolean): Picture {
  const png = { ...picture, data: Buffer.from(picture.data) };
  for (let y = 0; y < png.height; y++) {
    for (let x = 0; x < png.width; x++) {
      if (erase(colourAt(png, x, y), x / png.width, y / png.height)) png.data.set(background, (y * png.width + x) * 4);
    }
  }
  return png;
}

/** Whether the pixel shows this colour on this ground. */
export function isOf(colour: Rgb, wanted: Rgb, background: Rgb): boolean {
  if (Math.max(...wanted) - Math.min(...wanted) < CHROMATIC) return colour.every((channel, i) => Math.abs(channel - wanted[i]!) <= NEAR);
  const way = wanted.map((channel, i) => channel - background[i]!);
  const gone = colour.map((channel, i) => channel - background[i]!);
  const share = gone.reduce((sum, step, i) => sum + step * way[i]!, 0) / way.reduce((sum, step) => sum + step * step, 0);
  return share >= LEAST_SHARE && share < 1.1 && gone.every((step, i) => Math.abs(step - share * way[i]!) < OFF_THE_LINE);
}

function isInk(colour: Rgb, background: Rgb): boolean {
  return colour.some((channel, i) => Math.abs(channel - background[i]!) > INK);
}

function colourAt({ data, width }: Picture, x: number, y: number): Rgb {
  const at = (y * width + x) * 4;
  return [data[at]!, data[at + 1]!, data[at + 2]!];
}

/** Of a token, `#1a66ae`. */
export function rgbOf(css: string): Rgb {
  const hex = /^#([0-9a-f]{6})$/i.exec(css.trim())?.[1];
  if (hex === undefined) throw new Error(`“${css}” is not a colour of six digits.`);
  return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;
}
