import { resolve } from 'node:path';
import { decode } from 'jpeg-js';
import { describe, expect, it } from 'vitest';
import { mfcc } from '../../main/workloads/encoders/mfcc.ts';
import { proposeEncoder } from '../../main/workloads/encoders/propose-encoder.ts';
import { hasRows } from '../../main/workloads/answer-scan.ts';
import type { DataSet, Item } from '../../main/workloads/items.ts';
import { openDataSet } from '../../main/workloads/readers/open-data-set.ts';
import { describeTensor, readSignature, type ModelSignature } from '../../main/workloads/signature.ts';
import { signatureWorkload } from '../../main/workloads/signature-workload.ts';
import { stackPadded } from '../../main/workloads/tensor.ts';
import { pixels } from './fixtures/data-files.ts';

type Shapes = Record<string, readonly [dtype: string, shape: readonly number[] | null]>;

function signatureOf(inputs: Shapes, outputs: Shapes = { scores: ['DT_FLOAT', [-1, 10]] }): ModelSignature {
  const tensors = (shapes: Shapes) => Object.entries(shapes).map(([name, [dtype, shape]]) => ({ name, dtype, shape }));
  return { signatureName: 'serving_default', inputs: tensors(inputs), outputs: tensors(outputs) };
}
function dataOf(...items: Item[]): DataSet {
  return { kind: items[0]!.kind, items, words: 'three samples' };
}
const image = (n: number, height = 2, width = 3): Item => ({ kind: 'image', height, width, channels: 3, pixels: pixels(n, height, width) });
const text = (sentence: string): Item => ({ kind: 'text', text: sentence, tokens: sentence.split(' ') });
const audio = (length: number): Item => ({ kind: 'audio', samples: Float32Array.from({ length }, (_, i) => Math.sin(i / 9)) });

describe('the signature from the server', () => {
  const answer = (definition: unknown): unknown => ({ model_spec: {}, metadata: { signature_def: { signature_def: definition } } });
  const tensor = (dtype: string, ...sizes: number[]) => ({ dtype, tensor_shape: { dim: sizes.map((size) => ({ size: String(size), name: '' })), unknown_rank: false }, name: 'x:0' });

  it('is read as TensorFlow Serving writes it', () => {
    const signature = readSignature(answer({
      __saved_model_init_op: { inputs: {}, outputs: { x: tensor('DT_INVALID') }, method_name: '' },
      predict_images: { inputs: { images: tensor('DT_STRING', -1) }, outputs: { scores: tensor('DT_FLOAT', -1, 10) }, method_name: 'tensorflow/serving/predict' },
    }));
    expect(signature).toEqual(signatureOf({ images: ['DT_STRING', [-1]] }, { scores: ['DT_FLOAT', [-1, 10]] }) && { ...signature, signatureName: 'predict_images' });
    expect(signature.inputs.map(describeTensor)).toEqual(['images: string [any]']);
  });
  it.each([[{}], [{ metadata: {} }], [answer({})], [answer({ a: { inputs: {}, outputs: {} } })], [null]])('is refused when it says nothing: %j', (document) => {
    expect(() => readSignature(document)).toThrowError(expect.objectContaining({ code: 'model-unusable' }) as Error);
  });
});

describe('pictures go out as the model wants them', () => {
  const encode = (shapes: Shapes, item = image(0)) => {
    const encoder = proposeEncoder(signatureOf(shapes), dataOf(item));
    return { ...encoder, tensor: encoder.encode(item)[0]! };
  };
  it('as floats 0 to 1, channels last', () => {
    const { tensor, words, notes } = encode({ x: ['DT_FLOAT', [-1, 2, 3, 3]] });
    expect(tensor).toMatchObject({ name: 'x', dtype: 'DT_FLOAT', shape: [2, 3, 3] });
    [...tensor.values as Float32Array].forEach((value, i) => expect(value).toBeCloseTo(pixels(0, 2, 3)[i]! / 255, 2));
    expect({ words, notes }).toEqual({ words: '2 × 3 × 3 floats, 0 to 1', notes: [] });
  });
  it('channels first', () => {
    expect(encode({ x: ['DT_UINT8', [-1, 3, -1, -1]] }).tensor.shape).toEqual([3, 2, 3]);
    const first = encode({ x: ['DT_UINT8', [-1, 3, 2, 2]] }, image(0, 2, 2)).tensor;
    expect(first.shape).toEqual([3, 2, 2]);
    expect([...first.values as Int32Array].slice(0, 4)).toEqual([0, 3, 6, 9].map((i) => pixels(0, 2, 2)[i]));
  });
  it('flat, grey, resized, and it says so', () => {
    expect(encode({ x: ['DT_FLOAT', [-1, 18]] }).tensor.shape).toEqual([18]);
    const grey = encode({ x: ['DT_FLOAT', [-1, 4, 6, 1]] });
    expect(grey.tensor.shape).toEqual([4, 6, 1]);
    expect(grey.notes).toEqual(['Pictures are resized from 2 × 3 to 4 × 6.', 'Coloured pictures are sent as grey.']);
  });
  it('as JPEG bytes, the file’s own where it is one', () => {
    const { tensor } = encode({ image_bytes: ['DT_STRING', [-1]] }, image(0, 16, 16));
    expect(tensor.shape).toEqual([]);
    expect(decode((tensor.values as Buffer[])[0]!)).toMatchObject({ width: 16, height: 16 });
    const own = Buffer.from('jpeg');
    expect(encode({ image_bytes: ['DT_STRING', [-1]] }, { ...image(0), jpeg: own } as Item).tensor.values).toEqual([own]);
  });
});

