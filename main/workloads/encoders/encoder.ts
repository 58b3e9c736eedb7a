import { ServescapeError } from '../../domain/errors.ts';
import type { Item } from '../items.ts';
import type { ModelSignature, SignatureTensor } from '../signature.ts';
import { describeTensor } from '../signature.ts';
import type { RequestTensor } from '../tensor.ts';

/** Turns samples into what a model takes. */
export interface Encoder {
  /** "32 × 32 × 3 floats, 0 to 1" */
  readonly words: string;
  /** What is changed on the way, a sentence each: "Pictures are resized from 32 × 32 to 224 × 224." */
  readonly notes: readonly string[];
  /** Items differ in length and are padded to the longest of their request. */
  readonly isVariable: boolean;
  /** One item without batch dimension, one tensor per input, in the order of the signature. */
  readonly encode: (item: Item) => readonly RequestTensor[];
  /** Length of an item in steps; null where all have one shape. */
  readonly widthOf: (item: Item) => number | null;
}

/** Which input plays which part; null when the signature does not fit this kind of data. */
export type EncoderRule = (inputs: readonly SignatureTensor[], items: readonly Item[]) => Encoder | null;

/** Model and data do not go together; says what each is. */
export function mismatch(signature: ModelSignature, dataWords: string, why: string): ServescapeError {
  return new ServescapeError('model-unusable', `Model and data do not go together: the model takes ${signature.inputs.map(describeTensor).join(' and ')}; the data are ${dataWords}. ${why}`, {
    hint: 'Choose data the model was made for, or another model.',
  });
}

export function isText(input: SignatureTensor): boolean {
  return input.dtype === 'DT_STRING';
}
export function isFloat(input: SignatureTensor): boolean {
  return input.dtype === 'DT_FLOAT' || input.dtype === 'DT_DOUBLE';
}
export function isInteger(input: SignatureTensor): boolean {
  return ['DT_INT32', 'DT_INT64', 'DT_UINT8', 'DT_INT16', 'DT_INT8', 'DT_UINT32'].includes(input.dtype);
}

/** A whole number as the input wants it; 32 bits hold every length and pixel. */
export function integerTensor(input: SignatureTensor, shape: readonly number[], values: readonly number[] | Int32Array): RequestTensor {
  return { name: input.name, dtype: input.dtype as RequestTensor['dtype'], shape, values: Int32Array.from(values) };
}
