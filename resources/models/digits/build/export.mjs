/** Turns the trained weights into model.onnx and signature.json, and checks that both engines agree. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import * as tf from '@tensorflow/tfjs-core';
import { PIXELS, SIDE } from './digits.mjs';
import { LAYERS, forward } from './network.mjs';
import { batchOf, encodeModel, node, tensor } from './onnx.mjs';

const DIFFERENCE_MAX = 1e-4;
const LAST_SIDE = 7;
const LAST_CHANNELS = 64;

const SIGNATURE = {
  signatures: {
    serving_default: {
      methodName: 'tensorflow/serving/predict',
      inputs: { images: { dtype: 'DT_FLOAT', shape: [-1, SIDE, SIDE, 1], tensorName: 'images' } },
      outputs: { scores: { dtype: 'DT_FLOAT', shape: [-1, 10], tensorName: 'scores' } },
    },
  },
};

/**
 * @param {object} options
 * @param {Record<string, { kernel: tf.Tensor, bias: tf.Tensor }>} options.weights
 * @param {string} options.folder the version folder
 * @param {Float32Array} options.samples images to compare the engines on
 * @param {Record<string, number>} options.facts written to training.json
 */
export async function writeModel({ weights, folder, samples, facts }) {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'model.onnx');
  writeFileSync(path, encodeModel(buildGraph(weights)));
  writeFileSync(join(folder, 'signature.json'), `${JSON.stringify(SIGNATURE, null, 2)}\n`);
  const difference = await compareEngines(weights, path, samples);
  console.log(`largest difference between onnxruntime and tfjs: ${difference.toExponential(1)}`);
  if (!(difference < DIFFERENCE_MAX)) throw new Error(`the exported model differs by ${difference}`);
  writeFileSync(join(folder, '../training.json'), `${JSON.stringify({ ...facts, engineDifference: difference }, null, 2)}\n`);
}

function buildGraph(weights) {
  const nodes = [node('Transpose', ['images'], 'planes', { perm: [0, 3, 1, 2] })];
  const initializers = [];
  let value = 'planes';
  for (const { name, kind, stride, shape } of LAYERS) {
    const { kernel, bias } = weights[name];
    initializers.push(tensor(`${name}.bias`, bias.shape, bias.dataSync()));
    if (kind === 'conv') {
      const [height, width, channels, filters] = shape;
      const weight = tf.tidy(() => tf.transpose(kernel, [3, 2, 0, 1]).dataSync());
      initializers.push(tensor(`${name}.weight`, [filters, channels, height, width], weight));
      nodes.push(node('Conv', [value, `${name}.weight`, `${name}.bias`], `${name}.sum`, { auto_pad: 'SAME_UPPER', strides: [stride, stride] }));
      nodes.push(node('Relu', [`${name}.sum`], name));
      value = name;
      continue;
    }
    const isFirst = shape[0] === LAST_SIDE * LAST_SIDE * LAST_CHANNELS;
    if (isFirst) {
      nodes.push(node('Flatten', [value], 'features', { axis: 1 }));
      value = 'features';
    }
    const weight = isFirst ? channelsFirst(kernel) : kernel.dataSync();
    initializers.push(tensor(`${name}.weight`, shape, weight));
    nodes.push(node('Gemm', [value, `${name}.weight`, `${name}.bias`], `${name}.sum`));
    const isLast = name === LAYERS.at(-1).name;
    nodes.push(isLast ? node('Softmax', [`${name}.sum`], 'scores', { axis: 1 }) : node('Relu', [`${name}.sum`], name));
    value = name;
  }
  return {
    name: 'digits', node: nodes, initializer: initializers,
    input: [batchOf('images', [SIDE, SIDE, 1])], output: [batchOf('scores', [10])],
  };
}

/** The rows of the first dense layer count height, width, channel; ONNX flattens channel, height, width. */
function channelsFirst(kernel) {
  const outputs = kernel.shape[1];
  return tf.tidy(() => tf.transpose(tf.reshape(kernel, [LAST_SIDE, LAST_SIDE, LAST_CHANNELS, outputs]), [2, 0, 1, 3]).dataSync());
}

async function compareEngines(weights, path, samples) {
  const count = samples.length / PIXELS;
  const expected = tf.tidy(() => tf.softmax(forward(weights, tf.tensor4d(samples, [count, SIDE, SIDE, 1])).logits).dataSync());
  const session = await InferenceSession.create(path);
  const { scores } = await session.run({ images: new Tensor('float32', samples, [count, SIDE, SIDE, 1]) });
  return Math.max(...expected.map((value, i) => Math.abs(value - scores.data[i])));
}
