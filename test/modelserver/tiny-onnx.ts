/** Writes ONNX models that hand their inputs back, so that shapes, types and several inputs can be tested. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ELEMENT_TYPES = { DT_FLOAT: 1, DT_UINT8: 2, DT_INT32: 6, DT_INT64: 7, DT_STRING: 8, DT_BOOL: 9, DT_DOUBLE: 11 } as const;

export interface Echo {
  /** The output is called `<name>_out`, or as given. */
  readonly name: string;
  readonly output?: string;
  readonly dtype: keyof typeof ELEMENT_TYPES;
  readonly shape: readonly number[];
}

/** Writes `<basePath>/<version>/model.onnx` and its `signature.json`. */
export function writeEchoModel(basePath: string, version: number, echoes: readonly Echo[]): void {
  const folder = join(basePath, String(version));
  mkdirSync(folder, { recursive: true });
  const graph = [
    ...echoes.map((echo) => message(1, text(1, echo.name), text(2, outputOf(echo)), text(4, 'Identity'))),
    text(2, 'echo'),
    ...echoes.map((echo) => message(11, ...valueInfo(echo.name, echo))),
    ...echoes.map((echo) => message(12, ...valueInfo(outputOf(echo), echo))),
  ];
  const model = Buffer.concat([varint(1, 8), message(7, ...graph), message(8, text(1, ''), varint(2, 13))]);
  writeFileSync(join(folder, 'model.onnx'), model);
  const info = (name: string, { dtype, shape }: Echo): unknown => ({ dtype, shape, tensorName: name });
  writeFileSync(join(folder, 'signature.json'), JSON.stringify({ signatures: { serving_default: {
    inputs: Object.fromEntries(echoes.map((echo) => [echo.name, info(echo.name, echo)])),
    outputs: Object.fromEntries(echoes.map((echo) => [outputOf(echo), info(outputOf(echo), echo)])),
  } } }));
}

function outputOf(echo: Echo): string {
  return echo.output ?? `${echo.name}_out`;
}

function valueInfo(name: string, { dtype, shape }: Echo): Buffer[] {
  const dims = shape.map((size, i) => message(1, size < 0 ? text(2, `d${i}`) : varint(1, size)));
  return [text(1, name), message(2, message(1, varint(1, ELEMENT_TYPES[dtype]), message(2, ...dims)))];
}

function message(field: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([rawVarint(field * 8 + 2), rawVarint(body.length), body]);
}

function text(field: number, value: string): Buffer {
  return message(field, Buffer.from(value));
}

function varint(field: number, value: number): Buffer {
  return Buffer.concat([rawVarint(field * 8), rawVarint(value)]);
}

function rawVarint(value: number): Buffer {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}
