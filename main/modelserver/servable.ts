import { BatchingSession, type BatchObserver } from './batching-session.ts';
import type { BatchingParameters } from './batching-parameters.ts';
import type { Clock } from './batch-scheduler.ts';
import type { NamedTensors } from './inference-messages.ts';
import { canBatch, checkDecoding, graphSignature } from './graph-signature.ts';
import { InferencePool, type InferenceResult } from './inference-pool.ts';
import type { ModelVersion } from './model-folder.ts';
import type { PredictRequest } from './predict-json.ts';
import type { Signatures } from './signature.ts';

/** How every version is run. */
export interface RuntimeOptions {
  readonly workerUrl: URL;
  /** Sessions, each in its own thread. */
  readonly threads: number;
  readonly intraOpThreads: number;
  readonly throttle: SharedArrayBuffer | undefined;
  /** `undefined` when batching is off. */
  readonly batching: BatchingParameters | undefined;
  readonly clock: Clock;
  readonly observer: BatchObserver;
}

/** One loaded version of the model. */
export class Servable {
  readonly version: number;
  readonly signatures: Signatures;
  readonly #pool: InferencePool;
  readonly #batching = new Map<string, BatchingSession>();
  #inFlight = 0;
  #isUnloading = false;

  private constructor(model: ModelVersion, pool: InferencePool, options: RuntimeOptions) {
    this.version = model.version;
    this.signatures = model.signatures ?? graphSignature(pool.graph.inputs, pool.graph.outputs);
    checkDecoding(this.signatures, pool.graph.inputs);
    this.#pool = pool;
    const { batching, clock, observer } = options;
    if (batching === undefined) return;
    for (const [name, signature] of Object.entries(this.signatures)) {
      if (!canBatch(signature)) continue;
      const { outputs } = signature;
      const outputNames = Object.values(outputs).map(({ tensorName }) => tensorName);
      const run = (inputs: NamedTensors, names: readonly string[]): Promise<InferenceResult> => pool.run(inputs, names);
      this.#batching.set(name, new BatchingSession(batching, run, outputNames, clock, observer));
    }
  }

  /** @throws ServescapeError `model-unusable` when the engine refuses the model */
  static async load(model: ModelVersion, options: RuntimeOptions): Promise<Servable> {
    const { modelPath } = model;
    const { workerUrl, intraOpThreads, throttle, threads } = options;
    const pool = await InferencePool.open(workerUrl, { modelPath, intraOpThreads, throttle }, threads);
    try {
      return new Servable(model, pool, options);
    } catch (error) {
      pool.close();
      throw error;
    }
  }

  /**
   * @param isAbandoned true once nobody waits for the answer
   * @returns outputs by name of the signature
   * @throws ServingError
   */
  async predict(request: PredictRequest, isAbandoned: () => boolean): Promise<InferenceResult> {
    this.#inFlight += 1;
    try {
      return await this.#run(request, isAbandoned);
    } finally {
      this.#inFlight -= 1;
      this.#closeWhenIdle();
    }
  }

  /** Requests that are already here are answered first. */
  unload(): void {
    this.#isUnloading = true;
    this.#closeWhenIdle();
  }

  async #run({ signature, signatureName, inputs }: PredictRequest, isAbandoned: () => boolean): Promise<InferenceResult> {
    const byTensorName = Object.entries(signature.inputs).map(([name, { tensorName }]) => [tensorName, inputs[name]]);
    const feeds = Object.fromEntries(byTensorName) as NamedTensors;
    const outputNames = Object.values(signature.outputs).map(({ tensorName }) => tensorName);
    const session = this.#batching.get(signatureName);
    const result = await (session?.run(feeds, isAbandoned) ?? this.#pool.run(feeds, outputNames));
    const outputs = Object.entries(signature.outputs).map(([name, { tensorName }]) => [name, result.outputs[tensorName]]);
    return { outputs: Object.fromEntries(outputs) as NamedTensors, runtimeMicros: result.runtimeMicros };
  }

  #closeWhenIdle(): void {
    if (this.#isUnloading && this.#inFlight === 0) this.#pool.close();
  }
}
