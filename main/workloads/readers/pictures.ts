import { decode as decodeJpeg } from 'jpeg-js';
import { PNG } from 'pngjs';
import type { ImageItem } from '../items.ts';
import { unusable } from '../data-error.ts';
import type { ByteSource } from './byte-source.ts';
import { checkImageSize } from './image-size.ts';

const FILE_BYTES_MAX = 16 * 2 ** 20;
const PNG_MAGIC = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const MEGAPIXELS_MAX = 4096 * 4096 / 1e6;

/** One picture file, PNG or JPEG by its content, as red-green-blue. Transparency is left out. */
export async function readPicture(source: ByteSource): Promise<ImageItem> {
  const bytes = await source.rest(FILE_BYTES_MAX);
  if (bytes.subarray(0, 8).equals(PNG_MAGIC)) return readPng(source.name, bytes);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return readJpeg(source.name, bytes);
  throw unusable(source.name, 'it is neither a PNG nor a JPEG picture');
}

function readPng(name: string, bytes: Buffer): ImageItem {
  if (bytes.length < 33 || bytes.toString('latin1', 12, 16) !== 'IHDR') throw unusable(name, 'its PNG header is damaged');
  checkImageSize(name, bytes.readUInt32BE(20), bytes.readUInt32BE(16));
  const { width, height, data } = decoded(name, () => PNG.sync.read(bytes, { checkCRC: true }));
  return rgb(name, width, height, data);
}

function readJpeg(name: string, bytes: Buffer): ImageItem {
  const { width, height, data } = decoded(name, () =>
    decodeJpeg(bytes, { useTArray: true, formatAsRGBA: true, tolerantDecoding: false, maxResolutionInMP: MEGAPIXELS_MAX, maxMemoryUsageInMB: 256 }));
  return { ...rgb(name, width, height, data), jpeg: bytes };
}

/** Whatever the decoder throws means that the picture is damaged. */
function decoded<Result>(name: string, decode: () => Result): Result {
  try {
    return decode();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.trim().replace(/\.$/, '') : String(cause);
    throw unusable(name, `the picture is damaged (${why})`, { cause });
  }
}

function rgb(name: string, width: number, height: number, rgba: Uint8Array): ImageItem {
  checkImageSize(name, height, width);
  if (rgba.length < width * height * 4) throw unusable(name, 'the picture is cut short');
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    for (let channel = 0; channel < 3; channel++) pixels[i * 3 + channel] = rgba[i * 4 + channel]!;
  }
  return { kind: 'image', height, width, channels: 3, pixels };
}
