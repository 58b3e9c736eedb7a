import { decode } from 'jpeg-js';
import { resizePixels } from '../domain/resize-pixels.ts';
import type { GraphValue } from './graph-signature.ts';
import { invalidArgument } from './serving-status.ts';
import { textAsBytes, type Tensor } from './tensor.ts';

const MEGAPIXELS_MAX = 4096 * 4096 / 1e6;

/**
 * JPEG files as the pixels the graph takes, where a SavedModel with JPEG input has its decoding: after requests are joined,
 * on the batch thread. Floats from 0 to 1, resized to the graph's height and width.
 * @param files bytes as text, rank 1
 * @param target the graph's input, [batch, height, width, 1 or 3]; free sizes are the first picture's own
 * @throws ServingError INVALID_ARGUMENT
 */
export function decodeJpegs(files: Tensor, { shape = [] }: GraphValue): Tensor {
  const pictures = (files.data as string[]).map(decodeOne);
  const [first] = pictures;
  const size = (dimension: number, own: number): number => {
    const wanted = shape[dimension];
    return typeof wanted === 'number' && wanted > 0 ? wanted : own;
  };
  const height = size(1, first?.height ?? 1);
  const width = size(2, first?.width ?? 1);
  const channels = size(3, 3);
  const data = new Float32Array(pictures.length * height * width * channels);
  for (const [index, picture] of pictures.entries()) {
    const sized = picture.height === height && picture.width === width ? picture.pixels : resizePixels(picture, height, width);
    const from = index * height * width * channels;
    for (let i = 0; i < height * width; i++) {
      if (channels === 3) for (let c = 0; c < 3; c++) data[from + i * 3 + c] = sized[i * 3 + c]! / 255;
      else data[from + i] = (0.299 * sized[i * 3]! + 0.587 * sized[i * 3 + 1]! + 0.114 * sized[i * 3 + 2]!) / 255;
    }
  }
  return { dtype: 'DT_FLOAT', shape: [pictures.length, height, width, channels], data };
}

function decodeOne(text: string): { readonly height: number; readonly width: number; readonly channels: 3; readonly pixels: Uint8Array } {
  const bytes = textAsBytes(text);
  try {
    const { height, width, data } = decode(bytes, { useTArray: true, formatAsRGBA: false, tolerantDecoding: false, maxResolutionInMP: MEGAPIXELS_MAX, maxMemoryUsageInMB: 256 });
    if (data.length === height * width * 3 && data.length > 0) return { height, width, channels: 3, pixels: data };
  } catch {
    // Whatever the decoder says, the picture is not one; said below in TensorFlow's words.
  }
  throw invalidArgument(`Invalid JPEG data or crop window, data size ${bytes.length}`);
}
