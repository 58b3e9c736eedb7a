import { ServescapeError } from '../../domain/errors.ts';
import type { CellValue, RowItem } from '../items.ts';
import type { SignatureTensor } from '../signature.ts';
import type { RequestTensor } from '../tensor.ts';
import { isText, type EncoderRule } from './encoder.ts';

/** Rows by the names of the inputs; or all numeric columns as one vector for a single input of that length. */
export const rowEncoder: EncoderRule = (inputs, items) => {
  const [first] = items;
  if (first?.kind !== 'row') return null;
  const names = Object.keys(first.values);
  if (inputs.every((input) => names.includes(input.name))) {
    const unused = names.filter((name) => !inputs.some((input) => input.name === name));
    const widthOf = (item: RowItem): number | null => Math.max(0, ...inputs.map(({ name }) => (Array.isArray(item.values[name]) ? (item.values[name] as CellValue[]).length : 0))) || null;
    return {
      words: `columns ${inputs.map(({ name }) => name).join(', ')}`, notes: unused.length > 0 ? [`Not sent: ${unused.join(', ')}.`] : [],
      isVariable: inputs.some(({ shape }) => shape === null || shape.slice(1).some((size) => size < 0)),
      widthOf: (item) => widthOf(item as RowItem),
      encode: (item) => inputs.map((input) => cellTensor(input, (item as RowItem).values[input.name] ?? null)),
    };
  }
  const [input] = inputs;
  const columns = names.filter((name) => typeof first.values[name] === 'number');
  const wanted = input?.shape?.[1] ?? -1;
  if (inputs.length !== 1 || input === undefined || isText(input) || (input.shape?.length ?? 2) !== 2 || (wanted >= 0 && wanted !== columns.length)) return null;
  return {
    words: `${columns.length} numbers a row`, isVariable: false, widthOf: () => null,
    notes: columns.length < names.length ? [`Not sent, no numbers: ${names.filter((name) => !columns.includes(name)).join(', ')}.`] : [],
    encode: (item) => [cellTensor(input, columns.map((name) => (item as RowItem).values[name] ?? null))],
  };
};

function cellTensor(input: SignatureTensor, value: CellValue): RequestTensor {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = (inner as CellValue[])[0] ?? null) shape.push((inner as CellValue[]).length);
  // A plain cell for an input of one number a row.
  const wanted = (input.shape?.length ?? 1) - 1;
  if (shape.length === 0 && wanted === 1) shape.push(1);
  const flat = flattened(value);
  const name = input.name;
  if (flat.length !== shape.reduce((size, n) => size * n, 1)) throw refused(`the column ${name} holds lists of different lengths`);
  if (isText(input)) return { name, dtype: 'DT_STRING', shape, values: flat.map(String) };
  const numbers = flat.map((cell) => (cell === null ? Number.NaN : Number(cell)));
  if (numbers.some((number) => !Number.isFinite(number))) throw refused(`the column ${name} holds ${JSON.stringify(flat[numbers.findIndex((number) => !Number.isFinite(number))])}, which is no number`);
  const dtype = input.dtype as RequestTensor['dtype'];
  return dtype === 'DT_FLOAT' || dtype === 'DT_DOUBLE'
    ? { name, dtype, shape, values: Float32Array.from(numbers) }
    : { name, dtype, shape, values: Int32Array.from(numbers) };
}

function flattened(value: CellValue): readonly (number | string | boolean | null)[] {
  return Array.isArray(value) ? (value as readonly CellValue[]).flatMap(flattened) : [value as number | string | boolean | null];
}

function refused(why: string): ServescapeError {
  return new ServescapeError('model-unusable', `The data cannot be sent: ${why}.`, { hint: 'Put the column right, or choose other data.' });
}
