import { z } from 'zod';
import { DTYPE_NAMES } from './tensor.ts';

/** `signature.json` beside `model.onnx`: what TensorFlow keeps inside a SavedModel. */
const TensorInfo = z.strictObject({
  dtype: z.enum(DTYPE_NAMES),
  /** −1 where any size goes; the first dimension is the batch. */
  shape: z.array(z.int().min(-1)).min(1),
  /** The name inside the ONNX graph. */
  tensorName: z.string().min(1),
});

const SignatureDef = z.strictObject({
  methodName: z.string().default('tensorflow/serving/predict'),
  inputs: z.record(z.string(), TensorInfo),
  outputs: z.record(z.string(), TensorInfo),
});

export const SignatureFile = z.strictObject({ signatures: z.record(z.string(), SignatureDef) });

export type TensorInfo = z.infer<typeof TensorInfo>;
export type SignatureDef = z.infer<typeof SignatureDef>;
export type Signatures = z.infer<typeof SignatureFile>['signatures'];

export const DEFAULT_SIGNATURE = 'serving_default';

/** The `metadata` answer's `signature_def`, as protobuf's JSON printer writes it. */
export function signatureDefJson(signatures: Signatures): unknown {
  return {
    signature_def: Object.fromEntries(Object.entries(signatures).map(([name, { inputs, outputs, methodName }]) => [
      name,
      { inputs: tensorInfosJson(inputs), outputs: tensorInfosJson(outputs), method_name: methodName },
    ])),
  };
}

function tensorInfosJson(infos: Readonly<Record<string, TensorInfo>>): unknown {
  return Object.fromEntries(Object.entries(infos).map(([name, { dtype, shape, tensorName }]) => [name, {
    dtype,
    tensor_shape: { dim: shape.map((size) => ({ size: String(size), name: '' })), unknown_rank: false },
    name: `${tensorName}:0`,
  }]));
}
