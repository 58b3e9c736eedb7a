import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { ServescapeError } from '../../domain/errors.ts';
import { missing, unusable } from '../data-error.ts';

/** No honest header promises a single piece larger than this. */
const PIECE_BYTES_MAX = 256 * 2 ** 20;

/**
 * The bytes of a file in order, never all of them in memory. Whoever takes more than there is gets a typed error that names
 * the file. `position` counts from the start, decompressed.
 */
export class ByteSource {
  readonly name: string;
  position = 0;
  #held: Buffer[] = [];
  #heldBytes = 0;
  readonly #chunks: AsyncIterator<Uint8Array>;

  constructor(name: string, chunks: AsyncIterable<Uint8Array>) {
    this.name = name;
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Opens a file; gzip is seen by its first bytes and taken off. */
  static async open(path: string): Promise<ByteSource> {
    const raw = new ByteSource(path, createReadStream(path).on('error', heardLater));
    return ByteSource.#unzipped(raw);
  }

  /** The same over bytes in memory. */
  static of(name: string, bytes: Uint8Array): Promise<ByteSource> {
    return ByteSource.#unzipped(new ByteSource(name, single(bytes)));
  }

  static async #unzipped(raw: ByteSource): Promise<ByteSource> {
    const magic = await raw.peek(2);
    if (magic[0] !== 0x1f || magic[1] !== 0x8b) return raw;
    const gunzip = createGunzip().on('error', heardLater);
    void pump(raw, gunzip);
    return new ByteSource(raw.name, gunzip);
  }

  /** Up to `count` next bytes, which stay. */
  async peek(count: number): Promise<Buffer> {
    await this.#hold(count);
    return this.#joined().subarray(0, count);
  }

  /** Exactly `count` bytes. @throws ServescapeError `model-unusable` when the file ends before */
  async take(count: number, what = 'it'): Promise<Buffer> {
    if (!(count >= 0 && count <= PIECE_BYTES_MAX)) throw unusable(this.name, `${what} would be ${count} bytes long`);
    await this.#hold(count);
    if (this.#heldBytes < count) throw unusable(this.name, `${what} ends ${count - this.#heldBytes} bytes too early`);
    const all = this.#joined();
    this.#held = count < all.length ? [all.subarray(count)] : [];
    this.#heldBytes -= count;
    this.position += count;
    return all.subarray(0, count);
  }

  /** Whatever comes next, empty at the end. */
  async next(): Promise<Buffer> {
    await this.#hold(1);
    return this.take(this.#heldBytes);
  }

  /** @throws ServescapeError `model-unusable` when the rest is longer than `bytesMax` */
  async rest(bytesMax: number): Promise<Buffer> {
    await this.#hold(bytesMax + 1);
    if (this.#heldBytes > bytesMax) throw unusable(this.name, `it is larger than ${Math.round(bytesMax / 2 ** 20)} MB`);
    return this.take(this.#heldBytes);
  }

  async isAtEnd(): Promise<boolean> {
    await this.#hold(1);
    return this.#heldBytes === 0;
  }

  /** Lets the file go before its end. */
  async close(): Promise<void> {
    this.#held = [];
    this.#heldBytes = 0;
    await this.#chunks.return?.().catch(() => undefined);
  }

  async #hold(count: number): Promise<void> {
    while (this.#heldBytes < count) {
      let step: IteratorResult<Uint8Array>;
      try {
        step = await this.#chunks.next();
      } catch (cause) {
        throw explained(this.name, cause);
      }
      if (step.done === true) return;
      this.#held.push(Buffer.from(step.value.buffer, step.value.byteOffset, step.value.byteLength));
      this.#heldBytes += step.value.byteLength;
    }
  }

  #joined(): Buffer {
    if (this.#held.length !== 1) this.#held = [Buffer.concat(this.#held)];
    return this.#held[0]!;
  }
}

function explained(name: string, cause: unknown): ServescapeError {
  if (cause instanceof ServescapeError) return cause;
  const code = String((cause as NodeJS.ErrnoException).code ?? '');
  if (code.startsWith('Z_') || code === 'ERR_BUFFER_OUT_OF_BOUNDS') return unusable(name, 'its compression is damaged or it was cut short', { cause });
  return missing(name, cause);
}

/** Hands the bytes on to a decompressor; an error of the source becomes the decompressor's. */
export async function pump(source: ByteSource, into: NodeJS.WritableStream & { destroy(error?: Error): unknown; readonly destroyed: boolean }): Promise<void> {
  try {
    for (let chunk = await source.next(); chunk.length > 0 && !into.destroyed; chunk = await source.next()) {
      if (!into.write(chunk)) await roomIn(into);
    }
    into.end();
  } catch (error) {
    into.destroy(error as Error);
  } finally {
    await source.close();
  }
}

function roomIn(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      for (const event of ['drain', 'close', 'error']) stream.removeListener(event, go);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) stream.on(event, go);
  });
}

/** A stream that fails before anybody has asked it for bytes says so when it is asked; until then the error must have a listener. */
export function heardLater(): void {}

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
