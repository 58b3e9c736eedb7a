/** The four stand-ins: the architecture and cost of the real models, random weights. */
import { Graph, encodeModel, value } from './onnx.mjs';

const float = (shape) => ({ dtype: 'DT_FLOAT', shape });
const int = (shape) => ({ dtype: 'DT_INT32', shape });
const text = (shape) => ({ dtype: 'DT_STRING', shape });

function conv(graph, x, inputs, filters, size, stride) {
  const weight = graph.weights([filters, inputs, size, size], Math.sqrt(2 / (inputs * size * size)));
  return graph.node('Conv', [x, weight, graph.weights([filters], 0.05)], { kernel_shape: [size, size], auto_pad: 'SAME_UPPER', strides: [stride, stride] });
}

function scores(graph, x, features, classes, name = 'scores') {
  const pooled = graph.node('Flatten', [graph.node('GlobalAveragePool', [x])], { axis: 1 });
  graph.node('Softmax', [graph.dense(pooled, features, classes)], { axis: 1 }, { name });
}

/** The discriminator of a semi-supervised GAN on SVHN: strided convolutions, leaky ReLU, ten digits. */
export function discriminator(random) {
  const graph = new Graph('discriminator', random);
  let x = graph.node('Transpose', ['images'], { perm: [0, 3, 1, 2] });
  let channels = 3;
  for (const [filters, stride] of [[64, 1], [64, 2], [128, 1], [128, 2], [128, 1], [160, 2]]) {
    x = graph.node('LeakyRelu', [conv(graph, x, channels, filters, 3, stride)], { alpha: { float: 0.2 } });
    channels = filters;
  }
  scores(graph, x, channels, 10);
  return {
    model: encodeModel(graph.proto([value('images', 'float', ['batch', 32, 32, 3])], [value('scores', 'float', ['batch', 10])])),
    inputs: { images: float([-1, 32, 32, 3]) },
    outputs: { scores: float([-1, 10]) },
  };
}

/**
 * ResNet v2 with 20 layers for CIFAR-10: three stages of three residual blocks, 16, 32 and 64 filters. Takes JPEG bytes and gives
 * classes and probabilities, as the official ResNet SavedModel of 2018-10-01 (…_jpg) does.
 */
export function residual(random) {
  const graph = new Graph('residual', random);
  let x = conv(graph, graph.node('Transpose', ['images'], { perm: [0, 3, 1, 2] }), 3, 16, 3, 1);
  let channels = 16;
  for (const [stage, filters] of [16, 32, 64].entries()) {
    for (let block = 0; block < 3; block += 1) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const active = graph.node('Relu', [x]);
      const straight = channels === filters ? x : conv(graph, active, channels, filters, 1, stride);
      const inner = graph.node('Relu', [conv(graph, active, channels, filters, 3, stride)]);
      // Without the normalisation of a trained network the sum would grow from block to block.
      const change = graph.node('Mul', [conv(graph, inner, filters, filters, 3, 1), graph.floats([0.3], [])]);
      x = graph.node('Add', [straight, change]);
      channels = filters;
    }
  }
  scores(graph, graph.node('Relu', [x]), channels, 10, 'probabilities');
  graph.node('ArgMax', ['probabilities'], { axis: 1, keepdims: 0 }, { name: 'classes' });
  return {
    model: encodeModel(graph.proto([value('images', 'float', ['batch', 32, 32, 3])], [value('classes', 'int64', ['batch']), value('probabilities', 'float', ['batch', 10])])),
    inputs: { image_bytes: { ...text([-1]), tensorName: 'images', decode: 'jpeg' } },
    outputs: { classes: { dtype: 'DT_INT64', shape: [-1] }, probabilities: float([-1, 10]) },
  };
}

/**
 * Speech to characters: two dense layers, a recurrent layer in both directions that knows each utterance's length, a dense
 * layer, the most likely of 29 characters for every frame (28: none).
 */
