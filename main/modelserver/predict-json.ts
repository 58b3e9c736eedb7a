import { ServingError, invalidArgument } from './serving-status.ts';
import { DEFAULT_SIGNATURE, type SignatureDef, type Signatures, type TensorInfo } from './signature.ts';
import { readTensor, type JsonValue } from './json-tensor.ts';
import { concatRows, sizeOf, type Tensor } from './tensor.ts';

export type PredictFormat = 'row' | 'columnar';

export interface PredictRequest {
  readonly format: PredictFormat;
  readonly signatureName: string;
  readonly signature: SignatureDef;
  /** By input name of the signature. */
  readonly inputs: Readonly<Record<string, Tensor>>;
}

type JsonObject = { readonly [key: string]: JsonValue };
type Inputs = SignatureDef['inputs'];

/**
 * Reads the body of `:predict` in row form (`instances`) or columnar form (`inputs`).
 * @throws ServingError INVALID_ARGUMENT in TensorFlow Serving's words
 */
export function parsePredictRequest(body: Buffer, signatures: Signatures): PredictRequest {
  const document = parseDocument(body);
  const signatureName = readSignatureName(document);
  const signature = Object.hasOwn(signatures, signatureName) ? signatures[signatureName] : undefined;
  if (signature === undefined) {
    throw invalidArgument(`Serving signature name: "${signatureName}" not found in signature def`);
  }
  const hasInstances = Object.hasOwn(document, 'instances');
  const hasInputs = Object.hasOwn(document, 'inputs');
  if (hasInstances && hasInputs) {
    throw formatError(document, "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist ");
  }
  if (!hasInstances && !hasInputs) throw invalidArgument("Missing 'inputs' or 'instances' key");
  const inputs = hasInstances
    ? readInstances(document, signature.inputs, body.length)
    : readInputs(document['inputs'] as JsonValue, signature.inputs, body.length);
  for (const [name, info] of Object.entries(signature.inputs)) checkShape(name, inputs[name] as Tensor, info);
  return { format: hasInstances ? 'row' : 'columnar', signatureName, signature, inputs };
}

