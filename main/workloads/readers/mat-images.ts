import { createInflate } from 'node:zlib';
import type { ImageItem } from '../items.ts';
import { unusable } from '../data-error.ts';
import { ByteSource, heardLater, pump } from './byte-source.ts';
import { checkImageSize } from './image-size.ts';

/** MATLAB 5 types, from the format's public description. */
const COMPRESSED = 15;
const MATRIX = 14;
const UINT8 = 2;
const UINT32 = 6;
const INT32 = 5;
const INT8 = 1;
const UINT8_CLASS = 9;
const ELEMENTS_MAX = 1000;

interface Tag {
  readonly type: number;
  readonly bytes: number;
  /** Data of four bytes or fewer, packed into the tag. */
  readonly small: Buffer | null;
}

interface Format {
  readonly little: boolean;
}

/**
 * SVHN's "cropped digits": a MATLAB 5 file with a variable X of unsigned bytes, [height, width, 3, count], first dimension
 * innermost. Compressed or not. At most `limit` images are read; what follows them is never decompressed.
 */
export async function readMatImages(source: ByteSource, limit: number): Promise<readonly ImageItem[]> {
  const header = await source.take(128, 'its header');
  const isHdf = header.toString('latin1', 1, 4) === 'HDF' || header.toString('latin1', 0, 10) === 'MATLAB 7.3';
  if (isHdf || header.toString('latin1', 0, 7) !== 'MATLAB ') {
    throw unusable(source.name, isHdf ? 'it is a MATLAB 7.3 file (HDF5)' : 'it does not start like a MATLAB 5 file', {
      hint: isHdf ? 'Save it with -v7, or take the original from SVHN’s page.' : 'Choose SVHN’s “cropped digits” in .mat form.',
    });
  }
  const order = header.toString('latin1', 126, 128);
  if (order !== 'IM' && order !== 'MI') throw unusable(source.name, 'its byte order is not given');
  const format = { little: order === 'IM' };
  for (let element = 0; element < ELEMENTS_MAX && !(await source.isAtEnd()); element++) {
    const images = await readElement(source, format, limit);
    if (images !== null) return images;
  }
  throw unusable(source.name, 'it has no variable X of images', { hint: 'SVHN keeps its images in a variable called X.' });
}

/** The images if this element is X, else null. */
async function readElement(source: ByteSource, format: Format, limit: number): Promise<readonly ImageItem[] | null> {
  const tag = await readTag(source, format);
  if (tag.type === COMPRESSED) {
    const inflate = createInflate().on('error', heardLater);
    const packed = new ByteSource(source.name, part(source, tag.bytes));
    void pump(packed, inflate);
    const inner = new ByteSource(source.name, inflate);
    const innerTag = await readTag(inner, format);
    const images = innerTag.type === MATRIX ? await readMatrix(inner, format, innerTag, limit) : null;
    if (images !== null) await inner.close();
    else await drain(inner);
    return images;
  }
  const start = source.position;
  if (tag.type === MATRIX && tag.bytes > 0) {
    const images = await readMatrix(source, format, tag, limit);
    if (images !== null) return images;
  }
  await skip(source, start + paddedTo8(tag.small === null ? tag.bytes : 0) - source.position);
  return null;
}

async function readMatrix(source: ByteSource, format: Format, matrix: Tag, limit: number): Promise<readonly ImageItem[] | null> {
  if (matrix.small !== null) return null;
  const flags = await readSmall(source, format, UINT32, 'the flags of a variable');
  const kind = flags[format.little ? 0 : 3];
  const dimensions = integers(await readSmall(source, format, INT32, 'the dimensions of a variable'), format);
  const name = (await readSmall(source, format, INT8, 'the name of a variable')).toString('latin1');
  if (name !== 'X') return null;
  if (kind !== UINT8_CLASS) throw unusable(source.name, `its variable X is of MATLAB class ${kind}, not unsigned bytes (${UINT8_CLASS})`);
  const [height = 0, width = 0, channels = 0, count = 1, ...more] = dimensions;
  if (more.length > 0 || channels !== 3 || count < 1) {
    throw unusable(source.name, `its variable X has the shape ${dimensions.join(' × ')}; images are height × width × 3 × count`);
  }
  checkImageSize(source.name, height, width);
  const data = await readTag(source, format);
  const size = height * width * 3;
  if (data.type !== UINT8 || data.bytes !== size * count) {
    throw unusable(source.name, `its variable X holds ${data.bytes} bytes of type ${data.type}, not ${size * count} unsigned bytes`);
  }
  const items: ImageItem[] = [];
  for (let i = 0; i < Math.min(count, limit); i++) {
    const columns = data.small?.subarray(i * size, (i + 1) * size) ?? await source.take(size, `image ${i + 1} of ${count}`);
    items.push({ kind: 'image', height, width, channels: 3, pixels: rowsFirst(columns, height, width) });
  }
  return items;
}

async function readTag(source: ByteSource, { little }: Format): Promise<Tag> {
  const bytes = await source.take(8, 'an element');
  const first = little ? bytes.readUInt32LE(0) : bytes.readUInt32BE(0);
  const smallBytes = first >>> 16;
  if (smallBytes === 0) return { type: first, bytes: little ? bytes.readUInt32LE(4) : bytes.readUInt32BE(4), small: null };
  if (smallBytes > 4) throw unusable(source.name, `a small element claims ${smallBytes} bytes, 4 at most fit`);
  return { type: first & 0xffff, bytes: smallBytes, small: bytes.subarray(4, 4 + smallBytes) };
}

const SMALL_BYTES_MAX = 4096;

async function readSmall(source: ByteSource, format: Format, type: number, what: string): Promise<Buffer> {
  const tag = await readTag(source, format);
  if (tag.type !== type || tag.bytes > SMALL_BYTES_MAX) throw unusable(source.name, `${what} cannot be read`);
  if (tag.small !== null) return tag.small;
  const padded = await source.take(paddedTo8(tag.bytes), what);
  return padded.subarray(0, tag.bytes);
}

function integers(bytes: Buffer, { little }: Format): readonly number[] {
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => (little ? bytes.readInt32LE(4 * i) : bytes.readInt32BE(4 * i)));
}

/** From [channel][column][row] to rows of pixels. */
function rowsFirst(columns: Uint8Array, height: number, width: number): Uint8Array {
  const pixels = new Uint8Array(height * width * 3);
  for (let channel = 0; channel < 3; channel++) {
    for (let x = 0; x < width; x++) {
      for (let y = 0; y < height; y++) pixels[(y * width + x) * 3 + channel] = columns[(channel * width + x) * height + y]!;
    }
  }
  return pixels;
}

/** The next `bytes` of a source; what is not read from it is left behind when the reader leaves. */
async function* part(source: ByteSource, bytes: number): AsyncGenerator<Uint8Array> {
  for (let left = bytes; left > 0;) {
    const chunk = await source.take(Math.min(left, 1 << 16), 'a compressed element');
    left -= chunk.length;
    yield chunk;
  }
}

async function drain(source: ByteSource): Promise<void> {
  while ((await source.next()).length > 0);
}

async function skip(source: ByteSource, bytes: number): Promise<void> {
  for (let left = bytes; left > 0;) left -= (await source.take(Math.min(left, 1 << 20), 'an element')).length;
}

function paddedTo8(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
