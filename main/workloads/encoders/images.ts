import { encode as encodeJpeg } from 'jpeg-js';
import { resizePixels } from '../../domain/resize-pixels.ts';
import type { ImageItem, Item } from '../items.ts';
import type { SignatureTensor } from '../signature.ts';
import type { RequestTensor } from '../tensor.ts';
import { isFloat, isInteger, isText, type Encoder, type EncoderRule } from './encoder.ts';

interface Layout {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly order: 'channels-last' | 'channels-first' | 'flat';
}

/** Pictures as JPEG bytes, as floats 0 to 1 or as whole numbers 0 to 255, by what the single input is. */
export const imageEncoder: EncoderRule = (inputs, items) => {
  const [input] = inputs;
  if (inputs.length !== 1 || input === undefined || items[0]?.kind !== 'image') return null;
  if (isText(input)) return (input.shape?.length ?? 1) === 1 ? jpegEncoder(input) : null;
  if (!isFloat(input) && !isInteger(input)) return null;
  const layout = layoutOf(input, items[0]);
  return layout === null ? null : pixelEncoder(input, layout, items);
};

const QUALITY = 95;

function jpegEncoder(input: SignatureTensor): Encoder {
  return {
    words: 'JPEG bytes', notes: [`Pictures that are no JPEG files are packed as JPEG, quality ${QUALITY}.`], isVariable: false, widthOf: () => null,
    encode: (item) => [{ name: input.name, dtype: 'DT_STRING', shape: [], values: [jpegOf(item as ImageItem)] }],
  };
}

function jpegOf(item: ImageItem): Buffer {
  if (item.jpeg !== undefined) return item.jpeg;
  const rgba = Buffer.alloc(item.width * item.height * 4, 255);
  for (let i = 0; i < item.width * item.height; i++) {
    for (let channel = 0; channel < 3; channel++) rgba[i * 4 + channel] = item.pixels[i * item.channels + Math.min(channel, item.channels - 1)]!;
  }
  return Buffer.from(encodeJpeg({ width: item.width, height: item.height, data: rgba }, QUALITY).data);
}

/** Sizes the model leaves open are the first picture's own. */
function layoutOf({ shape }: SignatureTensor, first: ImageItem): Layout | null {
  if (shape === null) return { ...first, order: 'channels-last' };
  const [, a = -1, b = -1, c = -1] = shape;
  const size = (given: number, own: number): number => (given < 0 ? own : given);
  if (shape.length === 2) {
    const pixels = a < 0 ? first.height * first.width * first.channels : a;
    const channels = pixels === first.height * first.width ? 1 : first.channels;
    return pixels === first.height * first.width * channels ? { height: first.height, width: first.width, channels, order: 'flat' } : null;
  }
  if (shape.length === 3) return { height: size(a, first.height), width: size(b, first.width), channels: 1, order: 'flat' };
  if (shape.length !== 4) return null;
  const opensFirst = c < 0 && (a === 1 || a === 3);
  if (!opensFirst && (c === 1 || c === 3 || c < 0)) {
    const channels = c === 1 || c === 3 ? c : first.channels;
    return { height: size(a, first.height), width: size(b, first.width), channels, order: 'channels-last' };
  }
  if (a === 1 || a === 3) return { height: size(b, first.height), width: size(c, first.width), channels: a, order: 'channels-first' };
  return null;
}

function pixelEncoder(input: SignatureTensor, layout: Layout, items: readonly Item[]): Encoder {
  const { height, width, channels, order } = layout;
  const shape = order === 'channels-first' ? [channels, height, width]
    : order === 'channels-last' ? [height, width, channels]
      : input.shape?.length === 3 ? [height, width] : [height * width * channels];
  const asFloat = isFloat(input);
  return {
    words: `${shape.join(' × ')} ${asFloat ? 'floats, 0 to 1' : 'whole numbers, 0 to 255'}`,
    notes: notesOn(items as readonly ImageItem[], layout), isVariable: false, widthOf: () => null,
    encode: (item) => {
      const pixels = arranged(fitted(item as ImageItem, layout), layout);
      const tensor = { name: input.name, dtype: input.dtype as RequestTensor['dtype'], shape };
      return [asFloat
        ? { ...tensor, values: Float32Array.from(pixels, (pixel) => Math.round((pixel / 255) * 1000) / 1000), decimals: 3 }
        : { ...tensor, values: Int32Array.from(pixels) }];
    },
  };
}

function notesOn(items: readonly ImageItem[], { height, width, channels }: Layout): readonly string[] {
  const other = items.find((item) => item.height !== height || item.width !== width);
  const grey = items.find((item) => item.channels !== channels);
  return [
    ...(other ? [`Pictures are resized from ${other.height} × ${other.width} to ${height} × ${width}.`] : []),
    ...(grey ? [channels === 3 ? 'Grey pictures are sent with three equal channels.' : 'Coloured pictures are sent as grey.'] : []),
  ];
}

function arranged(pixels: Uint8Array, { height, width, channels, order }: Layout): Uint8Array {
  if (order !== 'channels-first') return pixels;
  const plane = height * width;
  return Uint8Array.from({ length: pixels.length }, (_, i) => pixels[(i % plane) * channels + Math.floor(i / plane)]!);
}

/** Resized by bilinear interpolation, channels added or averaged; the picture itself where nothing changes. */
export function fitted(item: ImageItem, { height, width, channels }: Pick<Layout, 'height' | 'width' | 'channels'>): Uint8Array {
  const sized = item.height === height && item.width === width ? item.pixels : resizePixels(item, height, width);
  if (item.channels === channels) return sized;
  const out = new Uint8Array(height * width * channels);
  for (let i = 0; i < height * width; i++) {
    if (channels === 1) out[i] = Math.round(0.299 * sized[i * 3]! + 0.587 * sized[i * 3 + 1]! + 0.114 * sized[i * 3 + 2]!);
    else out.fill(sized[i]!, i * 3, i * 3 + 3);
  }
  return out;
}
