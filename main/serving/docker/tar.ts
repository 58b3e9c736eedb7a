import { createReadStream, realpathSync, statSync } from 'node:fs';
import { Readable } from 'node:stream';

/** One file or folder of an archive. Paths use `/` and do not begin with one. */
export type TarEntry =
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number }
  | { readonly kind: 'text'; readonly path: string; readonly mode: number; readonly content: Uint8Array }
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly from: string; readonly bytes: number };

/** A text file everybody may read. */
export function textEntry(path: string, content: string): TarEntry {
  return { kind: 'text', path, mode: 0o644, content: Buffer.from(content) };
}

/** A file of this machine, links followed. */
export function fileEntry(path: string, from: string, mode: number): TarEntry {
  const real = realpathSync(from);
  return { kind: 'file', path, mode, from: real, bytes: statSync(real).size };
}

const BLOCK = 512;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;

/** A POSIX ustar archive, owned by root, dated 1970: the same files give the same bytes. */
export function tarStream(entries: readonly TarEntry[]): Readable {
  return Readable.from(tarBlocks(entries), { objectMode: false, highWaterMark: 256 * 1024 });
}

export function tarBytes(entries: readonly TarEntry[]): number {
  return entries.reduce((sum, entry) => sum + BLOCK + padded(sizeOf(entry)), 2 * BLOCK);
}

async function* tarBlocks(entries: readonly TarEntry[]): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    yield header(entry);
    const bytes = sizeOf(entry);
    if (entry.kind === 'text') yield entry.content;
    if (entry.kind === 'file') yield* exactly(entry.from, bytes);
    if (padded(bytes) > bytes) yield new Uint8Array(padded(bytes) - bytes);
  }
  yield new Uint8Array(2 * BLOCK);
}

/** A file that changes its length while it is read would break every entry after it. */
async function* exactly(path: string, bytes: number): AsyncGenerator<Uint8Array> {
  let seen = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    seen += chunk.length;
    yield chunk;
  }
  if (seen !== bytes) throw new Error(`${path} changed while it was read`);
}

function sizeOf(entry: TarEntry): number {
  if (entry.kind === 'folder') return 0;
  return entry.kind === 'text' ? entry.content.length : entry.bytes;
}

function padded(bytes: number): number {
  return Math.ceil(bytes / BLOCK) * BLOCK;
}

function header(entry: TarEntry): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  const { name, prefix } = splitPath(entry.kind === 'folder' ? `${entry.path}/` : entry.path);
  block.write(name, 0, NAME_BYTES, 'utf8');
  block.write(octal(entry.mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(sizeOf(entry), 12), 124);
  block.write(octal(0, 12), 136);
  block.write(' '.repeat(8), 148);
  block.write(entry.kind === 'folder' ? '5' : '0', 156);
  block.write('ustar\0' + '00', 257);
  block.write(prefix, 345, PREFIX_BYTES, 'utf8');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

/** Long paths are cut at a slash into two fields. */
function splitPath(path: string): { readonly name: string; readonly prefix: string } {
  if (Buffer.byteLength(path) <= NAME_BYTES) return { name: path, prefix: '' };
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    const prefix = path.slice(0, at);
    const name = path.slice(at + 1);
    if (name !== '' && Buffer.byteLength(name) <= NAME_BYTES && Buffer.byteLength(prefix) <= PREFIX_BYTES) return { name, prefix };
  }
  throw new Error(`${path} is too long for an archive`);
}
