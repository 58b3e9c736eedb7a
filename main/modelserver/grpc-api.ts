import { GRPC_CODES, readPredictRequest, readTarget, writeModelMetadata, writeModelStatus, writePredictResponse } from './grpc-messages.ts';
import type { Metrics } from './metrics.ts';
import type { ModelManager } from './model-manager.ts';
import { ServingError, toServingError } from './serving-status.ts';

export interface GrpcAnswer {
  /** gRPC status code; 0 with a message. */
  readonly status: number;
  /** Why it failed; empty otherwise. */
  readonly error: string;
  readonly message: Buffer;
}

export interface GrpcApiOptions {
  readonly manager: ModelManager;
  readonly metrics: Metrics;
  /** Called between two pieces of work; may block. */
  readonly breathe: () => void;
}

/** TensorFlow Serving's gRPC interface over one model manager: Predict, GetModelMetadata, GetModelStatus. Knows messages, no sockets. */
export class GrpcApi {
  readonly #options: GrpcApiOptions;

  constructor(options: GrpcApiOptions) {
    this.#options = options;
  }

  /** Never rejects: every failure is a status. */
  async answer(path: string, message: Buffer, isAbandoned: () => boolean): Promise<GrpcAnswer> {
    try {
      return { status: 0, error: '', message: await this.#call(path, message, isAbandoned) };
    } catch (error) {
      const { code, message: reason } = toServingError(error);
      return { status: GRPC_CODES[code], error: reason, message: Buffer.alloc(0) };
    }
  }

  async #call(path: string, message: Buffer, isAbandoned: () => boolean): Promise<Buffer> {
    const { manager } = this.#options;
    switch (path) {
      case '/tensorflow.serving.PredictionService/Predict':
        return this.#predict(message, isAbandoned);
      case '/tensorflow.serving.PredictionService/GetModelMetadata': {
        const { model, version } = readTarget(message);
        const servable = manager.servable(model, version);
        return writeModelMetadata(model, servable.version, servable.signatures);
      }
      case '/tensorflow.serving.ModelService/GetModelStatus': {
        const { model, version } = readTarget(message);
        return writeModelStatus(manager.statuses(model, version));
      }
      default:
        throw new ServingError('UNIMPLEMENTED', `Method ${path} is not implemented`);
    }
  }

  async #predict(message: Buffer, isAbandoned: () => boolean): Promise<Buffer> {
    const { manager, metrics, breathe } = this.#options;
    const startMicros = performance.now() * 1000;
    let outcome = 'OK';
    try {
      const target = readTarget(message);
      const servable = manager.servable(target.model, target.version);
      const request = readPredictRequest(message, target.signatureName, servable.signatures);
      breathe();
      const { outputs, runtimeMicros } = await servable.predict(request, isAbandoned);
      breathe();
      metrics.addRuntime(runtimeMicros);
      return writePredictResponse(outputs, { ...target, servedVersion: servable.version });
    } catch (error) {
      outcome = toServingError(error).code;
      throw error;
    } finally {
      metrics.countRequest(outcome, performance.now() * 1000 - startMicros);
    }
  }
}
