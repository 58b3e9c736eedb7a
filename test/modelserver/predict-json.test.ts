import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTensor, type JsonValue } from '../../main/modelserver/json-tensor.ts';
import { writePredictAnswer } from '../../main/modelserver/predict-answer.ts';
import { ServingError } from '../../main/modelserver/serving-status.ts';
import { concatRows, padRows, sizeOf, sliceRows, type Tensor } from '../../main/modelserver/tensor.ts';

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });

function nest(values: readonly number[], [size, ...rest]: readonly number[]): JsonValue {
  if (size === undefined) return values[0] as number;
  const width = sizeOf(rest);
  return Array.from({ length: size }, (_, i) => nest(values.slice(i * width, (i + 1) * width), rest));
}

function floats(shape: readonly number[], values: readonly number[]): Tensor {
  return { dtype: 'DT_FLOAT', shape, data: Float32Array.from(values) };
}

describe('readTensor and writePredictAnswer', () => {
  it('read and write every float of every shape without loss', () => {
    fc.assert(fc.property(shapes, fc.float({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: 0, max: 99 }), (shape, value, seed) => {
      const values = Array.from({ length: sizeOf(shape) }, (_, i) => Math.fround(value / (1 + ((i * 31 + seed) % 7))) + 0);
      const text = JSON.stringify(nest(values, shape));
      fc.pre(values.every((number) => !Number.isInteger(number) || Math.abs(number) < 2 ** 24 || Math.abs(number) >= 2 ** 64));
      const tensor = readTensor(JSON.parse(text) as JsonValue, { dtype: 'DT_FLOAT' }, text.length);
      expect(tensor).toEqual(floats(shape, values));
      const answer = JSON.parse(writePredictAnswer({ out: tensor }, 'row')) as { predictions: JsonValue };
      expect((answer.predictions as number[]).flat(9).map(Math.fround)).toEqual(values);
    }), { seed: 17, numRuns: 300 });
  });

  it('refuse what is not even, however it is uneven', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const flat = (inner: unknown): number[] => (Array.isArray(inner) ? inner.flatMap(flat) : [inner as number]);
      try {
        const { shape, data } = readTensor(value as JsonValue, { dtype: 'DT_FLOAT' }, JSON.stringify(value).length);
        expect(data).toHaveLength(sizeOf(shape));
        expect(Array.from(data as Float32Array)).toEqual(flat(value).map(Math.fround));
      } catch (error) {
        expect(error).toBeInstanceOf(ServingError);
        expect((error as ServingError).code).toBe('INVALID_ARGUMENT');
      }
    }), { seed: 19, numRuns: 2000 });
  });

  it('print numbers as TensorFlow Serving does', () => {
    const tensor = floats([9], [1, -0, 0.2, 1 / 3, 9e6, 1e-7, NaN, Infinity, -Infinity]);
    expect(writePredictAnswer({ y: tensor }, 'columnar').replaceAll(/\s+/g, ' ')).toBe(
      '{ "outputs": [1.0, -0.0, 0.2, 0.333333343, 9000000.0, 1e-7, NaN, Infinity, -Infinity] }');
  });

  it('name the outputs when there are several, and keep bytes in base64', () => {
    const outputs: Record<string, Tensor> = {
      label: { dtype: 'DT_STRING', shape: [2], data: ['a"b', 'c'] },
      raw_bytes: { dtype: 'DT_STRING', shape: [2], data: ['x', 'y'] },
      id: { dtype: 'DT_INT64', shape: [2], data: BigInt64Array.of(1n, -2n) },
      sure: { dtype: 'DT_BOOL', shape: [2], data: Uint8Array.of(1, 0) },
    };
    expect(JSON.parse(writePredictAnswer(outputs, 'row'))).toEqual({ predictions: [
      { label: 'a"b', raw_bytes: { b64: 'eA==' }, id: 1, sure: true }, { label: 'c', raw_bytes: { b64: 'eQ==' }, id: -2, sure: false },
    ] });
    expect(JSON.parse(writePredictAnswer(outputs, 'columnar'))).toEqual({ outputs: {
      label: ['a"b', 'c'], raw_bytes: [{ b64: 'eA==' }, { b64: 'eQ==' }], id: [1, -2], sure: [true, false],
    } });
  });
});

it('rows of different counts cannot be predictions', () => {
  const outputs = { a: floats([2], [1, 2]), b: floats([3], [1, 2, 3]) };
  expect(() => writePredictAnswer(outputs, 'row')).toThrowError('Tensor name: b has inconsistent batch size: 3 expecting: 2');
  expect(writePredictAnswer(outputs, 'columnar')).toContain('"b": [1.0, 2.0, 3.0]');
});

describe('rows', () => {
  it('are joined, filled up with copies of the last tensor’s first row, and cut apart again', () => {
    const [a, b] = [floats([1, 2], [1, 2]), floats([2, 2], [3, 4, 5, 6])];
    const joined = concatRows([a, b], 2);
    expect(joined).toEqual(floats([5, 2], [1, 2, 3, 4, 5, 6, 3, 4, 3, 4]));
    expect(sliceRows(joined, 1, 3)).toEqual(b);
    const words: Tensor = { dtype: 'DT_STRING', shape: [1], data: ['x'] };
    expect(concatRows([words, words], 1).data).toEqual(['x', 'x', 'x']);
  });

  it('are padded at the end of every dimension', () => {
    expect(padRows(floats([1, 2, 2], [1, 2, 3, 4]), [3, 3])).toEqual(floats([1, 3, 3], [1, 2, 0, 3, 4, 0, 0, 0, 0]));
  });
});
