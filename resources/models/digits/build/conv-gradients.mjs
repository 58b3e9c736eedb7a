/**
 * The two gradients of a convolution, put together from kernels that are fast in tfjs' wasm backend: it
 * has no `Conv2DBackpropFilter` at all, its `Conv2DBackpropInput` is a plain loop, and its matrix
 * product leaves the fast path when asked to transpose an operand.
 */
import * as tf from '@tensorflow/tfjs-core';

const geometry = (inputShape, filterShape, stride) =>
  tf.backend_util.computeConv2DInfo(inputShape, filterShape, stride, 1, 'same');

/**
 * dL/dW[kh,kw,C,O] = patches(x)ᵀ[kh·kw·C, B·P] · dy[B·P, O]
 * @param {tf.Tensor4D} x [B, H, W, C] @param {tf.Tensor4D} dy [B, H', W', O]
 */
export function filterGradient(x, dy, filterShape, stride) {
  const info = geometry(x.shape, filterShape, stride);
  const { padInfo: p, outHeight, outWidth, inChannels, batchSize } = info;
  return tf.tidy(() => {
    const padded = tf.pad(x, [[0, 0], [p.top, p.bottom], [p.left, p.right], [0, 0]]);
    const parts = [];
    for (let i = 0; i < info.filterHeight; i += 1) {
      for (let j = 0; j < info.filterWidth; j += 1) {
        const end = [batchSize, i + (outHeight - 1) * stride + 1, j + (outWidth - 1) * stride + 1, inChannels];
        const part = stride === 1
          ? tf.slice(padded, [0, i, j, 0], [batchSize, outHeight, outWidth, inChannels])
          : tf.stridedSlice(padded, [0, i, j, 0], end, [1, stride, stride, 1]);
        parts.push(tf.reshape(part, [-1, inChannels]));
      }
    }
    const patches = tf.transpose(tf.concat(parts, 1));
    return tf.reshape(tf.matMul(patches, tf.reshape(dy, [-1, info.outChannels])), filterShape);
  });
}

/**
 * dL/dx = dy, spread out by the stride, convolved with the flipped filter, its channels swapped.
 * @param {tf.Tensor4D} dy [B, H', W', O] @param {tf.Tensor4D} filter [kh, kw, C, O]
 */
export function inputGradient(dy, filter, inputShape, stride) {
  const { padInfo: p, filterHeight, filterWidth } = geometry(inputShape, filter.shape, stride);
  return tf.tidy(() => {
    const flipped = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
    const spread = spreadOut(dy, stride);
    const [, height, width] = spread.shape;
    const top = filterHeight - 1 - p.top;
    const left = filterWidth - 1 - p.left;
    const bottom = inputShape[1] + filterHeight - 1 - top - height;
    const right = inputShape[2] + filterWidth - 1 - left - width;
    const padded = tf.pad(spread, [[0, 0], [top, bottom], [left, right], [0, 0]]);
    return tf.conv2d(padded, flipped, 1, 'valid');
  });
}

/** Puts stride − 1 zeros between neighbours. */
function spreadOut(dy, stride) {
  if (stride === 1) return dy;
  const [batch, height, width, channels] = dy.shape;
  const gap = [0, stride - 1];
  const columns = tf.pad(tf.reshape(dy, [batch * height, width, 1, channels]), [[0, 0], [0, 0], gap, [0, 0]]);
  const rows = tf.pad(tf.reshape(columns, [batch, height, 1, width * stride * channels]), [[0, 0], [0, 0], gap, [0, 0]]);
  const all = tf.reshape(rows, [batch, height * stride, width * stride, channels]);
  return tf.slice(all, [0, 0, 0, 0], [batch, (height - 1) * stride + 1, (width - 1) * stride + 1, channels]);
}