export function speech(random) {
  const graph = new Graph('speech', random);
  const [width, hidden, characters] = [192, 160, 29];
  let x = graph.node('Relu', [graph.dense('features', 26, width)]);
  x = graph.node('Relu', [graph.dense(x, width, width)]);
  const frames = graph.node('Transpose', [x], { perm: [1, 0, 2] });
  const lstm = graph.node('LSTM', [
    frames, graph.weights([2, 4 * hidden, width], Math.sqrt(1 / width)), graph.weights([2, 4 * hidden, hidden], Math.sqrt(1 / hidden)),
    graph.weights([2, 8 * hidden], 0.05), 'lengths',
  ], { hidden_size: hidden, direction: 'bidirectional' });
  // [frames, 2, batch, hidden] → [batch, frames, 2 · hidden]
  const both = graph.node('Reshape', [graph.node('Transpose', [lstm], { perm: [2, 0, 1, 3] }), graph.ints([0, 0, 2 * hidden])]);
  const best = graph.node('ArgMax', [graph.dense(both, 2 * hidden, characters)], { axis: 2, keepdims: 0 });
  graph.node('Cast', [best], { to: 6 }, { name: 'characters' });
  return {
    model: encodeModel(graph.proto(
      [value('features', 'float', ['batch', 'frames', 26]), value('lengths', 'int32', ['batch'])],
      [value('characters', 'int32', ['batch', 'frames'])],
    )),
    inputs: { features: float([-1, -1, 26]), lengths: int([-1]) },
    outputs: { characters: int([-1, -1]) },
  };
}

/**
 * Translation: embedding, a recurrent encoder in both directions, a recurrent decoder with attention that writes one token
 * per step until the longest sentence of the batch is through. Inputs and outputs as OpenNMT-tf exports them.
 * @param {readonly string[]} source words, @param {readonly string[]} target words
 */
export function translator(random, source, target) {
  const graph = new Graph('translator', random);
  const [width, hidden] = [64, 96];
  const memory = 2 * hidden;
  const ids = graph.node('LabelEncoder', ['tokens'], {
    keys_strings: ['', ...source], values_int64s: Array.from({ length: source.length + 1 }, (_, i) => i + 1), default_int64: 0,
  }, { domain: 'ai.onnx.ml' });
  const embedded = graph.node('Gather', [graph.weights([source.length + 2, width], 1), ids]);
  const steps = graph.node('Transpose', [embedded], { perm: [1, 0, 2] });
  const encoder = graph.node('LSTM', [
    steps, graph.weights([2, 4 * hidden, width], Math.sqrt(1 / width)), graph.weights([2, 4 * hidden, hidden], Math.sqrt(1 / hidden)),
    graph.weights([2, 8 * hidden], 0.05), 'length',
  ], { hidden_size: hidden, direction: 'bidirectional' });
  const states = graph.node('Reshape', [graph.node('Transpose', [encoder], { perm: [2, 0, 1, 3] }), graph.ints([0, 0, memory])]);
  const keys = graph.node('Transpose', [states], { perm: [0, 2, 1] });
  const [size, longest] = [0, 1].map((axis) => graph.node('Gather', [graph.node('Shape', ['tokens']), graph.ints([axis], [])]));
  const penalty = maskOf(graph, longest);
  const batch = graph.node('Unsqueeze', [size, graph.ints([0])]);
  const zeros = graph.node('ConstantOfShape', [graph.node('Concat', [batch, graph.ints([memory])], { axis: 0 })]);
  const firstToken = graph.node('Cast', [graph.node('ConstantOfShape', [batch])], { to: 7 });
  const loop = graph.node('Loop', [longest, '', zeros, zeros, firstToken], {
    body: decoderStep({ random, width, memory, words: target.length, states, keys, penalty }),
  }, { outputs: 5 });
  const written = graph.node('Transpose', [`${loop}.3`], { perm: [1, 0] });
  const words = graph.node('LabelEncoder', [written], { keys_int64s: target.map((_, i) => i), values_strings: target, default_string: '' }, { domain: 'ai.onnx.ml' });
  graph.node('Unsqueeze', [words, graph.ints([1])], {}, { name: 'translation' });
  graph.node('Unsqueeze', ['length', graph.ints([1])], {}, { name: 'translation_length' });
  const logs = graph.node('ReduceSum', [graph.node('Transpose', [`${loop}.4`], { perm: [1, 0] }), graph.ints([1])], { keepdims: 1 });
  graph.node('Identity', [logs], {}, { name: 'log_probs' });
  return {
    model: encodeModel(graph.proto(
      [value('tokens', 'string', ['batch', 'width']), value('length', 'int32', ['batch'])],
      [value('translation', 'string', ['batch', 1, 'width']), value('translation_length', 'int32', ['batch', 1]), value('log_probs', 'float', ['batch', 1])],
    )),
    inputs: { tokens: text([-1, -1]), length: int([-1]) },
    outputs: {
      tokens: { ...text([-1, 1, -1]), tensorName: 'translation' },
      length: { ...int([-1, 1]), tensorName: 'translation_length' },
      log_probs: float([-1, 1]),
    },
  };
}

