import type { PredictFormat } from './predict-json.ts';
import { invalidArgument } from './serving-status.ts';
import { sizeOf, type Tensor } from './tensor.ts';

/**
 * Writes the answer of `:predict`: `predictions` in row form, `outputs` in columnar form. Floats as TensorFlow
 * Serving prints them: the fewest digits that read back as the same float, whole numbers with `.0`, and bare
 * NaN and Infinity, which are no JSON.
 * @throws ServingError INVALID_ARGUMENT when the outputs cannot be told apart by row
 */
export function writePredictAnswer(outputs: Readonly<Record<string, Tensor>>, format: PredictFormat): string {
  const entries = Object.entries(outputs);
  if (format === 'columnar') {
    const [only] = entries;
    const value = entries.length === 1 && only !== undefined
      ? writeTensor(only[0], only[1])
      : `{${entries.map(([name, tensor]) => `\n        ${JSON.stringify(name)}: ${writeTensor(name, tensor)}`).join(',')}\n    }`;
    return `{\n    "outputs": ${value}\n}`;
  }
  const rowCount = entries[0]?.[1].shape[0] ?? 0;
  const odd = entries.find(([, { shape }]) => shape[0] !== rowCount);
  if (odd !== undefined) {
    throw invalidArgument(`Tensor name: ${odd[0]} has inconsistent batch size: ${odd[1].shape[0] ?? 'none'} expecting: ${rowCount}`);
  }
  const rows = Array.from({ length: rowCount }, (_, row) => writeRow(entries, row));
  return `{\n    "predictions": [${rows.join(', ')}\n    ]\n}`;
}

function writeRow(entries: readonly (readonly [string, Tensor])[], row: number): string {
  const [only] = entries;
  if (entries.length === 1 && only !== undefined) return writeInstance(only[0], only[1], row);
  const fields = entries.map(([name, tensor]) => `\n            ${JSON.stringify(name)}: ${writeInstance(name, tensor, row)}`);
  return `\n        {${fields.join(',')}\n        }`;
}

function writeInstance(name: string, tensor: Tensor, row: number): string {
  const shape = tensor.shape.slice(1);
  return writeLevel(tensor, scalarWriter(name, tensor), shape, 0, row * sizeOf(shape));
}

function writeTensor(name: string, tensor: Tensor): string {
  return writeLevel(tensor, scalarWriter(name, tensor), tensor.shape, 0, 0);
}

type ScalarWriter = (value: number | bigint | string) => string;

function writeLevel({ data }: Tensor, write: ScalarWriter, shape: readonly number[], level: number, at: number): string {
  const size = shape[level];
  if (size === undefined) return write(data[at] as number | bigint | string);
  const width = sizeOf(shape.slice(level + 1));
  const parts = Array.from({ length: size }, (_, i) =>
    writeLevel({ data } as Tensor, write, shape, level + 1, at + i * width));
  return `[${parts.join(', ')}]`;
}

function scalarWriter(name: string, { dtype }: Tensor): ScalarWriter {
  switch (dtype) {
    case 'DT_STRING':
      return name.endsWith('_bytes')
        ? (value) => `{"b64": "${Buffer.from(String(value)).toString('base64')}"}`
        : (value) => JSON.stringify(value);
    case 'DT_FLOAT':
      return (value) => writeDecimal(value as number, 9, Math.fround);
    case 'DT_DOUBLE':
      return (value) => writeDecimal(value as number, 17, (number) => number);
    case 'DT_BOOL':
      return (value) => (value === 0 ? 'false' : 'true');
    default:
      return String;
  }
}

/** Six digits when they read back as the same number, else `digitsMax`. */
function writeDecimal(value: number, digitsMax: number, round: (value: number) => number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  const short = Number(value.toPrecision(6));
  const text = String(round(short) === value ? short : Number(value.toPrecision(digitsMax)));
  return /[.e]/.test(text) ? text : `${Object.is(value, -0) ? '-0' : text}.0`;
}