describe('a mismatch is said in words', () => {
  it.each<[string, Shapes, Item]>([
    ['pictures for a translator', { tokens: ['DT_STRING', [-1, -1]], length: ['DT_INT32', [-1]] }, image(0)],
    ['sentences for a picture model', { x: ['DT_FLOAT', [-1, 32, 32, 3]] }, text('a b')],
    ['sounds for a picture model', { x: ['DT_FLOAT', [-1, 32, 32, 3]] }, audio(600)],
    ['rows without the columns', { a: ['DT_FLOAT', [-1, 1]], b: ['DT_FLOAT', [-1, 1]] }, { kind: 'row', values: { a: 1, c: 2 } }],
    ['too few numbers', { x: ['DT_FLOAT', [-1, 4]] }, { kind: 'row', values: { a: 1, c: 2 } }],
  ])('%s', (_, shapes, item) => {
    const [first] = Object.keys(shapes);
    expect(() => proposeEncoder(signatureOf(shapes), dataOf(item))).toThrowError(
      expect.objectContaining({ code: 'model-unusable', message: expect.stringMatching(new RegExp(`the model takes ${first}: .*; the data are three samples\\. `)) as string }) as Error,
    );
  });
});

describe('requests of different length', () => {
  const translator = signatureOf({ tokens: ['DT_STRING', [-1, -1]], length: ['DT_INT32', [-1]] }, { tokens: ['DT_STRING', [-1, 1, -1]], length: ['DT_INT32', [-1, 1]] });
  const data = dataOf(text('a'), text('b c d'), text('e f'));
  const workload = (form: 'row' | 'columnar') => signatureWorkload({ modelName: 'opennmt', data, signature: translator, form });
  const bodyOf = (bytes: Buffer): unknown => JSON.parse(bytes.toString().split('\r\n\r\n')[1]!);

  it('are padded to the longest of their request, whose width is kept; item and length stay together', () => {
    const pool = workload('row').encode({ requestBatchSize: 2, inputs: 'unique', seed: 'a', count: 20 });
    expect(pool.count).toBe(20);
    const widths = new Set<number>();
    for (let i = 0; i < pool.count; i++) {
      const chosen = pool.items(i).map((item) => (data.items[item] as unknown as { tokens: string[] }).tokens);
      const width = Math.max(...chosen.map(({ length }) => length));
      expect(pool.width(i)).toBe(width);
      widths.add(width);
      expect(bodyOf(pool.bytes(i))).toEqual({
        signature_name: 'serving_default',
        instances: chosen.map((tokens) => ({ tokens: [...tokens, ...Array<string>(width - tokens.length).fill('')], length: tokens.length })),
      });
      const [tokens, length] = pool.tensors(i);
      expect(tokens).toMatchObject({ name: 'tokens', shape: [2, width] });
      expect([...length!.values]).toEqual(chosen.map((one) => one.length));
    }
    expect(widths).toEqual(new Set([2, 3]));
  });

  it('go out by column too', () => {
    const pool = workload('columnar').encode({ requestBatchSize: 3, inputs: 'same', seed: 'a', count: 9 });
    expect(pool.count).toBe(1);
    const { inputs } = bodyOf(pool.bytes(0)) as { inputs: { tokens: string[][]; length: number[] } };
    expect(inputs.tokens.map((row) => row.length)).toEqual([3, 3, 3]);
    expect([...inputs.length].sort()).toEqual([1, 2, 3]);
  });

  it('depend on the seed and on nothing else', () => {
    const bodies = (seed: string): string[] => {
      const pool = workload('row').encode({ requestBatchSize: 2, inputs: 'unique', seed, count: 10 });
      return Array.from({ length: 10 }, (_, i) => pool.bytes(i).toString());
    };
    expect(bodies('a')).toEqual(bodies('a'));
    expect(bodies('a')).not.toEqual(bodies('b'));
  });

  it('of sound carry frames of coefficients and their number', () => {
    const signature = signatureOf({ features: ['DT_FLOAT', [-1, -1, 26]], lengths: ['DT_INT32', [-1]] });
    const pool = signatureWorkload({ modelName: 'deepspeech', data: dataOf(audio(1152), audio(512)), signature, form: 'row' }).encode({ requestBatchSize: 2, inputs: 'same', seed: 'a', count: 1 });
    const [features, lengths] = pool.tensors(0);
    expect(features!.shape).toEqual([2, 3, 26]);
    expect([...lengths!.values].sort()).toEqual([1, 3]);
    expect(pool.width(0)).toBe(3);
    const { instances } = bodyOf(pool.bytes(0)) as { instances: { features: number[][]; lengths: number }[] };
    instances.forEach((instance) => {
      expect(instance.features.map((frame) => frame.length)).toEqual([26, 26, 26]);
      if (instance.lengths === 1) expect(instance.features[2]).toEqual(Array<number>(26).fill(0));
    });
  });
});