function parseDocument(body: Buffer): JsonObject {
  if (body.length === 0) throw invalidArgument('JSON Parse error: The document is empty');
  let document: JsonValue;
  try {
    document = JSON.parse(body.toString('utf8')) as JsonValue;
  } catch (error) {
    throw invalidArgument(`JSON Parse error: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(document)) throw formatError(document, 'Is not object');
  return document;
}

function readSignatureName(document: JsonObject): string {
  if (!Object.hasOwn(document, 'signature_name')) return DEFAULT_SIGNATURE;
  const name = document['signature_name'];
  if (typeof name !== 'string') {
    throw formatError(document, "not formatted correctly. 'signature_name' key must be a string value.");
  }
  return name === '' ? DEFAULT_SIGNATURE : name;
}

function readInstances(document: JsonObject, infos: Inputs, elementsMax: number): Record<string, Tensor> {
  const instances = document['instances'];
  if (!Array.isArray(instances)) throw formatError(document, "Excepting 'instances' to be an list/array");
  if (instances.length === 0) throw formatError(document, "No values in 'instances' array");
  const names = Object.keys(infos);
  const [first] = instances;
  if (!isObject(first) && names.length > 1) {
    throw invalidArgument('instances is a plain list, but expecting list of objects as multiple input tensors required as per tensorinfo_map');
  }
  return isNamed(first) ? readNamedInstances(instances, infos, elementsMax) : readPlainInstances(instances, infos, elementsMax);
}

function readPlainInstances(instances: readonly JsonValue[], infos: Inputs, elementsMax: number): Record<string, Tensor> {
  const [[name, info]] = Object.entries(infos) as [[string, TensorInfo]];
  const stray = instances.findIndex(isNamed);
  if (stray >= 0) throw invalidArgument(`Expecting value/list but got object at item ${stray} of input list`);
  const rows = instances.map((instance, i) => atElement(`${i}`, () => readTensor(instance, info, elementsMax)));
  rows.forEach((row, i) => atElement(`${i}`, () => checkAlike(row, rows[0] as Tensor)));
  return { [name]: stack(rows) };
}

function readNamedInstances(instances: readonly JsonValue[], infos: Inputs, elementsMax: number): Record<string, Tensor> {
  const names = Object.keys(infos).sort();
  const columns = new Map<string, Tensor[]>(names.map((name) => [name, []]));
  instances.forEach((instance, i) => {
    if (!isNamed(instance)) throw invalidArgument(`Expecting object but got list at item ${i} of input list`);
    for (const [name, value] of Object.entries(instance)) {
      const info = Object.hasOwn(infos, name) ? infos[name] : undefined;
      const row = atElement(`${i} key: ${name}`, () => {
        if (info === undefined) throw invalidArgument(`JSON object: does not have named input: ${name}`);
        const tensor = readTensor(value, info, elementsMax);
        checkAlike(tensor, columns.get(name)?.[0] ?? tensor);
        return tensor;
      });
      columns.get(name)?.push(row);
    }
    if (names.some((name) => !Object.hasOwn(instance, name))) {
      throw invalidArgument(`Failed to process element: ${i} of 'instances' list. JSON object: ${shown(instance)} keys must be equal to: ${names.join(',')}`);
    }
  });
  return Object.fromEntries([...columns].map(([name, rows]) => [name, stack(rows)]));
}

function atElement<Result>(element: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ServingError)) throw error;
    throw invalidArgument(`Failed to process element: ${element} of 'instances' list. Error: ${error.toString()}`);
  }
}

function checkAlike(row: Tensor, first: Tensor): void {
  if (row.data.length !== first.data.length) {
    throw invalidArgument(`Expecting tensor size: ${first.data.length} but got: ${row.data.length}`);
  }
  if (row.shape.length !== first.shape.length || row.shape.some((dimension, i) => dimension !== first.shape[i])) {
    throw invalidArgument(`Expecting shape [${first.shape.join(',')}] but got: [${row.shape.join(',')}]`);
  }
}

/** Rows without a batch dimension become one tensor with it. */
function stack(rows: readonly Tensor[]): Tensor {
  return concatRows(rows.map(({ dtype, shape, data }) => ({ dtype, shape: [1, ...shape], data })), 0);
}

function readInputs(value: JsonValue, infos: Inputs, elementsMax: number): Record<string, Tensor> {
  const entries = Object.entries(infos);
  if (!isNamed(value)) {
    if (entries.length > 1) {
      throw invalidArgument('inputs is a plain value/list, but expecting an object as multiple input tensors required as per tensorinfo_map');
    }
    const [[name, info]] = entries as [[string, TensorInfo]];
    return { [name]: readTensor(value, info, elementsMax) };
  }
  return Object.fromEntries(entries.map(([name, info]) => {
    if (!Object.hasOwn(value, name)) throw invalidArgument(`Missing named input: ${name} in 'inputs' object.`);
    return [name, readTensor(value[name] as JsonValue, info, elementsMax)];
  }));
}

/** TensorFlow finds this out inside the graph; here it is said before anything is queued. */
function checkShape(name: string, { shape, data }: Tensor, info: TensorInfo): void {
  const fits = shape.length === info.shape.length
    && info.shape.every((wanted, i) => wanted === -1 || wanted === shape[i])
    && data.length === sizeOf(shape);
  if (!fits) {
    throw invalidArgument(`Input "${name}" has shape [${shape.join(',')}]; the signature expects [${info.shape.join(',')}]`);
  }
  if ((shape[0] ?? 0) < 1) throw invalidArgument(`Input "${name}" has no rows`);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object of inputs by name, not a `{"b64": …}` value. */
function isNamed(value: JsonValue | undefined): value is JsonObject {
  return isObject(value) && !(Object.keys(value).length === 1 && typeof value['b64'] === 'string');
}

function formatError(value: JsonValue, complaint: string): ServingError {
  return invalidArgument(`JSON Value: ${shown(value)} ${complaint}`);
}

const SHOWN_LENGTH_MAX = 200;

/** A value inside a message, cut so that a refused batch does not come back whole. */
function shown(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text;
}
