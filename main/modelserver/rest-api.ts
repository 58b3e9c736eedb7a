import type { ModelManager } from './model-manager.ts';
import type { Metrics } from './metrics.ts';
import { parsePredictRequest } from './predict-json.ts';
import { writePredictAnswer } from './predict-answer.ts';
import { ServingError, invalidArgument, toServingError } from './serving-status.ts';
import { signatureDefJson } from './signature.ts';

export interface RestAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface RestApiOptions {
  readonly manager: ModelManager;
  readonly metrics: Metrics;
  /** The metrics page, or `undefined` when it is switched off. */
  readonly metricsPath: string | undefined;
  readonly metricsPage: () => string;
  readonly timeoutMs: number;
  /** Called between two pieces of work; may block. */
  readonly breathe: () => void;
}

const MODEL = String.raw`/v1/models/(?<model>[^/:]+)(?:/versions/(?<version>\d+)|/labels/(?<label>[^/:]+))?`;
const PREDICTION = new RegExp(`^${MODEL}:(?<method>classify|regress|predict)$`, 'i');
const STATUS = new RegExp(`^${MODEL}(?<metadata>/metadata)?$`, 'i');
const JSON_TYPE = 'application/json';

interface Target {
  readonly model: string;
  readonly version: number | undefined;
}

/** TensorFlow Serving's REST interface over one model manager. Knows paths and bodies, no sockets. */
export class RestApi {
  readonly #options: RestApiOptions;

  constructor(options: RestApiOptions) {
    this.#options = options;
  }

  /** Never rejects: every failure is an answer. */
  async answer(method: string, path: string, body: Buffer): Promise<RestAnswer> {
    try {
      if (method !== 'GET' && method !== 'POST') return errorAnswer(405, `Method ${method} is not allowed. Allowed: GET, POST`);
      if (path === this.#options.metricsPath && method === 'GET') {
        return { status: 200, contentType: 'text/plain', body: this.#options.metricsPage() };
      }
      if (!/^\/v1\//i.test(path)) return errorAnswer(404, `Not found: ${path}`);
      return await this.#route(method, path, body);
    } catch (error) {
      const { httpStatus, message } = toServingError(error);
      return errorAnswer(httpStatus, message);
    }
  }

  async #route(method: string, path: string, body: Buffer): Promise<RestAnswer> {
    const prediction = method === 'POST' ? PREDICTION.exec(path) : null;
    if (prediction !== null) return this.#predict(readTarget(prediction), prediction.groups?.['method']?.toLowerCase() ?? '', body);
    const status = method === 'GET' ? STATUS.exec(path) : null;
    if (status === null) {
      if (method === 'GET' && /^\/v1\/models\/?$/i.test(path)) throw invalidArgument('Missing model name in request.');
      throw invalidArgument(`Malformed request: ${method} ${path}`);
    }
    const target = readTarget(status);
    return status.groups?.['metadata'] === undefined ? this.#status(target) : this.#metadata(target);
  }

  async #predict(target: Target, method: string, body: Buffer): Promise<RestAnswer> {
    const { metrics } = this.#options;
    const startMicros = nowMicros();
    let outcome = 'OK';
    try {
      return await this.#runPredict(target, method, body);
    } catch (error) {
      outcome = toServingError(error).code;
      throw error;
    } finally {
      metrics.countRequest(outcome, nowMicros() - startMicros);
    }
  }

  async #runPredict({ model, version }: Target, method: string, body: Buffer): Promise<RestAnswer> {
    const { manager, metrics, timeoutMs, breathe } = this.#options;
    const servable = manager.servable(model, version);
    if (method !== 'predict') {
      const expected = method === 'classify' ? 'classification' : 'regression';
      throw invalidArgument(`Expected ${expected} signature method_name to be tensorflow/serving/${method}. Was: tensorflow/serving/predict`);
    }
    const request = parsePredictRequest(body, servable.signatures);
    breathe();
    const { outputs, runtimeMicros } = await withDeadline(timeoutMs, (isAbandoned) => servable.predict(request, isAbandoned));
    breathe();
    metrics.addRuntime(runtimeMicros);
    return { status: 200, contentType: JSON_TYPE, body: writePredictAnswer(outputs, request.format) };
  }

  #status({ model, version }: Target): RestAnswer {
    const statuses = this.#options.manager.statuses(model, version);
    return jsonAnswer({
      model_version_status: statuses.map(({ version: number, state, error }) => ({
        version: String(number),
        state,
        status: { error_code: error === undefined ? 'OK' : 'UNKNOWN', error_message: error ?? '' },
      })),
    });
  }

  #metadata({ model, version }: Target): RestAnswer {
    const servable = this.#options.manager.servable(model, version);
    return jsonAnswer({
      model_spec: { name: model, signature_name: '', version: String(servable.version) },
      metadata: { signature_def: signatureDefJson(servable.signatures) },
    });
  }
}

function readTarget({ groups }: RegExpExecArray): Target {
  if (groups?.['label'] !== undefined) {
    throw new ServingError('FAILED_PRECONDITION', `Unrecognized servable version label: ${decode(groups['label'])}`);
  }
  const version = groups?.['version'];
  if (version !== undefined && !Number.isSafeInteger(Number(version))) {
    throw invalidArgument(`Failed to convert version: ${version} to numeric.`);
  }
  return { model: decode(groups?.['model'] ?? ''), version: version === undefined ? undefined : Number(version) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalidArgument(`Failed to decode model name:${part}`);
  }
}

/** @throws ServingError DEADLINE_EXCEEDED; the work itself goes on, as in TensorFlow Serving */
function withDeadline<Result>(timeoutMs: number, work: (isAbandoned: () => boolean) => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    let isAbandoned = false;
    const timer = setTimeout(() => {
      isAbandoned = true;
      reject(new ServingError('DEADLINE_EXCEEDED', 'Timed out waiting for notification'));
    }, timeoutMs);
    work(() => isAbandoned).then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function jsonAnswer(value: unknown): RestAnswer {
  return { status: 200, contentType: JSON_TYPE, body: `${JSON.stringify(value, null, 1)}\n` };
}

/** `{ "error": "…" }`, as TensorFlow Serving writes it. */
export function errorAnswer(status: number, message: string): RestAnswer {
  return { status, contentType: JSON_TYPE, body: `{ "error": ${JSON.stringify(message)} }` };
}

function nowMicros(): number {
  return performance.now() * 1000;
}