/** 0 where a sentence has a word, a large negative number where it is padded: [batch, 1, width]. */
function maskOf(graph, longest) {
  const places = graph.node('Range', [graph.ints([0], []), longest, graph.ints([1], [])]);
  const lengths = graph.node('Unsqueeze', [graph.node('Cast', ['length'], { to: 7 }), graph.ints([1])]);
  const beyond = graph.node('Not', [graph.node('Less', [places, lengths])]);
  return graph.node('Unsqueeze', [graph.node('Mul', [graph.node('Cast', [beyond], { to: 1 }), graph.floats([-1e9], [])]), graph.ints([1])]);
}

/** One step of the decoder as a loop body: gates by hand, attention over the encoder's states, the likeliest word. */
function decoderStep({ random, width, memory, words, states, keys, penalty }) {
  const step = new Graph('step', random);
  const embedded = step.node('Gather', [step.weights([words, width], 1), 'token']);
  const gates = step.dense(step.node('Concat', [embedded, 'hidden'], { axis: 1 }), width + memory, 4 * memory);
  const [input, output, forget] = [0, 1, 2].map((part) => step.node('Sigmoid', [slice(step, gates, part, memory)]));
  const candidate = step.node('Tanh', [slice(step, gates, 3, memory)]);
  const cell = step.node('Add', [step.node('Mul', [forget, 'cell']), step.node('Mul', [input, candidate])], {}, { name: 'next_cell' });
  const hidden = step.node('Mul', [output, step.node('Tanh', [cell])], {}, { name: 'next_hidden' });
  const query = step.node('Unsqueeze', [hidden, step.ints([1])]);
  const attention = step.node('Softmax', [step.node('Add', [step.node('MatMul', [query, keys]), penalty])], { axis: 2 });
  const context = step.node('Squeeze', [step.node('MatMul', [attention, states]), step.ints([1])]);
  const joined = step.node('Tanh', [step.dense(step.node('Concat', [hidden, context], { axis: 1 }), 2 * memory, memory)]);
  const logs = step.node('LogSoftmax', [step.dense(joined, memory, words)], { axis: 1 });
  step.node('ArgMax', [logs], { axis: 1, keepdims: 0 }, { name: 'next_token' });
  step.node('Identity', ['next_token'], {}, { name: 'written' });
  step.node('ReduceMax', [logs], { axes: [1], keepdims: 0 }, { name: 'log' });
  step.node('Identity', ['go_on'], {}, { name: 'still' });
  return step.proto(
    [value('iteration', 'int64', []), value('go_on', 'bool', []), value('hidden', 'float', ['batch', memory]), value('cell', 'float', ['batch', memory]), value('token', 'int64', ['batch'])],
    [
      value('still', 'bool', []), value('next_hidden', 'float', ['batch', memory]), value('next_cell', 'float', ['batch', memory]),
      value('next_token', 'int64', ['batch']), value('written', 'int64', ['batch']), value('log', 'float', ['batch']),
    ],
  );
}

function slice(graph, x, part, size) {
  return graph.node('Slice', [x, graph.ints([part * size]), graph.ints([(part + 1) * size]), graph.ints([1])]);
}
