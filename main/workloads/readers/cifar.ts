import type { ImageItem } from '../items.ts';
import { unusable } from '../data-error.ts';
import type { ByteSource } from './byte-source.ts';

const SIDE = 32;
const PLANE = SIDE * SIDE;
const CLASSES = 10;

/**
 * A CIFAR-10 batch in its binary form: per image one byte of label (0–9), then the red, green and blue plane of
 * 32 × 32 bytes each.
 */
export async function readCifar(source: ByteSource, limit: number): Promise<readonly ImageItem[]> {
  const items: ImageItem[] = [];
  while (items.length < limit && !(await source.isAtEnd())) {
    const record = await source.take(1 + 3 * PLANE, `image ${items.length + 1}`);
    if (record[0]! >= CLASSES) {
      throw unusable(source.name, `image ${items.length + 1} has the label ${record[0]}, CIFAR-10 has 0 to 9`, { hint: 'Choose a batch of the “binary version” of CIFAR-10.' });
    }
    items.push({ kind: 'image', height: SIDE, width: SIDE, channels: 3, pixels: interleave(record) });
  }
  if (items.length === 0) throw unusable(source.name, 'it is empty');
  return items;
}

function interleave(record: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(3 * PLANE);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < PLANE; i++) pixels[i * 3 + channel] = record[1 + channel * PLANE + i]!;
  }
  return pixels;
}
