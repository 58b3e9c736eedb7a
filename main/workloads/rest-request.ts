import { sizeOf, type RequestTensor, type RequestValues } from './tensor.ts';

const COMMA = Buffer.from(',');

/**
 * The body of TensorFlow Serving's `:predict`. Row form: one entry of `instances` per item, a plain value for a single input, an
 * object for several. Columnar form: one list per input under `inputs`.
 * @param items per item the JSON of each input, in the order of `names`
 */
export function predictBody(
  form: 'row' | 'columnar', signatureName: string, names: readonly string[], items: readonly (readonly Buffer[])[],
): readonly Buffer[] {
  const opening = `{"signature_name":${JSON.stringify(signatureName)},`;
  if (form === 'row') {
    const rows = items.map((inputs) => (names.length === 1 ? [inputs[0]!] : named(names, inputs.map((input) => [input]))));
    return [Buffer.from(`${opening}"instances":[`), ...separated(rows), Buffer.from(']}')];
  }
  const columns = names.map((_, i) => [Buffer.from('['), ...separated(items.map((inputs) => [inputs[i]!])), Buffer.from(']')]);
  return [Buffer.from(`${opening}"inputs":`), ...named(names, columns), Buffer.from('}')];
}

function named(names: readonly string[], values: readonly (readonly Buffer[])[]): readonly Buffer[] {
  return names.flatMap((name, i) => [Buffer.from(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`), ...values[i]!]).concat(Buffer.from('}'));
}

function separated(parts: readonly (readonly Buffer[])[]): readonly Buffer[] {
  return parts.flatMap((part, i) => (i === 0 ? part : [COMMA, ...part]));
}

/** One item's value of one input: nested lists, numbers, text or `{"b64": …}`. */
export function tensorJson({ shape, values, decimals, dtype }: RequestTensor): string {
  const write = writer(values, decimals, dtype);
  const level = (depth: number, at: number): string => {
    if (depth === shape.length) return write(at);
    const width = sizeOf(shape.slice(depth + 1));
    const parts = new Array<string>(shape[depth]!);
    for (let i = 0; i < parts.length; i++) parts[i] = level(depth + 1, at + i * width);
    return `[${parts.join(',')}]`;
  };
  return level(0, 0);
}

function writer(values: RequestValues, decimals: number | undefined, dtype: RequestTensor['dtype']): (at: number) => string {
  if (values instanceof Float32Array) {
    if (decimals === undefined) return (at) => String(Number(values[at]!.toPrecision(7)));
    const factor = 10 ** decimals;
    return (at) => String(Math.round(values[at]! * factor) / factor);
  }
  if (dtype === 'DT_BOOL') return (at) => (values[at] ? 'true' : 'false');
  if (values instanceof Int32Array || values instanceof Uint8Array) return (at) => String(values[at]!);
  return (at) => {
    const value = values[at]!;
    return typeof value === 'string' ? JSON.stringify(value) : `{"b64":"${value.toString('base64')}"}`;
  };
}
