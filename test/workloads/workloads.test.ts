import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseItems } from '../../main/workloads/choose-items.ts';
import { parseIdx, readIdx } from '../../main/workloads/idx.ts';
import { isPredictions } from '../../main/workloads/predict-request.ts';
import { openWorkload } from '../../main/workloads/workloads.ts';
import { idxFile, writeDigits } from './idx-file.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'workloads-'));
  await writeDigits(folder);
});
afterAll(() => rm(folder, { recursive: true }));

describe('IDX files', () => {
  const file = idxFile([3, 2, 2], (place) => place);

  it.each([['plain', file], ['gzipped', gzipSync(file)]])('reads a %s one', async (name, bytes) => {
    const path = join(folder, `${name}.idx`);
    await writeFile(path, bytes);
    const { dimensions, bytes: values } = await readIdx(path);
    expect(dimensions).toEqual([3, 2, 2]);
    expect([...values]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('refuses every truncation, naming the file', () => {
    for (let length = 0; length < file.length; length++) {
      expect(() => parseIdx(file.subarray(0, length), 'digits.idx')).toThrowError(/digits\.idx cannot be used: .*(end|start|promises)/);
    }
    expect(() => parseIdx(Buffer.concat([file, Buffer.from([1])]), 'digits.idx')).toThrowError('promises 12 bytes, 13 follow');
  });

  it.each([
    ['a picture', Buffer.from('\x89PNG\r\n\x1a\n123456', 'latin1'), 'does not start like an IDX file'],
    ['floats', Buffer.from([0, 0, 0x0d, 1, 0, 0, 0, 1, 0]), 'type 13'],
    ['no dimensions', Buffer.from([0, 0, 8, 0]), '0 dimensions'],
    ['nothing in it', Buffer.from([0, 0, 8, 1, 0, 0, 0, 0]), 'it is empty'],
  ])('refuses %s', (_, bytes, why) => {
    expect(() => parseIdx(bytes, 'x')).toThrowError(why);
  });

  it('refuses a damaged gzip and a missing file with typed errors', async () => {
    const path = join(folder, 'cut.gz');
    await writeFile(path, gzipSync(file).subarray(0, 20));
    await expect(readIdx(path)).rejects.toMatchObject({ code: 'model-unusable' });
    await expect(readIdx(join(folder, 'none.gz'))).rejects.toMatchObject({ code: 'model-missing' });
  });
});

describe('digits requests', () => {
  const encode = async (requestBatchSize: number, inputs: 'unique' | 'same', seed = 'a', count = 1000, memoryMb?: number) =>
    (await openWorkload('digits', folder)).encode({ requestBatchSize, inputs, seed, count, ...(memoryMb !== undefined && { memoryMb }) });

  it('are one POST with a row-form body of images with values 0–1', async () => {
    const pool = await encode(3, 'unique');
    const [head, body] = pool.bytes(0).toString().split('\r\n\r\n') as [string, string];
    expect(head.split('\r\n')).toEqual([
      'POST /v1/models/digits:predict HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`,
    ]);
    const { signature_name, instances } = JSON.parse(body) as { signature_name: string; instances: number[][][][] };
    expect(signature_name).toBe('serving_default');
    expect(instances).toHaveLength(3);
    instances.forEach((image, i) => {
      expect(image).toHaveLength(28);
      expect(image.every((row) => row.length === 28 && row.every((cell) => cell.length === 1))).toBe(true);
      expect(image[27]![27]).toEqual([1]);
      expect(image[0]![0]![0]).toBeCloseTo(pool.items(0)[i]! / 255, 3);
    });
  });

  it('unique inputs send every item once before any comes again', async () => {
    const pool = await encode(1, 'unique');
    expect(pool.count).toBe(40);
    const order = Array.from({ length: 40 }, (_, i) => pool.items(i)[0]!);
    expect(new Set(order).size).toBe(40);
    expect(order).not.toEqual([...order].sort((a, b) => a - b));
  });

  it('same inputs are one request', async () => {
    expect((await encode(4, 'same')).count).toBe(1);
  });

  it('depend on the seed and on nothing else', async () => {
    const bodies = async (seed: string) => {
      const pool = await encode(2, 'unique', seed, 20);
      return Array.from({ length: pool.count }, (_, i) => pool.bytes(i).toString());
    };
    expect(await bodies('a')).toEqual(await bodies('a'));
    expect(await bodies('a')).not.toEqual(await bodies('b'));
  });

  it('hold no more requests than asked for, and no more than the memory allows', async () => {
    expect((await encode(2, 'unique', 'a', 7)).count).toBe(7);
    const small = await encode(8, 'unique', 'a', 100_000, 1);
    expect(small.count * small.bytes(0).length).toBeLessThan(2 ** 20);
    expect(small.count).toBeGreaterThan(10);
  });

  it('refuses data of another shape', async () => {
    const other = await mkdtemp(join(tmpdir(), 'workloads-'));
    await expect(openWorkload('digits', other)).rejects.toMatchObject({ code: 'model-missing' });
    await writeDigits(other);
    await writeFile(join(other, 'digits', 't10k-images-idx3-ubyte.gz'), gzipSync(idxFile([2, 5, 5], () => 0)));
    await expect(openWorkload('digits', other)).rejects.toMatchObject({ code: 'model-unusable', message: expect.stringContaining('2 × 5 × 5') as string });
    await rm(other, { recursive: true });
  });
});

it('no item comes twice in one request while the data set lasts', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 120 }), fc.string(), (itemCount, requestBatchSize, seed) => {
      const choice = chooseItems({ itemCount, requestBatchSize, inputs: 'unique', seed });
      for (let request = 0; request < 3; request++) {
        const items = choice.items(request);
        expect(items).toHaveLength(requestBatchSize);
        for (let start = 0; start < requestBatchSize; start += itemCount) {
          const deal = items.slice(start, start + itemCount);
          expect(new Set(deal).size).toBe(deal.length);
          expect(deal.every((item) => item >= 0 && item < itemCount)).toBe(true);
        }
      }
    }),
    { seed: 3, numRuns: 100 },
  );
});

