import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { ServescapeError } from '../domain/errors.ts';

/** An array of unsigned bytes of `dimensions` shape, first dimension outermost. */
export interface ByteTensor {
  readonly dimensions: readonly number[];
  readonly bytes: Uint8Array;
}

/**
 * Reads an IDX file of unsigned bytes (yann.lecun.com/exdb/mnist), gzipped or plain. Refuses missing, foreign and truncated
 * files with a typed error that names the file.
 */
export async function readIdx(path: string): Promise<ByteTensor> {
  let raw: Buffer;
  try {
    raw = await readFile(path);
  } catch (cause) {
    throw new ServescapeError('model-missing', `The data file ${path} cannot be read.`, { cause, hint: 'Install Servescape again, or point it at the folder that holds its data.' });
  }
  return parseIdx(unzipped(raw, path), path);
}

/** `name` appears in the error message only. */
export function parseIdx(file: Uint8Array, name: string): ByteTensor {
  if (file.length < 4 || file[0] !== 0 || file[1] !== 0) throw unusable(name, 'it does not start like an IDX file');
  if (file[2] !== 8) throw unusable(name, `it holds values of type ${file[2]}, not unsigned bytes (8)`);
  const rank = file[3]!;
  if (rank === 0 || rank > 8) throw unusable(name, `it declares ${rank} dimensions`);
  const start = 4 + 4 * rank;
  if (file.length < start) throw unusable(name, 'it ends inside its header');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const dimensions = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const size = dimensions.reduce((product, dimension) => product * dimension, 1);
  if (size === 0) throw unusable(name, 'it is empty');
  if (file.length - start !== size) throw unusable(name, `its header promises ${size} bytes, ${file.length - start} follow`);
  return { dimensions, bytes: file.subarray(start) };
}

function unzipped(raw: Buffer, name: string): Uint8Array {
  if (raw[0] !== 0x1f || raw[1] !== 0x8b) return raw;
  try {
    return gunzipSync(raw);
  } catch (cause) {
    throw unusable(name, 'its compression is damaged or it was cut short', cause);
  }
}

function unusable(name: string, why: string, cause?: unknown): ServescapeError {
  return new ServescapeError('model-unusable', `The data file ${name} cannot be used: ${why}.`, {
    ...(cause !== undefined && { cause }),
    hint: 'Replace it by an undamaged copy.',
  });
}
