import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** An IDX file of unsigned bytes with a value for every place. */
export function idxFile(dimensions: readonly number[], byteAt: (place: number) => number): Buffer {
  const size = dimensions.reduce((product, dimension) => product * dimension, 1);
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header[2] = 8;
  header[3] = dimensions.length;
  dimensions.forEach((dimension, i) => header.writeUInt32BE(dimension, 4 + 4 * i));
  return Buffer.concat([header, Buffer.from(Array.from({ length: size }, (_, place) => byteAt(place) % 256))]);
}

/** Digits whose first pixel tells which image it is: image i has the value i there and 255 in the last place, else 0. */
export async function writeDigits(dataRoot: string, images = 40): Promise<void> {
  await mkdir(join(dataRoot, 'digits'), { recursive: true });
  const pixel = (place: number): number => (place % 784 === 0 ? Math.floor(place / 784) : place % 784 === 783 ? 255 : 0);
  await writeFile(join(dataRoot, 'digits', 't10k-images-idx3-ubyte.gz'), gzipSync(idxFile([images, 28, 28], pixel)));
}
