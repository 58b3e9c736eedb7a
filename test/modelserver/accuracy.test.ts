import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { argMax, DIGIT_COUNT, IDX_HEADERS, labelOf, pixelsOf } from './digits.ts';

const BATCH = 256;

it('the bundled digits are 3,413 images in the real MNIST format', () => {
  expect(DIGIT_COUNT).toBe(3413);
  expect(IDX_HEADERS).toEqual({ images: [0x803, 28, 28], labels: [0x801, 3413] });
});

it('the bundled classifier reads at least 95 % of the digits it never saw', async () => {
  const model = new URL('../../resources/models/digits/1/model.onnx', import.meta.url);
  const session = await InferenceSession.create(model.pathname, { intraOpNumThreads: 1 });
  let right = 0;
  for (let from = 0; from < DIGIT_COUNT; from += BATCH) {
    const count = Math.min(BATCH, DIGIT_COUNT - from);
    const { scores } = await session.run({ images: new Tensor('float32', pixelsOf(from, count), [count, 28, 28, 1]) });
    const data = scores?.data as Float32Array;
    for (let i = 0; i < count; i += 1) if (argMax(data.subarray(i * 10, i * 10 + 10)) === labelOf(from + i)) right += 1;
  }
  expect(right / DIGIT_COUNT).toBeGreaterThanOrEqual(0.95);
});
