import { Worker } from 'node:worker_threads';
import { ServescapeError } from '../domain/errors.ts';
import type { GraphValue } from './graph-signature.ts';
import type { FromWorker, NamedTensors, ToWorker, WorkerSetup } from './inference-messages.ts';
import { ServingError } from './serving-status.ts';

export interface InferenceResult {
  readonly outputs: NamedTensors;
  readonly runtimeMicros: number;
}

interface Job {
  readonly message: ToWorker;
  readonly transfer: readonly ArrayBuffer[];
  readonly resolve: (result: InferenceResult) => void;
  readonly reject: (error: Error) => void;
}

interface Member {
  readonly worker: Worker;
  job: Job | undefined;
}

/** Sessions of one model version, each in its own thread. Jobs beyond the free threads wait in order. */
export class InferencePool {
  readonly #members: Member[] = [];
  readonly #waiting: Job[] = [];
  #isClosed = false;
  /** What the engine says the model takes and gives. */
  graph: { readonly inputs: readonly GraphValue[]; readonly outputs: readonly GraphValue[] } = { inputs: [], outputs: [] };

  /** @throws ServescapeError `model-unusable` when the engine refuses the model */
  static async open(workerUrl: URL, setup: WorkerSetup, threads: number): Promise<InferencePool> {
    const pool = new InferencePool();
    const opened = await Promise.allSettled(Array.from({ length: threads }, () => pool.#addMember(workerUrl, setup)));
    const refused = opened.find((outcome) => outcome.status === 'rejected');
    if (refused === undefined) return pool;
    pool.close();
    throw refused.reason;
  }

  /**
   * @param inputs by tensor name of the graph; their memory moves to the worker
   * @throws ServingError INTERNAL with the engine's words, UNAVAILABLE once closed
   */
  run(inputs: NamedTensors, outputNames: readonly string[]): Promise<InferenceResult> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new ServingError('UNAVAILABLE', 'The model version has been unloaded'));
        return;
      }
      this.#waiting.push({ message: { kind: 'run', inputs, outputNames }, transfer: ownedMemory(inputs), resolve, reject });
      this.#assign();
    });
  }

  /** Ends the threads once their running jobs are done. Call when nothing waits. */
  close(): void {
    this.#isClosed = true;
    for (const { worker } of this.#members) worker.postMessage({ kind: 'close' } satisfies ToWorker);
  }

  async #addMember(workerUrl: URL, setup: WorkerSetup): Promise<void> {
    const worker = new Worker(workerUrl, { workerData: setup });
    const member: Member = { worker, job: undefined };
    try {
      this.graph = await firstAnswer(worker);
    } catch (error) {
      void worker.terminate();
      throw error;
    }
    // From here on a dying thread is a broken server: let it surface as an uncaught exception.
    worker.removeAllListeners('error');
    worker.on('message', (message: FromWorker) => this.#finish(member, message));
    this.#members.push(member);
  }

  #finish(member: Member, message: FromWorker): void {
    const { job } = member;
    member.job = undefined;
    if (message.kind === 'done') job?.resolve(message);
    else job?.reject(message.kind === 'failed' ? new ServingError(message.code, message.message) : new ServingError('INTERNAL', 'unexpected answer of a worker'));
    this.#assign();
  }

  #assign(): void {
    for (const member of this.#members) {
      if (member.job !== undefined) continue;
      const job = this.#waiting.shift();
      if (job === undefined) return;
      member.job = job;
      member.worker.postMessage(job.message, job.transfer);
    }
  }
}

/** Resolves when the worker holds its session. @throws ServescapeError `model-unusable` in the engine's words */
function firstAnswer(worker: Worker): Promise<InferencePool['graph']> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (message: FromWorker) => {
      if (message.kind === 'ready') resolve({ inputs: message.inputs, outputs: message.outputs });
      else reject(new ServescapeError('model-unusable', message.kind === 'unusable' ? message.message : 'unexpected answer of a worker'));
    });
  });
}

/** Memory that can move to the worker instead of being copied: whole buffers, each once. */
function ownedMemory(inputs: NamedTensors): readonly ArrayBuffer[] {
  const owned = new Set<ArrayBuffer>();
  for (const { data } of Object.values(inputs)) {
    if (!Array.isArray(data) && data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength) owned.add(data.buffer);
  }
  return [...owned];
}
