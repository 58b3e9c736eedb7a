import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../../main/domain/random.ts';
import { ServescapeError } from '../../main/domain/errors.ts';
import { ByteSource } from '../../main/workloads/readers/byte-source.ts';
import { readCifar } from '../../main/workloads/readers/cifar.ts';
import { readIdxImages } from '../../main/workloads/readers/idx-images.ts';
import { readMatImages } from '../../main/workloads/readers/mat-images.ts';
import { readPicture } from '../../main/workloads/readers/pictures.ts';
import { readCsv, readJsonRows } from '../../main/workloads/readers/rows.ts';
import { readText } from '../../main/workloads/readers/text.ts';
import { readWav } from '../../main/workloads/readers/wav.ts';
import { CSV, JSON_LINES, SGML, TEXT, cifarFile, jpegFile, matFile, pngFile, wavFile } from './fixtures/data-files.ts';
import { idxFile } from './idx-file.ts';

/** More with SERVESCAPE_FUZZ=20000 npx vitest run test/workloads/readers-fuzz.test.ts */
const MUTATIONS = Number(process.env['SERVESCAPE_FUZZ'] ?? 1000);
const LIMIT = 50;

const READERS: readonly [name: string, file: Buffer, read: (source: ByteSource) => Promise<unknown>][] = [
  ['MNIST IDX', idxFile([3, 4, 4], (place) => place), (source) => readIdxImages(source, LIMIT)],
  ['MNIST IDX, gzipped', gzipSync(idxFile([3, 4, 4], (place) => place)), (source) => readIdxImages(source, LIMIT)],
  ['SVHN .mat', matFile(), (source) => readMatImages(source, LIMIT)],
  ['SVHN .mat, not compressed', matFile({ compressed: false }), (source) => readMatImages(source, LIMIT)],
  ['CIFAR-10 binary', cifarFile(2), (source) => readCifar(source, LIMIT)],
  ['PNG', pngFile(), readPicture],
  ['JPEG', jpegFile(), readPicture],
  ['WAV', wavFile({ rate: 8000, seconds: 0.02, extra: true }), readWav],
  ['text', Buffer.from(TEXT), (source) => readText(source, LIMIT)],
  ['SGML', Buffer.from(SGML), (source) => readText(source, LIMIT)],
  ['CSV', Buffer.from(CSV), (source) => readCsv(source, LIMIT)],
  ['JSON', Buffer.from(JSON_LINES), (source) => readJsonRows(source, LIMIT)],
];

describe.each(READERS)('%s', (name, file, read) => {
  it('is read whole', async () => {
    await expect(read(await ByteSource.of(name, file))).resolves.toBeDefined();
  });

  it(`damaged in ${MUTATIONS} ways is read or refused with a typed error`, { timeout: 600_000 }, async () => {
    const random = createRandom(`fuzz/${name}`);
    let refused = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const damaged = mutated(file, random);
      try {
        const source = await ByteSource.of(name, damaged);
        await read(source);
        await source.close();
      } catch (error) {
        expect(error, `mutation ${i}: ${damaged.toString('base64')}`).toBeInstanceOf(ServescapeError);
        expect((error as ServescapeError).code).toBe('model-unusable');
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(MUTATIONS / 50);
  });
});

/** One to four of: a byte changed, a bit turned, a field of 0 or 255, a piece cut out, doubled or cut off. */
function mutated(file: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(file);
  for (let n = random.integer(1, 4); n > 0 && bytes.length > 0; n--) {
    // Headers are where damage hurts: half of it goes there.
    const at = random.next() < 0.5 ? random.integer(0, Math.min(bytes.length, 160) - 1) : random.integer(0, bytes.length - 1);
    const length = Math.min(bytes.length - at, random.integer(1, 8));
    switch (random.integer(0, 6)) {
      case 0: bytes[at] = random.integer(0, 255); break;
      case 1: bytes[at]! ^= 1 << random.integer(0, 7); break;
      case 2: bytes.fill(0, at, at + length); break;
      case 3: bytes.fill(255, at, at + length); break;
      case 4: bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]); break;
      case 5: bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]); break;
      default: bytes = Buffer.from(bytes.subarray(0, at));
    }
  }
  return bytes;
}
