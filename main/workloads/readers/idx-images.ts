import type { ImageItem } from '../items.ts';
import { unusable } from '../data-error.ts';
import type { ByteSource } from './byte-source.ts';
import { checkImageSize } from './image-size.ts';

/** MNIST's own format: images of unsigned bytes, [count, height, width]. At most `limit` are read. */
export async function readIdxImages(source: ByteSource, limit: number): Promise<readonly ImageItem[]> {
  const { name } = source;
  const magic = await source.take(4, 'its header');
  if (magic[0] !== 0 || magic[1] !== 0) throw unusable(name, 'it does not start like an IDX file');
  if (magic[2] !== 8) throw unusable(name, `it holds values of type ${magic[2]}, not unsigned bytes (8)`);
  if (magic[3] !== 3) throw unusable(name, magic[3] === 1 ? 'it holds labels, not images' : `it has ${magic[3]} dimensions instead of 3`);
  const header = await source.take(12, 'its header');
  const [count, height, width] = [0, 4, 8].map((at) => header.readUInt32BE(at)) as [number, number, number];
  if (count === 0) throw unusable(name, 'it is empty');
  checkImageSize(name, height, width);
  const items: ImageItem[] = [];
  for (let i = 0; i < Math.min(count, limit); i++) {
    const pixels = await source.take(height * width, `image ${i + 1} of ${count}`);
    items.push({ kind: 'image', height, width, channels: 1, pixels: Uint8Array.from(pixels) });
  }
  if (count <= limit && !(await source.isAtEnd())) throw unusable(name, `it goes on after the ${count} images its header promises`);
  return items;
}
