import type { DataSet } from '../items.ts';
import type { ModelSignature } from '../signature.ts';
import { audioEncoder } from './audio.ts';
import { mismatch, type Encoder, type EncoderRule } from './encoder.ts';
import { imageEncoder } from './images.ts';
import { rowEncoder } from './rows.ts';
import { textEncoder } from './text.ts';

const RULES: Readonly<Record<DataSet['kind'], { readonly rule: EncoderRule; readonly possible: string }>> = {
  image: { rule: imageEncoder, possible: 'Pictures can be sent to one input: JPEG bytes (string), or pixels of rank 2 to 4.' },
  text: { rule: textEncoder, possible: 'Sentences can be sent as tokens (string, rank 2) with or without their number (integer, rank 1), or whole (string, rank 1).' },
  audio: { rule: audioEncoder, possible: 'Utterances can be sent as coefficients (float, rank 3) or samples (float, rank 2), with or without their number (integer, rank 1), or as WAV bytes (string, rank 1).' },
  row: { rule: rowEncoder, possible: 'Rows need a column per input with the input’s name, or as many numbers as the only input takes.' },
};

/**
 * The encoder that turns this data into what the model takes.
 * @throws ServescapeError `model-unusable` that says what the model takes, what the data are and what would go
 */
export function proposeEncoder(signature: ModelSignature, data: DataSet): Encoder {
  const { rule, possible } = RULES[data.kind];
  const encoder = rule(signature.inputs, data.items);
  if (encoder === null) throw mismatch(signature, data.words, possible);
  return encoder;
}
