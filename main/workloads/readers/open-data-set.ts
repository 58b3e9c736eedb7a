import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { counted } from '../../domain/format.ts';
import type { DataSet, ImageItem, Item } from '../items.ts';
import { missing, unusable } from '../data-error.ts';
import { ByteSource } from './byte-source.ts';
import { readCifar } from './cifar.ts';
import { readIdxImages } from './idx-images.ts';
import { readMatImages } from './mat-images.ts';
import { readPicture } from './pictures.ts';
import { readCsv, readJsonRows } from './rows.ts';
import { readText } from './text.ts';
import { readWav } from './wav.ts';

type Reader = (source: ByteSource, limit: number) => Promise<readonly Item[]>;

const READERS: readonly { readonly format: string; readonly matches: RegExp; readonly read: Reader }[] = [
  { format: 'MNIST IDX', matches: /idx3-ubyte(\.gz)?$|\.idx3?(\.gz)?$/i, read: readIdxImages },
  { format: 'MATLAB 5', matches: /\.mat$/i, read: readMatImages },
  { format: 'CIFAR-10 binary batch', matches: /\.bin(\.gz)?$/i, read: readCifar },
  { format: 'WAV', matches: /\.wav$/i, read: async (source) => [await readWav(source)] },
  { format: 'picture', matches: /\.(png|jpe?g)$/i, read: async (source) => [await readPicture(source)] },
  { format: 'CSV', matches: /\.(csv|tsv)(\.gz)?$/i, read: readCsv },
  { format: 'JSON', matches: /\.(json|jsonl|ndjson)(\.gz)?$/i, read: readJsonRows },
  { format: 'text', matches: /\.(txt|en|de|src|sgm|tok|sp)(\.gz)?$/i, read: readText },
];
export const ACCEPTED_DATA = 'MNIST IDX, SVHN .mat, CIFAR-10 .bin, pictures (PNG, JPEG), WAV, text (one sentence a line), CSV, JSON';
/** Whether a file of this name is data that a reader is there for. */
export function isDataFile(name: string): boolean {
  return READERS.some(({ matches }) => matches.test(name));
}
const FILES_MAX = 100_000;
const DEPTH_MAX = 4;

/**
 * Reads a data set from a file, or from a folder: all its files of the kind that comes first. A folder may have
 * sub-folders, as pictures sorted by class have. At most `limit` items, in the order of the file names.
 * @throws ServescapeError `model-missing`, or `model-unusable` with the file's name and what is wrong with it
 */
export async function openDataSet(path: string, limit: number): Promise<DataSet> {
  const facts = await stat(path).catch((cause: unknown) => {
    throw missing(path, cause);
  });
  const files = facts.isDirectory() ? await dataFiles(path) : [path];
  const reader = READERS.find(({ matches }) => files.some((file) => matches.test(file)));
  if (reader === undefined) {
    throw unusable(path, facts.isDirectory() ? 'the folder holds no data that can be read' : 'its format is not known from its name', { hint: `Accepted: ${ACCEPTED_DATA}.` });
  }
  const own = files.filter((file) => reader.matches.test(file));
  const items: Item[] = [];
  for (const file of own) {
    if (items.length >= limit) break;
    const source = await ByteSource.open(file);
    try {
      // Spreading a long list would overflow the stack.
      for (const item of await reader.read(source, limit - items.length)) items.push(item);
    } finally {
      await source.close();
    }
  }
  const from = own.length === 1 ? basename(own[0]!) : `${own.length} files`;
  return { kind: items[0]!.kind, items, words: `${describeItems(items)} from ${from}, ${reader.format}` };
}

async function dataFiles(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  const visit = async (place: string, depth: number): Promise<void> => {
    const entries = await readdir(place, { withFileTypes: true }).catch((cause: unknown) => {
      throw missing(place, cause);
    });
    for (const entry of entries.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))) {
      if (found.length >= FILES_MAX) return;
      if (entry.isDirectory() && depth < DEPTH_MAX) await visit(join(place, entry.name), depth + 1);
      else if (entry.isFile() && extname(entry.name) !== '' || /ubyte$/.test(entry.name)) found.push(join(place, entry.name));
    }
  };
  await visit(folder, 0);
  return testFirst(found);
}

/** Where a folder holds training and test files, the test files are the request set. */
function testFirst(files: readonly string[]): readonly string[] {
  const test = files.filter((file) => /^(test|t10k|newstest)/i.test(basename(file)));
  const readable = test.filter(isDataFile);
  return readable.length > 0 ? readable : files;
}

function describeItems(items: readonly Item[]): string {
  const [first] = items as [Item, ...Item[]];
  const count = items.length;
  switch (first.kind) {
    case 'image': {
      const sizes = new Set((items as readonly ImageItem[]).map(({ height, width, channels }) => `${height} × ${width} × ${channels}`));
      return `${counted(count, 'image')} of ${sizes.size === 1 ? [...sizes][0]! : `${sizes.size} sizes`}`;
    }
    case 'text':
      return counted(count, 'sentence');
    case 'audio':
      return counted(count, 'utterance');
    case 'row':
      return counted(count, 'row');
  }
}
