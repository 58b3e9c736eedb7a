import type { AudioItem } from '../items.ts';
import type { RequestTensor } from '../tensor.ts';
import { SAMPLE_RATE } from '../readers/wav.ts';
import { mfcc } from './mfcc.ts';
import { integerTensor, isFloat, isInteger, isText, type EncoderRule } from './encoder.ts';

const COEFFICIENTS_USUAL = 26;

/** Utterances as coefficients per frame, as plain samples, or as WAV bytes. */
export const audioEncoder: EncoderRule = (inputs, items) => {
  if (items[0]?.kind !== 'audio') return null;
  const sound = inputs.find((input) => isFloat(input) || isText(input));
  const length = inputs.find((input) => isInteger(input) && (input.shape?.length ?? 1) === 1);
  if (sound === undefined || inputs.some((input) => input !== sound && input !== length)) return null;
  if (isText(sound)) {
    if ((sound.shape?.length ?? 1) !== 1 || length !== undefined) return null;
    return {
      words: 'WAV bytes, 16 kHz, 16 bits', notes: [], isVariable: false, widthOf: () => null,
      encode: (item) => [{ name: sound.name, dtype: 'DT_STRING', shape: [], values: [wavOf((item as AudioItem).samples)] }],
    };
  }
  const rank = sound.shape?.length ?? 3;
  if (rank !== 3 && rank !== 2) return null;
  const coefficients = rank === 3 ? Math.max(sound.shape?.[2] ?? -1, 0) || COEFFICIENTS_USUAL : null;
  const encoded = new WeakMap<AudioItem, RequestTensor>();
  const soundOf = (item: AudioItem): RequestTensor => {
    const known = encoded.get(item);
    if (known !== undefined) return known;
    const tensor = coefficients === null ? samplesTensor(sound.name, item) : framesTensor(sound.name, item, coefficients);
    encoded.set(item, tensor);
    return tensor;
  };
  return {
    words: `${coefficients === null ? `samples, ${SAMPLE_RATE.toLocaleString('en')} a second` : `${coefficients} mel-frequency cepstral coefficients, 50 frames a second`}${length === undefined ? '' : ', and their number'}`,
    notes: ['Shorter utterances are padded to the longest of their request with zeros.'], isVariable: true,
    widthOf: (item) => soundOf(item as AudioItem).shape[0]!,
    encode: (item) => inputs.map((input) => {
      const tensor = soundOf(item as AudioItem);
      return input === sound ? tensor : integerTensor(input, [], [tensor.shape[0]!]);
    }),
  };
};

function samplesTensor(name: string, { samples }: AudioItem): RequestTensor {
  return { name, dtype: 'DT_FLOAT', shape: [samples.length], values: samples, decimals: 5 };
}

function framesTensor(name: string, { samples }: AudioItem, coefficients: number): RequestTensor {
  const values = mfcc(samples, coefficients);
  return { name, dtype: 'DT_FLOAT', shape: [values.length / coefficients, coefficients], values, decimals: 3 };
}

function wavOf(samples: Float32Array): Buffer {
  const file = Buffer.alloc(44 + samples.length * 2);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(36 + samples.length * 2, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(SAMPLE_RATE, 24);
  file.writeUInt32LE(SAMPLE_RATE * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(samples.length * 2, 40);
  samples.forEach((value, i) => file.writeInt16LE(Math.round(Math.max(-1, Math.min(1, value)) * 32_767), 44 + i * 2));
  return file;
}
