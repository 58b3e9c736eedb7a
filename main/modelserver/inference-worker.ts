/** One batch thread: a worker that holds its own session, because a run blocks the thread it is called on. */
import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor as OnnxTensor, type OnnxValue } from 'onnxruntime-node';
import { CpuThrottle } from './cpu-throttle.ts';
import type { GraphValue } from './graph-signature.ts';
import type { FromWorker, NamedTensors, ToWorker, WorkerSetup } from './inference-messages.ts';
import { toServingError } from './serving-status.ts';
import { dtypeFacts, dtypeOfOnnx, type Tensor, type TensorData } from './tensor.ts';

const setup = workerData as WorkerSetup;
const port = parentPort;
if (port === null) throw new Error('inference-worker is started by the model server only');
const throttle = setup.throttle === undefined ? undefined : new CpuThrottle(setup.throttle);
const say = (message: FromWorker): void => port.postMessage(message);

const session = await openSession();

async function openSession(): Promise<InferenceSession | undefined> {
  throttle?.pass();
  try {
    const opened = await InferenceSession.create(setup.modelPath, {
      executionProviders: ['cpu'],
      intraOpNumThreads: setup.intraOpThreads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      // Spinning threads would burn the CPU share that is being studied.
      extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
    });
    throttle?.pass();
    say({ kind: 'ready', inputs: opened.inputMetadata.map(plain), outputs: opened.outputMetadata.map(plain) });
    return opened;
  } catch (error) {
    say({ kind: 'unusable', message: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}

port.on('message', (message: ToWorker) => {
  if (message.kind === 'close') {
    void (session?.release() ?? Promise.resolve()).finally(() => port.close());
    return;
  }
  run(message.inputs, message.outputNames).then(say, (error: unknown) => {
    const { code, message } = toServingError(error);
    say({ kind: 'failed', code, message });
  });
});

async function run(inputs: NamedTensors, outputNames: readonly string[]): Promise<FromWorker> {
  if (session === undefined) throw new Error('the model is not loaded');
  throttle?.pass();
  const startMicros = performance.now() * 1000;
  const feeds: Record<string, OnnxTensor> = {};
  for (const [name, tensor] of Object.entries(inputs)) feeds[name] = toOnnx(await asPixels(session, name, tensor));
  const results = await session.run(feeds, [...outputNames]);
  const runtimeMicros = performance.now() * 1000 - startMicros;
  throttle?.pass();
  const outputs = Object.fromEntries(Object.entries(results).map(([name, value]) => [name, fromOnnx(name, value)]));
  return { kind: 'done', outputs, runtimeMicros };
}

/** Text for an input that takes numbers is JPEG files: the signature says so, and was checked when the model was loaded. */
async function asPixels({ inputMetadata }: InferenceSession, name: string, tensor: Tensor): Promise<Tensor> {
  const taken = inputMetadata.find((input) => input.name === name);
  if (tensor.dtype !== 'DT_STRING' || taken === undefined || !taken.isTensor || taken.type === 'string') return tensor;
  // Loaded when needed: its memory belongs to the models that use it.
  const { decodeJpegs } = await import('./decode-jpeg.ts');
  return decodeJpegs(tensor, plain(taken));
}

/** The engine's description without its prototype, so that it can be sent. */
function plain(value: InferenceSession.ValueMetadata): GraphValue {
  return value.isTensor ? { name: value.name, isTensor: true, type: value.type, shape: [...value.shape] } : { name: value.name, isTensor: false };
}

function toOnnx({ dtype, shape, data }: Tensor): OnnxTensor {
  return new OnnxTensor(dtypeFacts(dtype).onnx, data as Float32Array, [...shape]);
}

function fromOnnx(name: string, value: OnnxValue): Tensor {
  if (!(value instanceof OnnxTensor)) throw new Error(`output ${name} is no dense tensor`);
  return { dtype: dtypeOfOnnx(value.type), shape: value.dims, data: value.data as TensorData };
}
