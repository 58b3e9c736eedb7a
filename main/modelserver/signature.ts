import { DTYPE_NAMES, type Dtype } from './tensor.ts';

/**
 * `signature.json` beside `model.onnx`: what TensorFlow keeps inside a SavedModel. Read by hand, because a schema
 * library would add 18 MB to every replica, and replicas' memory is what is being studied.
 */
export interface TensorInfo {
  readonly dtype: Dtype;
  /** −1 where any size goes; the first dimension is the batch. */
  readonly shape: readonly number[];
  /** The name inside the ONNX graph. */
  readonly tensorName: string;
  /** The values are the bytes of JPEG files, decoded before the graph, which takes pixels. */
  readonly decode?: 'jpeg';
}

export interface SignatureDef {
  readonly methodName: string;
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly outputs: Readonly<Record<string, TensorInfo>>;
}

export type Signatures = Readonly<Record<string, SignatureDef>>;

export const DEFAULT_SIGNATURE = 'serving_default';
const PREDICT_METHOD = 'tensorflow/serving/predict';

/** @throws Error whose message names the place, what stands there and what would be accepted */
export function readSignatureFile(json: unknown): Signatures {
  const file = objectAt(json, 'the file');
  return Object.fromEntries(Object.entries(objectAt(file['signatures'], 'signatures')).map(([name, value]) => {
    const place = `signatures.${name}`;
    const signature = objectAt(value, place);
    return [name, {
      methodName: signature['methodName'] === undefined ? PREDICT_METHOD : textAt(signature['methodName'], `${place}.methodName`),
      inputs: tensorInfosAt(signature['inputs'], `${place}.inputs`),
      outputs: tensorInfosAt(signature['outputs'], `${place}.outputs`),
    }];
  }));
}

function tensorInfosAt(value: unknown, place: string): SignatureDef['inputs'] {
  const entries = Object.entries(objectAt(value, place));
  if (entries.length === 0) throw refusal(place, value, 'at least one tensor');
  return Object.fromEntries(entries.map(([name, info]) => [name, tensorInfoAt(info, `${place}.${name}`)]));
}

function tensorInfoAt(value: unknown, place: string): TensorInfo {
  const { dtype, shape, tensorName, decode } = objectAt(value, place);
  const known = DTYPE_NAMES.find((name) => name === dtype);
  if (known === undefined) throw refusal(`${place}.dtype`, dtype, DTYPE_NAMES.join(', '));
  const isShape = Array.isArray(shape) && shape.length > 0 && shape.every((size) => Number.isInteger(size) && size >= -1);
  if (!isShape) throw refusal(`${place}.shape`, shape, 'a list of whole numbers, −1 where any size goes');
  const info = { dtype: known, shape: shape as readonly number[], tensorName: textAt(tensorName, `${place}.tensorName`) };
  if (decode === undefined) return info;
  if (decode !== 'jpeg') throw refusal(`${place}.decode`, decode, '“jpeg”, or nothing');
  if (known !== 'DT_STRING' || info.shape.length !== 1) throw refusal(place, value, 'with “decode”: DT_STRING of shape [-1]');
  return { ...info, decode };
}

function objectAt(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw refusal(place, value, 'an object');
}

function textAt(value: unknown, place: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw refusal(place, value, 'text');
}

function refusal(place: string, value: unknown, accepted: string): Error {
  return new Error(`${place} is ${JSON.stringify(value) ?? 'missing'}. Accepted: ${accepted}`);
}

/** The `metadata` answer's `signature_def`, as protobuf's JSON printer writes it. */
export function signatureDefJson(signatures: Signatures): unknown {
  return {
    signature_def: Object.fromEntries(Object.entries(signatures).map(([name, { inputs, outputs, methodName }]) => [
      name,
      { inputs: tensorInfosJson(inputs), outputs: tensorInfosJson(outputs), method_name: methodName },
    ])),
  };
}

function tensorInfosJson(infos: SignatureDef['inputs']): unknown {
  return Object.fromEntries(Object.entries(infos).map(([name, { dtype, shape, tensorName }]) => [name, {
    dtype,
    tensor_shape: { dim: shape.map((size) => ({ size: String(size), name: '' })), unknown_rank: false },
    name: `${tensorName}:0`,
  }]));
}
