import type { TextItem } from '../items.ts';
import { integerTensor, isInteger, isText, type EncoderRule } from './encoder.ts';

/** Sentences as tokens with their number (OpenNMT-tf's export), as tokens alone, or whole. */
export const textEncoder: EncoderRule = (inputs, items) => {
  if (items[0]?.kind !== 'text') return null;
  const tokens = inputs.find((input) => isText(input) && (input.shape?.length ?? 2) === 2);
  const whole = inputs.find((input) => isText(input) && input.shape?.length === 1);
  const length = inputs.find((input) => isInteger(input) && (input.shape?.length ?? 1) === 1);
  const others = inputs.filter((input) => input !== tokens && input !== whole && input !== length);
  if (others.length > 0) return null;
  if (tokens !== undefined && whole === undefined) {
    return {
      words: length === undefined ? 'tokens' : 'tokens and their number',
      notes: ['Shorter sentences are padded to the longest of their request with empty tokens.'], isVariable: true,
      widthOf: (item) => (item as TextItem).tokens.length,
      encode: (item) => inputs.map((input) => {
        const { tokens: own } = item as TextItem;
        return input === tokens ? { name: input.name, dtype: 'DT_STRING', shape: [own.length], values: own } : integerTensor(input, [], [own.length]);
      }),
    };
  }
  if (whole === undefined || length !== undefined || tokens !== undefined) return null;
  return {
    words: 'whole sentences', notes: [], isVariable: false, widthOf: () => null,
    encode: (item) => [{ name: whole.name, dtype: 'DT_STRING', shape: [], values: [(item as TextItem).text] }],
  };
};
