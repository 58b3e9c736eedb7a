import { ServescapeError } from '../domain/errors.ts';
import { DEFAULT_SIGNATURE, type SignatureDef, type Signatures } from './signature.ts';
import { DTYPE_NAMES, dtypeFacts } from './tensor.ts';

/** One input or output as the engine describes it; sizes are numbers or the names of free dimensions. */
export interface GraphValue {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
}

/**
 * The signature of a model that came without `signature.json`, from its graph: every input and output under its own name,
 * free dimensions −1.
 * @throws ServescapeError `model-unusable` when an input or output is no tensor this server can carry
 */
export function graphSignature(inputs: readonly GraphValue[], outputs: readonly GraphValue[]): Signatures {
  return { [DEFAULT_SIGNATURE]: { methodName: 'tensorflow/serving/predict', inputs: tensorInfos(inputs), outputs: tensorInfos(outputs) } };
}

function tensorInfos(values: readonly GraphValue[]): SignatureDef['inputs'] {
  return Object.fromEntries(values.map(({ name, isTensor, type, shape = [] }) => {
    const dtype = isTensor ? DTYPE_NAMES.find((known) => dtypeFacts(known).onnx === type) : undefined;
    if (dtype === undefined) {
      throw new ServescapeError('model-unusable', `The model’s “${name}” is ${isTensor ? `a tensor of type ${type}` : 'no tensor'}, which this server cannot carry.`, {
        hint: 'Export the model with plain tensors of float, int, bool or string.',
      });
    }
    if (shape.length === 0) {
      throw new ServescapeError('model-unusable', `The model’s “${name}” has no batch dimension.`, {
        hint: 'Export the model so that the first dimension of every input and output is the batch.',
      });
    }
    return [name, { dtype, shape: shape.map((size) => (typeof size === 'number' && size >= 0 ? size : -1)), tensorName: name }];
  }));
}

/** Requests can be joined only when every input leaves the first dimension free. */
export function canBatch({ inputs }: SignatureDef): boolean {
  return Object.values(inputs).every(({ shape }) => shape[0] === -1);
}

/**
 * A signature that has JPEG files decoded needs a graph that takes pixels there.
 * @throws ServescapeError `model-unusable`
 */
export function checkDecoding(signatures: Signatures, graphInputs: readonly GraphValue[]): void {
  for (const { tensorName, decode } of Object.values(signatures).flatMap(({ inputs }) => Object.values(inputs))) {
    if (decode === undefined) continue;
    const { type, shape = [] } = graphInputs.find(({ name }) => name === tensorName) ?? {};
    const channels = shape[3];
    if (type === 'float32' && shape.length === 4 && (typeof channels !== 'number' || channels === 1 || channels === 3)) continue;
    throw new ServescapeError('model-unusable', `signature.json has JPEG files decoded for “${tensorName}”, which is ${type === undefined ? 'no input of the model' : `a tensor of type ${type} with ${shape.length} dimensions`}.`, {
      hint: 'Decoded pictures are float32, [batch, height, width, 1 or 3].',
    });
  }
}
