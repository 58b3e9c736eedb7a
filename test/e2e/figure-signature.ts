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
/** Some channel this far from the ground: ink. */
const INK = 40;
/** Marks are filled with exactly their colour; their edges are mixed. */
const NEAR = 2;
/** A cell with this digit is more than an edge or a few pixels of a neighbour. */
const STRONG = 2;
const REST = 'other ink';

export function signatureOf(bytes: Buffer | PNG, { background, roles }: Palette): Signature {
  const png = bytes instanceof PNG ? bytes : PNG.sync.read(bytes);
  const names = [...Object.keys(roles), REST];
  const counts = new Map(names.map((name) => [name, new Float64Array(COLUMNS * ROWS)]));
  const cells = new Float64Array(COLUMNS * ROWS);
  for (let y = 0; y < png.height; y++) {
    for (let x = 0; x < png.width; x++) {
      const colour = colourAt(png, x, y);
      const cell = Math.floor((y * ROWS) / png.height) * COLUMNS + Math.floor((x * COLUMNS) / png.width);
      cells[cell]!++;
      if (!isInk(colour, background)) continue;
      const role = names.find((name) => roles[name] !== undefined && isNear(colour, roles[name])) ?? REST;
      counts.get(role)![cell]!++;
    }
  }
  const rows = (of: Float64Array): string[] => Array.from({ length: ROWS }, (_, r) => [...of.subarray(r * COLUMNS, (r + 1) * COLUMNS)].map((count, c) => Math.min(9, Math.round(9 * Math.sqrt(count / cells[r * COLUMNS + c]!)))).join(''));
  return Object.fromEntries([...counts].map(([name, of]) => [name, rows(of)] as const).filter(([name, map]) => name === REST || /[1-9]/.test(map.join(''))));
}

/** What has gone, come or moved, in words; empty when both show the same figure. */
export function differences(seen: Signature, expected: Signature): readonly string[] {
  return [...new Set([...Object.keys(expected), ...Object.keys(seen)])].flatMap((layer) => {
    const [now, then] = [seen[layer], expected[layer]];
    if (now === undefined) return amount(then!) < 4 ? [] : [`nothing in the colour “${layer}”`];
    if (then === undefined) return amount(now) < 4 ? [] : [`something in the colour “${layer}”`];
    const ratio = amount(now) / amount(then);
    return [
      ...(ratio < 0.6 || ratio > 1.7 ? [`${ratio.toFixed(2)} times as much of “${layer}”`] : []),
      ...unmatched(then, now).map((cell) => `no “${layer}” near ${cell}`), ...unmatched(now, then).map((cell) => `“${layer}” near ${cell}`),
    ];
  });
}

function amount(map: readonly string[]): number {
  return [...map.join('')].reduce((sum, digit) => sum + Number(digit) ** 2, 0);
}

/** Strong cells of `map` around which `other` has nothing at all. */
function unmatched(map: readonly string[], other: readonly string[]): readonly string[] {
  const found: string[] = [];
  map.forEach((row, r) => [...row].forEach((digit, c) => {
    if (Number(digit) < STRONG) return;
    const around = [r - 1, r, r + 1].map((at) => other[at]?.slice(Math.max(c - 1, 0), c + 2) ?? '').join('');
    if (!/[1-9]/.test(around)) found.push(`row ${r + 1}, column ${c + 1}`);
  }));
  return found;
}

/** The picture with every pixel for which `erase` says so painted over. */
export function paintedOver(bytes: Buffer, { background }: Palette, erase: (colour: Rgb, x: number, y: number) => boolean): PNG {
  const png = PNG.sync.read(bytes);
  for (let y = 0; y < png.height; y++) {
    for (let x = 0; x < png.width; x++) {
      if (erase(colourAt(png, x, y), x / png.width, y / png.height)) png.data.set(background, (y * png.width + x) * 4);
    }
  }
  return png;
}

export function isNear(colour: Rgb, wanted: Rgb): boolean {
  return colour.every((channel, i) => Math.abs(channel - wanted[i]!) <= NEAR);
}

function isInk(colour: Rgb, background: Rgb): boolean {
  return colour.some((channel, i) => Math.abs(channel - background[i]!) > INK);
}

function colourAt({ data, width }: PNG, x: number, y: number): Rgb {
  const at = (y * width + x) * 4;
  return [data[at]!, data[at + 1]!, data[at + 2]!];
}

/** Of a token, `#1a66ae`. */
export function rgbOf(css: string): Rgb {
  const hex = /^#([0-9a-f]{6})$/i.exec(css.trim())?.[1];
  if (hex === undefined) throw new Error(`“${css}” is not a colour of six digits.`);
  return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;
}
