import { bytesField, readFields, readVarints, varintField, type WireField } from './grpc-wire.ts';
import type { PredictRequest } from './predict-json.ts';
import { invalidArgument, type StatusCode } from './serving-status.ts';
import { DEFAULT_SIGNATURE, type SignatureDef, type Signatures, type TensorInfo } from './signature.ts';
import type { ModelState, VersionStatus } from './model-manager.ts';
import { bytesAsText, dtypeFacts, sizeOf, type Dtype, type Tensor, type TensorData } from './tensor.ts';

/** TensorFlow Serving's messages ↔ ours. Field numbers: workloads/predict.proto and TensorFlow's own proto files. */
const DATA_TYPES: Readonly<Record<Dtype, number>> = {
  DT_FLOAT: 1, DT_DOUBLE: 2, DT_INT32: 3, DT_UINT8: 4, DT_INT16: 5, DT_INT8: 6, DT_STRING: 7, DT_INT64: 9, DT_BOOL: 10, DT_UINT32: 22,
};
const DTYPE_OF = new Map<number, Dtype>(Object.entries(DATA_TYPES).map(([name, number]) => [number, name as Dtype]));
const STATES: Readonly<Record<ModelState, number>> = { START: 10, LOADING: 20, AVAILABLE: 30, UNLOADING: 40, END: 50 };

/** gRPC's and TensorFlow's status codes have the same numbers. */
export const GRPC_CODES: Readonly<Record<StatusCode, number>> = {
  CANCELLED: 1, UNKNOWN: 2, INVALID_ARGUMENT: 3, DEADLINE_EXCEEDED: 4, NOT_FOUND: 5, ALREADY_EXISTS: 6, PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8, FAILED_PRECONDITION: 9, ABORTED: 10, OUT_OF_RANGE: 11, UNIMPLEMENTED: 12, INTERNAL: 13, UNAVAILABLE: 14,
  DATA_LOSS: 15, UNAUTHENTICATED: 16,
};

export interface ModelTarget {
  readonly model: string;
  readonly version: number | undefined;
  readonly signatureName: string;
}

/** The `model_spec` (field 1) of any request. */
export function readTarget(message: Buffer): ModelTarget {
  const spec = readFields(last(readFields(message), 1)?.bytes ?? Buffer.alloc(0));
  if (last(spec, 4) !== undefined) throw invalidArgument(`Unrecognized servable version label: ${last(spec, 4)!.bytes.toString()}`);
  const version = last(spec, 2);
  const number = version === undefined ? undefined : Number(last(readFields(version.bytes), 1)?.value ?? 0);
  return { model: last(spec, 1)?.bytes.toString() ?? '', version: number, signatureName: last(spec, 3)?.bytes.toString() || DEFAULT_SIGNATURE };
}

/** @throws ServingError INVALID_ARGUMENT in TensorFlow Serving's words */
export function readPredictRequest(message: Buffer, signatureName: string, signatures: Signatures): PredictRequest {
  const signature = Object.hasOwn(signatures, signatureName) ? signatures[signatureName]! : undefined;
  if (signature === undefined) throw invalidArgument(`Serving signature key "${signatureName}" not found.`);
  const given = new Map<string, Buffer>();
  for (const { number, bytes } of readFields(message)) {
    if (number !== 2) continue;
    const entry = readFields(bytes);
    given.set(last(entry, 1)?.bytes.toString() ?? '', last(entry, 2)?.bytes ?? Buffer.alloc(0));
  }
  checkNames(given, signature);
  const inputs = Object.entries(signature.inputs).map(([name, info]) => [name, readTensor(name, given.get(name)!, info)] as const);
  return { format: 'columnar', signatureName, signature, inputs: Object.fromEntries(inputs) };
}

function checkNames(given: ReadonlyMap<string, Buffer>, { inputs }: SignatureDef): void {
  const wanted = Object.keys(inputs);
  const unexpected = [...given.keys()].filter((name) => !wanted.includes(name));
  const missing = wanted.filter((name) => !given.has(name));
  if (unexpected.length === 0 && missing.length === 0) return;
  throw invalidArgument(`input size does not match signature: ${given.size}!=${wanted.length} len({${[...given.keys()].join(',')}}) != len({${wanted.join(',')}}). `
    + `Sent extra: {${unexpected.join(',')}}. Missing but required: {${missing.join(',')}}.`);
}

function readTensor(name: string, message: Buffer, info: TensorInfo): Tensor {
  const fields = readFields(message);
  const dtype = DTYPE_OF.get(Number(last(fields, 1)?.value ?? 0));
  if (dtype !== info.dtype) {
    throw invalidArgument(`Input tensor ${name} has type ${dtype === undefined ? 'unknown' : dtypeFacts(dtype).label}; expected ${dtypeFacts(info.dtype).label}`);
  }
  const shape = readShape(last(fields, 2)?.bytes ?? Buffer.alloc(0));
  if (shape.length !== info.shape.length || info.shape.some((size, i) => size >= 0 && size !== shape[i])) {
    throw invalidArgument(`Tensor ${name} has shape [${shape.join(',')}]; expected [${info.shape.map((size) => (size < 0 ? '?' : size)).join(',')}]`);
  }
  return { dtype, shape, data: readValues(name, fields, info, sizeOf(shape)) };
}

function readShape(message: Buffer): readonly number[] {
  return readFields(message).filter(({ number }) => number === 2).map(({ bytes }) => {
    const size = last(readFields(bytes), 1);
    const value = size === undefined ? 0 : Number(BigInt.asIntN(64, size.value as bigint));
    if (value < 0 || value > 2 ** 31) throw invalidArgument('Shape dimensions must be known and non-negative');
    return value;
  });
}

