import type { AudioItem } from '../items.ts';
import { unusable } from '../data-error.ts';
import type { ByteSource } from './byte-source.ts';
import { resample } from './resample.ts';

export const SAMPLE_RATE = 16_000;
const SECONDS_MAX = 60;
const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
const CHUNKS_MAX = 1000;

interface Format {
  readonly isFloat: boolean;
  readonly channels: number;
  readonly rate: number;
  readonly bits: number;
}

/** One utterance: RIFF WAVE, PCM of 8 to 32 bits or 32-bit float; channels are averaged, other rates brought to 16 kHz. */
export async function readWav(source: ByteSource): Promise<AudioItem> {
  const head = await source.take(12, 'its header');
  if (head.toString('latin1', 0, 4) !== 'RIFF' || head.toString('latin1', 8, 12) !== 'WAVE') {
    throw unusable(source.name, 'it does not start like a WAV file');
  }
  let format: Format | null = null;
  for (let chunk = 0; chunk < CHUNKS_MAX && !(await source.isAtEnd()); chunk++) {
    const tag = await source.take(8, 'a chunk');
    const [id, bytes] = [tag.toString('latin1', 0, 4), tag.readUInt32LE(4)];
    if (id === 'fmt ') format = readFormat(source.name, await source.take(padded(bytes), 'its format'));
    else if (id === 'data') {
      if (format === null) throw unusable(source.name, 'its sound comes before its format');
      return { kind: 'audio', samples: await readSamples(source, format, bytes) };
    } else await source.take(padded(bytes), `its chunk “${id}”`);
  }
  throw unusable(source.name, 'it holds no sound');
}

function readFormat(name: string, bytes: Buffer): Format {
  if (bytes.length < 16) throw unusable(name, 'its format is cut short');
  let kind = bytes.readUInt16LE(0);
  if (kind === EXTENSIBLE && bytes.length >= 26) kind = bytes.readUInt16LE(24);
  const [channels, rate, bits] = [bytes.readUInt16LE(2), bytes.readUInt32LE(4), bytes.readUInt16LE(14)];
  const isFloat = kind === FLOAT;
  if (kind !== PCM && !isFloat) throw unusable(name, `it is compressed (WAVE format ${kind})`, { hint: 'Save it as PCM.' });
  if (isFloat ? bits !== 32 : ![8, 16, 24, 32].includes(bits)) throw unusable(name, `its samples have ${bits} bits`);
  if (channels < 1 || channels > 8) throw unusable(name, `it has ${channels} channels`);
  if (rate < 4000 || rate > 192_000) throw unusable(name, `it has ${rate} samples a second; 4,000 to 192,000 can be read`);
  return { isFloat, channels, rate, bits };
}

async function readSamples(source: ByteSource, format: Format, bytes: number): Promise<Float32Array> {
  const { channels, rate, bits, isFloat } = format;
  const frameBytes = (channels * bits) / 8;
  const frames = Math.floor(bytes / frameBytes);
  if (frames === 0) throw unusable(source.name, 'it holds no sound');
  if (frames > rate * SECONDS_MAX) throw unusable(source.name, `it is ${Math.round(frames / rate)} s long; ${SECONDS_MAX} s at most can be sent`);
  const data = await source.take(frames * frameBytes, 'its sound');
  const mono = new Float32Array(frames);
  for (let frame = 0; frame < frames; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += sampleAt(data, frame * frameBytes + (channel * bits) / 8, bits, isFloat);
    mono[frame] = sum / channels;
  }
  if (mono.some((value) => !Number.isFinite(value))) throw unusable(source.name, 'its sound holds values that are no numbers');
  return resample(mono, rate, SAMPLE_RATE);
}

function sampleAt(data: Buffer, at: number, bits: number, isFloat: boolean): number {
  if (isFloat) return Math.min(1, Math.max(-1, data.readFloatLE(at)));
  if (bits === 8) return (data[at]! - 128) / 128;
  return data.readIntLE(at, bits / 8) / 2 ** (bits - 1);
}

function padded(bytes: number): number {
  return bytes + (bytes % 2);
}