describe('the answer scan', () => {
  const check = (text: string, rows = 2, columns = 3): boolean => {
    const padded = Buffer.from(`##${text}##`);
    return isPredictions(padded, 2, padded.length - 2, rows, columns);
  };

  it.each(['{"predictions": [[1,2,3],[4,5,6]]}', '{\n    "predictions": [[-1.5e-7, 2E+3, 0.0], [4, 5, 6]\n    ]\n}', '{"predictions":[[1,2,3],[4,5,6]] }'])('takes %s', (text) => {
    expect(check(text)).toBe(true);
  });

  it.each([
    '{}', '', '{"predictions"', '{"predictions": ', '{"error": "[[1,2,3],[4,5,6]]"}', '{"predictions": [[1,2,3]]}', '{"predictions": [[1,2,3],[4,5]]}',
    '{"predictions": [[1,2,3],[4,5,6],[7,8,9]]}', '{"predictions": [[1,2,3],[4,5,null]]}', '{"predictions": [[1,2,3],[4,5,"6"]]}', '{"predictions": [[1,2,3],[4,5,6]]',
    '{"predictions": [1,2,3,4,5,6]}', '{"predictions": [[[1],[2],[3]],[[4],[5],[6]]]}', '{"predictions": [[1,2,3],[4,5,NaN]]}',
  ])('refuses %s', (text) => {
    expect(check(text)).toBe(false);
  });

  it('agrees with a full parse on every table', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 5 }), { maxLength: 5 }), (table) => {
        const text = JSON.stringify({ predictions: table });
        const right = table.length === 2 && table.every((row) => row.length === 3);
        expect(check(text)).toBe(right);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});