it('fixed shapes are held within the memory that is given', async () => {
  const data = await openDataSet(resolve(import.meta.dirname, '../../resources/data/gan-svhn'), 300);
  const workload = signatureWorkload({ modelName: 'gan-svhn', data, signature: signatureOf({ images: ['DT_FLOAT', [-1, 32, 32, 3]] }), form: 'row' });
  const pool = workload.encode({ requestBatchSize: 1, inputs: 'unique', seed: 'a', count: 10_000, memoryMb: 1 });
  expect(pool.count * pool.bytes(0).length).toBeLessThan(2 ** 20 * 1.1);
  expect(pool.count).toBeGreaterThan(30);
  const whole = workload.encode({ requestBatchSize: 1, inputs: 'unique', seed: 'a', count: 10_000 });
  expect(new Set(Array.from({ length: whole.count }, (_, i) => whole.items(i)[0])).size).toBe(300);
  expect(whole.width(0)).toBeNull();
});

it('rows go by the names of the inputs, or as one vector', () => {
  const rows: Item[] = [{ kind: 'row', values: { a: 1, b: [2, 3], note: 'x' } }];
  const named = proposeEncoder(signatureOf({ b: ['DT_FLOAT', [-1, 2]], a: ['DT_INT64', [-1]] }), dataOf(...rows));
  expect(named.notes).toEqual(['Not sent: note.']);
  expect(named.encode(rows[0]!)).toMatchObject([{ name: 'b', shape: [2] }, { name: 'a', dtype: 'DT_INT64', shape: [], values: Int32Array.of(1) }]);
  const flat: Item = { kind: 'row', values: { x: 1.5, y: 2, label: 'c' } };
  expect(proposeEncoder(signatureOf({ input: ['DT_FLOAT', [-1, 2]] }), dataOf(flat)).encode(flat)).toMatchObject([{ shape: [2], values: Float32Array.of(1.5, 2) }]);
});

it('tensors of different size are joined with room at the end of each dimension', () => {
  const tensor = (shape: number[], values: number[]) => ({ name: 'x', dtype: 'DT_FLOAT' as const, shape, values: Float32Array.from(values) });
  const joined = stackPadded([tensor([1, 2], [1, 2]), tensor([2, 1], [3, 4])]);
  expect(joined.shape).toEqual([2, 2, 2]);
  expect([...joined.values]).toEqual([1, 2, 0, 0, 3, 0, 4, 0]);
});

describe('coefficients of sound', () => {
  it('are one frame every 20 ms', () => {
    expect(mfcc(new Float32Array(16_000), 26)).toHaveLength(49 * 26);
    expect(mfcc(new Float32Array(10), 13)).toHaveLength(13);
  });
  it('tell a low tone from a high one, and do not depend on when it is heard', () => {
    const tone = (hz: number, from = 0): Float32Array => mfcc(Float32Array.from({ length: 512 }, (_, i) => Math.sin((2 * Math.PI * hz * (i + from)) / 16_000)), 13);
    const [low, high, later] = [tone(250), tone(4000), tone(250, 64)];
    expect(low[1]! - high[1]!).toBeGreaterThan(5);
    expect(later[1]!).toBeCloseTo(low[1]!, 0);
  });
});

describe('answers are counted row by row', () => {
  const check = (answer: string, rows = 2, form: 'row' | 'columnar' = 'row'): boolean => hasRows(Buffer.from(`##${answer}##`), 2, 2 + Buffer.byteLength(answer), rows, form);
  it.each(['{"predictions": [1, 2]}', '{"predictions": [{"a": [1, 2], "b": "x,]\\""}, {"a": [], "b": ""}]}', '{"predictions":[["a","b"],["c"]]}'])('takes %s', (answer) => {
    expect(check(answer)).toBe(true);
  });
  it.each(['{"predictions": [1]}', '{"predictions": [1, 2, 3]}', '{"predictions": [1, 2', '{"error": "no"}', '{"predictions": []}', '{"predictions": 5}', '{"predictions": ["a, b"]}'])('refuses %s', (answer) => {
    expect(check(answer)).toBe(false);
  });
  it('in columnar form', () => {
    expect(check('{"outputs": [[1], [2]]}', 2, 'columnar')).toBe(true);
    expect(check('{"outputs": {"a": [1, 2], "b": [3, 4]}}', 2, 'columnar')).toBe(true);
    expect(check('{"outputs": [[1]]}', 2, 'columnar')).toBe(false);
  });
});