/** `tensor_content`, or the typed list; the last listed value stands for all that follow. */
function readValues(name: string, fields: readonly WireField[], { dtype, decode }: TensorInfo, size: number): TensorData {
  const content = last(fields, 4)?.bytes;
  const wrong = (found: number): Error => invalidArgument(`Tensor ${name} holds ${found} values; its shape needs ${size}`);
  const data = dtypeFacts(dtype).allocate(size);
  if (!Array.isArray(data) && content !== undefined && content.length > 0) {
    if (content.length !== data.byteLength) throw wrong(content.length / data.BYTES_PER_ELEMENT);
    new Uint8Array(data.buffer).set(content);
    return data;
  }
  const values = listedValues(fields, dtype, decode === undefined ? (bytes) => bytes.toString('utf8') : bytesAsText);
  if (values.length > size || (values.length === 0 && size > 0)) throw wrong(values.length);
  for (let i = 0; i < size; i += 1) (data as unknown[])[i] = values[Math.min(i, values.length - 1)];
  return data;
}

const LIST_FIELD: Readonly<Record<Dtype, number>> = {
  DT_FLOAT: 5, DT_DOUBLE: 6, DT_INT32: 7, DT_INT16: 7, DT_INT8: 7, DT_UINT8: 7, DT_STRING: 8, DT_INT64: 10, DT_BOOL: 11, DT_UINT32: 16,
};

function listedValues(fields: readonly WireField[], dtype: Dtype, textOf: (bytes: Buffer) => string): readonly (number | bigint | string)[] {
  const own = fields.filter(({ number }) => number === LIST_FIELD[dtype]);
  switch (dtype) {
    case 'DT_STRING':
      return own.map(({ bytes }) => textOf(bytes));
    case 'DT_FLOAT':
      return own.flatMap(({ bytes }) => Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i)));
    case 'DT_DOUBLE':
      return own.flatMap(({ bytes }) => Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(8 * i)));
    case 'DT_INT64':
      return own.flatMap(readVarints);
    default:
      return own.flatMap(readVarints).map(Number);
  }
}

export function writePredictResponse(outputs: Readonly<Record<string, Tensor>>, spec: ModelTarget & { readonly servedVersion: number }): Buffer {
  const entries = Object.entries(outputs).map(([name, tensor]) => bytesField(1, Buffer.concat([bytesField(1, name), bytesField(2, writeTensor(tensor))])));
  return Buffer.concat([...entries, bytesField(2, writeSpec(spec.model, spec.servedVersion, spec.signatureName))]);
}

function writeSpec(model: string, version: number, signatureName: string): Buffer {
  return Buffer.concat([bytesField(1, model), bytesField(2, varintField(1, version)), ...(signatureName === '' ? [] : [bytesField(3, signatureName)])]);
}

/** Values as `tensor_content`, strings as `string_val`. */
function writeTensor({ dtype, shape, data }: Tensor): Buffer {
  const dims = shape.map((size) => bytesField(2, varintField(1, size)));
  const head = [varintField(1, DATA_TYPES[dtype]), bytesField(2, Buffer.concat(dims))];
  if (Array.isArray(data)) return Buffer.concat([...head, ...data.map((text) => bytesField(8, text))]);
  return Buffer.concat([...head, bytesField(4, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))]);
}

export function writeModelStatus(statuses: readonly VersionStatus[]): Buffer {
  return Buffer.concat(statuses.map(({ version, state, error }) => {
    const status = error === undefined ? Buffer.alloc(0) : Buffer.concat([varintField(1, GRPC_CODES.UNKNOWN), bytesField(2, error)]);
    return bytesField(1, Buffer.concat([varintField(1, version), varintField(2, STATES[state]), bytesField(3, status)]));
  }));
}

const SIGNATURE_MAP_TYPE = 'type.googleapis.com/tensorflow.serving.SignatureDefMap';

/** GetModelMetadataResponse with the one field anybody asks for, `signature_def`. */
export function writeModelMetadata(model: string, version: number, signatures: Signatures): Buffer {
  const map = Buffer.concat(Object.entries(signatures).map(([name, signature]) => bytesField(1, Buffer.concat([bytesField(1, name), bytesField(2, writeSignature(signature))]))));
  const any = Buffer.concat([bytesField(1, SIGNATURE_MAP_TYPE), bytesField(2, map)]);
  const metadata = Buffer.concat([bytesField(1, 'signature_def'), bytesField(2, any)]);
  return Buffer.concat([bytesField(1, writeSpec(model, version, '')), bytesField(2, metadata)]);
}

function writeSignature({ inputs, outputs, methodName }: SignatureDef): Buffer {
  const infos = (number: number, tensors: SignatureDef['inputs']): readonly Buffer[] =>
    Object.entries(tensors).map(([name, info]) => bytesField(number, Buffer.concat([bytesField(1, name), bytesField(2, writeInfo(info))])));
  return Buffer.concat([...infos(1, inputs), ...infos(2, outputs), bytesField(3, methodName)]);
}

/** TensorInfo: name 1, dtype 2, tensor_shape 3. */
function writeInfo({ dtype, shape, tensorName }: TensorInfo): Buffer {
  const dims = shape.map((size) => bytesField(2, varintField(1, size)));
  return Buffer.concat([bytesField(1, `${tensorName}:0`), varintField(2, DATA_TYPES[dtype]), bytesField(3, Buffer.concat(dims))]);
}

function last(fields: readonly WireField[], number: number): WireField | undefined {
  return fields.findLast((field) => field.number === number);
}
