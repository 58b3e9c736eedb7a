import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AudioItem, ImageItem, RowItem, TextItem } from '../../main/workloads/items.ts';
import { ByteSource } from '../../main/workloads/readers/byte-source.ts';
import { readCifar } from '../../main/workloads/readers/cifar.ts';
import { readIdxImages } from '../../main/workloads/readers/idx-images.ts';
import { readMatImages } from '../../main/workloads/readers/mat-images.ts';
import { openDataSet } from '../../main/workloads/readers/open-data-set.ts';
import { readPicture } from '../../main/workloads/readers/pictures.ts';
import { readCsv, readJsonRows } from '../../main/workloads/readers/rows.ts';
import { readText, tokenize } from '../../main/workloads/readers/text.ts';
import { readWav } from '../../main/workloads/readers/wav.ts';
import { CSV, JSON_LINES, SGML, TEXT, cifarFile, jpegFile, matFile, pixels, pngFile, wavFile, type MatOptions, type WavOptions } from './fixtures/data-files.ts';
import { idxFile } from './idx-file.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'readers-'));
});
afterAll(() => rm(folder, { recursive: true }));

const over = (bytes: Uint8Array | string, name = 'given'): Promise<ByteSource> => ByteSource.of(name, typeof bytes === 'string' ? Buffer.from(bytes) : bytes);

describe('pictures of every format are the same pixels', () => {
  it('MNIST IDX, plain and gzipped', async () => {
    const file = idxFile([3, 2, 2], (place) => place);
    for (const bytes of [file, gzipSync(file)]) {
      const items = await readIdxImages(await over(bytes), 2);
      expect(items.map(({ pixels: own }) => [...own])).toEqual([[0, 1, 2, 3], [4, 5, 6, 7]]);
      expect(items[0]).toMatchObject({ height: 2, width: 2, channels: 1 });
    }
  });

  it.each<[string, MatOptions]>([['compressed', {}], ['plain', { compressed: false }], ['big-endian', { little: false }], ['plain big-endian', { compressed: false, little: false }]])('SVHN .mat, %s', async (_, options) => {
    const items = await readMatImages(await over(matFile(options)), 10);
    expect(items).toHaveLength(3);
    items.forEach((item, n) => expect(item.pixels).toEqual(pixels(n, 4, 4)));
  });

  it('SVHN .mat is read only as far as needed', async () => {
    const whole = matFile({ count: 400, side: 32, compressed: false });
    const items = await readMatImages(await over(whole.subarray(0, whole.length - 200)), 2);
    expect(items.map(({ pixels: own }) => own)).toEqual([pixels(0, 32, 32), pixels(1, 32, 32)]);
  });

  it('CIFAR-10 binary', async () => {
    const items = await readCifar(await over(cifarFile()), 10);
    items.forEach((item, n) => expect(item.pixels).toEqual(pixels(n, 32, 32)));
    expect(items).toHaveLength(3);
  });

  it('PNG exactly, JPEG within its loss and with its own bytes', async () => {
    expect(await readPicture(await over(pngFile(2)))).toEqual({ kind: 'image', height: 6, width: 5, channels: 3, pixels: pixels(2, 6, 5) });
    const file = jpegFile();
    const item = await readPicture(await over(file));
    expect(item).toMatchObject({ height: 16, width: 16, channels: 3 });
    expect(item.jpeg).toEqual(file);
    expect(Math.abs(item.pixels[3 * 128]! - 128)).toBeLessThan(12);
  });
});

describe('sentences', () => {
  it('are lines without their ends; empty ones are left out', async () => {
    const items = await readText(await over(TEXT), 10);
    expect(items.map(({ text }) => text)).toEqual(['The old house finds a garden.', 'Every teacher’s book, again?', 'Ein Satz mit Umlaut: über.']);
    expect(items[1]!.tokens).toEqual(['Every', 'teacher’s', 'book', ',', 'again', '?']);
  });
  it('stand in WMT’s SGML too', async () => {
    expect((await readText(await over(SGML), 10)).map(({ text }) => text)).toEqual(['Rock & roll is not dead.', 'Second one.']);
  });
  it('that are tokenised already stay as they are', () => {
    expect(tokenize('▁Hel lo ▁world !')).toEqual(['▁Hel', 'lo', '▁world', '!']);
  });
});

