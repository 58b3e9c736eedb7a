/** The classifier: four convolutions, two dense layers. About 13 million multiplications a digit. */
import * as tf from '@tensorflow/tfjs-core';
import { filterGradient, inputGradient } from './conv-gradients.mjs';
import { normal } from './random.mjs';

const DROPOUT = 0.4;

/** Filters are [height, width, in, out]; dense weights are [in, out]. The order is the order of use. */
export const LAYERS = [
  { name: 'conv1', kind: 'conv', shape: [5, 5, 1, 32], stride: 2 },
  { name: 'conv2', kind: 'conv', shape: [3, 3, 32, 64], stride: 1 },
  { name: 'conv3', kind: 'conv', shape: [3, 3, 64, 64], stride: 1 },
  { name: 'conv4', kind: 'conv', shape: [3, 3, 64, 64], stride: 2 },
  { name: 'dense1', kind: 'dense', shape: [7 * 7 * 64, 128] },
  { name: 'dense2', kind: 'dense', shape: [128, 10] },
];

/** He initialisation. @param {() => number} random */
export function createWeights(random) {
  return Object.fromEntries(LAYERS.map(({ name, shape }) => {
    const fanIn = shape.slice(0, -1).reduce((a, b) => a * b, 1);
    const size = fanIn * shape.at(-1);
    const values = Float32Array.from({ length: size }, () => normal(random) * Math.sqrt(2 / fanIn));
    return [name, {
      kernel: tf.variable(tf.tensor(values, shape), true, `${name}/kernel`),
      bias: tf.variable(tf.zeros([shape.at(-1)]), true, `${name}/bias`),
    }];
  }));
}

/**
 * @param {tf.Tensor4D} images [batch, 28, 28, 1]
 * @param {() => number} [dropoutRandom] given in training only
 * @returns {{ logits: tf.Tensor2D, inputs: tf.Tensor[], masks: (tf.Tensor | undefined)[] }}
 *   `inputs` and `masks` are what each layer saw: the backward pass needs them
 */
export function forward(weights, images, dropoutRandom) {
  const inputs = [];
  const masks = [];
  let value = images;
  for (const { name, kind, stride, shape } of LAYERS) {
    const { kernel, bias } = weights[name];
    let mask;
    if (kind === 'dense') {
      value = tf.reshape(value, [-1, shape[0]]);
      if (dropoutRandom) {
        mask = dropoutMask(value.shape, dropoutRandom);
        value = tf.mul(value, mask);
      }
    }
    inputs.push(value);
    masks.push(mask);
    value = kind === 'conv'
      ? tf.fused.conv2d({ x: value, filter: kernel, strides: stride, pad: 'same', bias, activation: 'relu' })
      : tf.add(tf.matMul(value, kernel), bias);
    if (kind === 'dense' && name !== LAYERS.at(-1).name) value = tf.relu(value);
  }
  return { logits: value, inputs, masks };
}

/**
 * Mean cross-entropy of a batch and its gradient by every weight.
 * @param {tf.Tensor2D} wanted one-hot [batch, 10]
 * @returns {{ loss: tf.Scalar, gradients: Record<string, tf.Tensor> }} named as the variables are
 */
export function lossAndGradients(weights, images, wanted, dropoutRandom) {
  const { logits, inputs, masks } = forward(weights, images, dropoutRandom);
  const scores = tf.softmax(logits);
  const loss = tf.neg(tf.mean(tf.log(tf.add(tf.sum(tf.mul(wanted, scores), 1), 1e-9))));
  const gradients = {};
  let dy = tf.div(tf.sub(scores, wanted), images.shape[0]);
  for (let i = LAYERS.length - 1; i >= 0; i -= 1) {
    const { name, kind, shape, stride } = LAYERS[i];
    const { kernel } = weights[name];
    const input = inputs[i];
    gradients[`${name}/bias`] = tf.sum(tf.reshape(dy, [-1, shape.at(-1)]), 0);
    gradients[`${name}/kernel`] = kind === 'conv'
      ? filterGradient(input, dy, shape, stride)
      : tf.matMul(tf.transpose(input), dy);
    if (i === 0) break;
    dy = kind === 'conv'
      ? inputGradient(dy, kernel, input.shape, stride)
      : tf.matMul(dy, tf.transpose(kernel));
    if (masks[i]) dy = tf.mul(dy, masks[i]);
    // Every layer's input came out of a ReLU: no slope where it was cut off.
    dy = tf.mul(dy, tf.step(input));
    if (kind === 'dense' && LAYERS[i - 1].kind === 'conv') dy = tf.reshape(dy, [-1, 7, 7, 64]);
  }
  return { loss, gradients };
}

function dropoutMask(shape, random) {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(Float32Array.from({ length: size }, () => (random() < DROPOUT ? 0 : 1 / (1 - DROPOUT))), shape);
}
