/** Generated samples in the real file formats: pictures, sentences, sounds. None of them comes from a published data set. */
import { deflateSync } from 'node:zlib';
import { integer, normal } from './random.mjs';
import { sentence } from './words.mjs';

const SIDE = 32;

/** A smooth background, a few shapes, a little noise: red-green-blue, row by row. */
export function picture(random) {
  const pixels = new Uint8Array(SIDE * SIDE * 3);
  const from = colour(random);
  const to = colour(random);
  const shapes = Array.from({ length: integer(random, 1, 4) }, () => ({
    colour: colour(random), round: random() < 0.5, x: integer(random, 4, 27), y: integer(random, 4, 27), across: integer(random, 3, 11), high: integer(random, 3, 13),
  }));
  for (let y = 0; y < SIDE; y += 1) {
    for (let x = 0; x < SIDE; x += 1) {
      const shape = shapes.findLast((one) => isInside(one, x, y));
      const share = (x + y) / (2 * SIDE - 2);
      for (let channel = 0; channel < 3; channel += 1) {
        const base = shape ? shape.colour[channel] : from[channel] * (1 - share) + to[channel] * share;
        pixels[(y * SIDE + x) * 3 + channel] = Math.max(0, Math.min(255, Math.round(base + normal(random) * 2)));
      }
    }
  }
  return pixels;
}

function colour(random) {
  return [0, 1, 2].map(() => integer(random, 10, 245));
}

function isInside({ round, x, y, across, high }, px, py) {
  const [dx, dy] = [(px - x) / (across / 2), (py - y) / (high / 2)];
  return round ? dx * dx + dy * dy <= 1 : Math.abs(dx) <= 1 && Math.abs(dy) <= 1;
}

/** SVHN's form: MATLAB 5, compressed, X [32, 32, 3, count] first dimension innermost, y [count, 1]. */
export function matFile(pictures, labels) {
  const count = pictures.length;
  const x = new Uint8Array(SIDE * SIDE * 3 * count);
  pictures.forEach((pixels, n) => {
    for (let c = 0; c < 3; c += 1) for (let w = 0; w < SIDE; w += 1) for (let h = 0; h < SIDE; h += 1) {
      x[((n * 3 + c) * SIDE + w) * SIDE + h] = pixels[(h * SIDE + w) * 3 + c];
    }
  });
  const header = Buffer.alloc(128, ' ');
  header.write('MATLAB 5.0 MAT-file, generated samples for Servescape, not SVHN');
  header.fill(0, 116, 124);
  header.writeUInt16LE(0x0100, 124);
  header.write('IM', 126, 'latin1');
  return Buffer.concat([header, compressed(matrix('X', [SIDE, SIDE, 3, count], x)), compressed(matrix('y', [count, 1], Uint8Array.from(labels)))]);
}

export function matrix(name, dimensions, bytes) {
  const flags = Buffer.alloc(8);
  flags[0] = 9;
  const sizes = Buffer.alloc(4 * dimensions.length);
  dimensions.forEach((size, i) => sizes.writeInt32LE(size, 4 * i));
  return element(14, Buffer.concat([element(6, flags), element(5, sizes), element(1, Buffer.from(name)), element(2, Buffer.from(bytes))]));
}

function element(type, data) {
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(type, 0);
  tag.writeUInt32LE(data.length, 4);
  return Buffer.concat([tag, data, Buffer.alloc((8 - (data.length % 8)) % 8)]);
}

function compressed(data) {
  const packed = deflateSync(data, { level: 9 });
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(15, 0);
  tag.writeUInt32LE(packed.length, 4);
  return Buffer.concat([tag, packed]);
}

/** CIFAR-10's binary form: label, red plane, green plane, blue plane. */
export function cifarBatch(pictures, labels) {
  return Buffer.concat(pictures.map((pixels, n) => {
    const record = Buffer.alloc(1 + 3 * SIDE * SIDE);
    record[0] = labels[n];
    for (let c = 0; c < 3; c += 1) for (let i = 0; i < SIDE * SIDE; i += 1) record[1 + c * SIDE * SIDE + i] = pixels[i * 3 + c];
    return record;
  }));
}

/** @returns {string} one sentence a line */
export function corpus(random, count) {
  return `${Array.from({ length: count }, () => sentence(random)).join('\n')}\n`;
}

const RATE = 8000;

/** A row of vowel-like sounds: pulses of a voice's pitch through two resonances, with pauses. 8 kHz, to be resampled. */
export function utterance(random) {
  const seconds = 0.8 + 1.2 * random();
  const samples = new Float64Array(Math.round(seconds * RATE));
  let at = Math.round(0.03 * RATE);
  while (at < samples.length - RATE / 10) {
    const length = Math.min(samples.length - at, Math.round((0.08 + 0.17 * random()) * RATE));
    voice(samples, at, length, { pitch: 90 + 130 * random(), first: 300 + 500 * random(), second: 900 + 1600 * random() });
    at += length + Math.round(0.06 * random() * RATE);
  }
  return wavFile(samples);
}

function voice(samples, from, length, { pitch, first, second }) {
  for (let i = 0; i < length; i += 1) {
    const time = i / RATE;
    const envelope = Math.sin((Math.PI * i) / length) ** 0.5;
    let sum = 0;
    for (let harmonic = 1; harmonic * pitch < 3600; harmonic += 1) {
      const frequency = harmonic * pitch;
      const gain = 1 / (1 + ((frequency - first) / 120) ** 2) + 0.6 / (1 + ((frequency - second) / 180) ** 2) + 0.01;
      sum += gain * Math.sin(2 * Math.PI * frequency * time);
    }
    samples[from + i] = 0.22 * envelope * sum;
  }
}

/** PCM, 16 bits, one channel. */
function wavFile(samples) {
  const data = Buffer.alloc(samples.length * 2);
  samples.forEach((value, i) => data.writeInt16LE(Math.round(Math.max(-1, Math.min(1, value)) * 32767), 2 * i));
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + data.length, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  [[16, 4], [1, 2], [1, 2], [RATE, 4], [RATE * 2, 4], [2, 2], [16, 2]].reduce((at, [field, bytes]) => header.writeUIntLE(field, at, bytes), 16);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}