describe('sound', () => {
  it.each<[string, WavOptions, number]>([
    ['16 bits', {}, 1], ['8 bits', { bits: 8 }, 1], ['24 bits', { bits: 24 }, 1], ['floats', { bits: 32, isFloat: true }, 1],
    ['two channels, averaged', { channels: 2 }, 0.5], ['8 kHz', { rate: 8000 }, 1], ['44.1 kHz', { rate: 44_100 }, 1], ['a chunk before it', { extra: true }, 1],
  ])('of %s becomes 16 kHz mono', async (_, options, gain) => {
    const { samples } = await readWav(await over(wavFile({ seconds: 0.1, ...options })));
    expect(samples).toHaveLength(1600);
    for (let i = 200; i < 1400; i += 37) expect(samples[i]).toBeCloseTo(gain * 0.5 * Math.sin((2 * Math.PI * 440 * i) / 16_000), 1.6);
  });
});

describe('rows', () => {
  it('of a CSV file have the header’s names and numbers where they are numbers', async () => {
    expect((await readCsv(await over(CSV), 10)).map(({ values }) => values)).toEqual([{ length: 5.1, width: 3.5, name: 'a;b' }, { length: 4.9, width: 3, name: 'c' }]);
  });
  it('of JSON stand one a line or in one list', async () => {
    const rows = [{ input: [1, 2.5, 3], name: 'a' }, { input: [4, 5, 6], name: 'b' }];
    expect((await readJsonRows(await over(JSON_LINES), 10)).map(({ values }) => values)).toEqual(rows);
    expect((await readJsonRows(await over(JSON.stringify(rows)), 10)).map(({ values }) => values)).toEqual(rows);
  });
});

describe('a foreign or damaged file is refused with what is wrong with it', () => {
  it.each<[string, () => Promise<unknown>, string]>([
    ['a picture as IDX', async () => readIdxImages(await over(pngFile()), 1), 'does not start like an IDX file'],
    ['labels as IDX', async () => readIdxImages(await over(idxFile([3], () => 1)), 1), 'it holds labels, not images'],
    ['a cut IDX', async () => readIdxImages(await over(idxFile([3, 2, 2], () => 1).subarray(0, 25)), 9), 'image 3 of 3 ends 3 bytes too early'],
    ['a cut gzip', async () => readIdxImages(await over(gzipSync(idxFile([3, 2, 2], (i) => i)).subarray(0, 25)), 9), 'its compression is damaged or it was cut short'],
    ['MATLAB 7.3', async () => readMatImages(await over(Buffer.concat([Buffer.from('MATLAB 7.3 MAT-file'), Buffer.alloc(200)])), 1), 'MATLAB 7.3 file (HDF5)'],
    ['a .mat without X', async () => readMatImages(await over(matFile({ name: 'Z' })), 1), 'no variable X'],
    ['doubles in X', async () => readMatImages(await over(matFile({ classOf: 6 })), 1), 'of MATLAB class 6, not unsigned bytes'],
    ['a wrong CIFAR label', async () => readCifar(await over(Buffer.alloc(3073, 77)), 1), 'image 1 has the label 77'],
    ['a cut CIFAR batch', async () => readCifar(await over(cifarFile(2).subarray(0, 5000)), 9), 'image 2 ends 1146 bytes too early'],
    ['text as a picture', async () => readPicture(await over(TEXT)), 'neither a PNG nor a JPEG'],
    ['a cut PNG', async () => readPicture(await over(pngFile().subarray(0, 60))), 'the picture is damaged'],
    ['a giant PNG', async () => { const file = pngFile(); file.writeUInt32BE(2 ** 30, 16); return readPicture(await over(file)); }, 'it promises images of 6 × 1073741824 pixels'],
    ['bytes as text', async () => readText(await over(Buffer.from([0x41, 0xff, 0xfe, 0x42])), 1), 'it is not UTF-8 text'],
    ['an endless line', async () => readText(await over('x'.repeat(30_000)), 1), 'a line of more than 20000 characters'],
    ['compressed sound', async () => { const file = wavFile(); file.writeUInt16LE(85, 20); return readWav(await over(file)); }, 'it is compressed (WAVE format 85)'],
    ['a cut WAV', async () => readWav(await over(wavFile().subarray(0, 100))), 'its sound ends'],
    ['a ragged CSV', async () => readCsv(await over('a,b\n1,2,3\n'), 1), 'it is no CSV table'],
    ['broken JSON', async () => readJsonRows(await over('{"a": 1}\n{"a": '), 9), 'line 2 is not JSON'],
    ['numbers as JSON rows', async () => readJsonRows(await over('[1, 2]'), 9), 'entry 1 is not an object'],
  ])('%s', async (_, read, why) => {
    await expect(read()).rejects.toMatchObject({ name: 'ServescapeError', code: 'model-unusable', message: expect.stringContaining(why) as string });
  });

  it('a missing one, and a folder with nothing to read', async () => {
    await expect(ByteSource.open(join(folder, 'none'))).rejects.toMatchObject({ code: 'model-missing' });
    await expect(openDataSet(join(folder, 'none'), 1)).rejects.toMatchObject({ code: 'model-missing' });
    await mkdir(join(folder, 'empty'));
    await writeFile(join(folder, 'empty', 'notes.pdf'), 'x');
    await expect(openDataSet(join(folder, 'empty'), 1)).rejects.toMatchObject({ code: 'model-unusable', details: { hint: expect.stringContaining('MNIST IDX') as string } });
  });
});

describe('a folder', () => {
  it('of pictures by class is one data set, in order of the names', async () => {
    for (const [name, image] of [['cat/10.png', 2], ['cat/9.png', 1], ['airplane/1.png', 0]] as const) {
      await mkdir(join(folder, 'pictures', name, '..'), { recursive: true });
      await writeFile(join(folder, 'pictures', name), pngFile(image));
    }
    const data = await openDataSet(join(folder, 'pictures'), 10);
    expect((data.items as ImageItem[]).map(({ pixels: own }) => own[0])).toEqual([0, 50, 100]);
    expect(data.words).toBe('3 images of 6 × 5 × 3 from 3 files, picture');
  });

  it('with training and test files gives the test files', async () => {
    await mkdir(join(folder, 'cifar'));
    await writeFile(join(folder, 'cifar', 'data_batch_1.bin'), cifarFile(2));
    await writeFile(join(folder, 'cifar', 'test_batch.bin'), cifarFile(1));
    expect((await openDataSet(join(folder, 'cifar'), 10)).items).toHaveLength(1);
  });

  it('of the program’s own samples is read: what each workload brings along', async () => {
    const root = resolve(import.meta.dirname, '../../resources/data');
    const words = async (name: string): Promise<string> => (await openDataSet(join(root, name), 10_000)).words;
    expect(await words('digits')).toBe('3,413 images of 28 × 28 × 1 from t10k-images-idx3-ubyte.gz, MNIST IDX');
    expect(await words('gan-svhn')).toBe('300 images of 32 × 32 × 3 from generated_32x32.mat, MATLAB 5');
    expect(await words('resnet-cifar10')).toBe('300 images of 32 × 32 × 3 from generated_batch.bin.gz, CIFAR-10 binary batch');
    expect(await words('opennmt')).toBe('600 sentences from generated.en, text');
    expect(await words('deepspeech')).toBe('40 utterances from 40 files, WAV');
    const [speech, text] = [await openDataSet(join(root, 'deepspeech'), 1), await openDataSet(join(root, 'opennmt'), 1)];
    expect((speech.items[0] as AudioItem).samples.length).toBeGreaterThan(10_000);
    expect((text.items[0] as TextItem).tokens.length).toBeGreaterThan(3);
  });
});

it('a row keeps its type', async () => {
  const [row] = await readCsv(await over('a,b\n1,x\n'), 1);
  expect(row satisfies RowItem | undefined).toEqual({ kind: 'row', values: { a: 1, b: 'x' } });
});
