import { Worker } from 'node:worker_threads';
import { ServescapeError } from '../../domain/errors.ts';
import type { Capacity } from '../../domain/machine.ts';
import type { Configuration } from '../../domain/parameter.ts';
import type { Study } from '../../domain/study.ts';
import type { StudyExplanation, Suggestion, SurrogateSlice, SurrogateSurface } from '../../domain/suggestion.ts';
import type { Prediction } from '../../domain/trial.ts';
import type { Chooser } from '../../study/ports.ts';
import { taughtStudy, type TaughtStudy } from '../study-request.ts';
import type { SamplerCall, SamplerQuestion, SamplerReply } from './messages.ts';

interface Pending {
  readonly question: SamplerQuestion;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Runs the sampler in a worker thread, started by the first question. An abort ends the thread at once, since numerical
 * code cannot be interrupted otherwise; questions of others are put to a new one. A thread that dies refuses what was
 * open with `internal`; the next question starts another.
 */
export class SamplerThread implements Chooser {
  readonly #entry: URL;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null = null;
  #nextId = 1;
  #closed = false;

  /** @param entry URL of `sampler-worker` as it was built or as source. */
  constructor(entry: URL) {
    this.#entry = entry;
  }

  async ask(
    study: Study, capacity: Capacity, signal: AbortSignal, earlier: readonly TaughtStudy[] = [],
  ): Promise<Suggestion | null> {
    return (await this.#put({ kind: 'ask', study, capacity, earlier }, signal)) as Suggestion | null;
  }

  async slice(
    study: Study, capacity: Capacity, parameter: string, at: Configuration, earlier: readonly TaughtStudy[] = [],
  ): Promise<SurrogateSlice | null> {
    return (await this.#put({ kind: 'slice', study, capacity, parameter, at, earlier }, null)) as SurrogateSlice | null;
  }

  async surface(
    study: Study, capacity: Capacity, parameters: readonly [string, string], at: Configuration, earlier: readonly TaughtStudy[] = [],
  ): Promise<SurrogateSurface | null> {
    return (await this.#put({ kind: 'surface', study, capacity, parameters, at, earlier }, null)) as SurrogateSurface | null;
  }

  async predict(
    study: Study, capacity: Capacity, configuration: Configuration, earlier: readonly TaughtStudy[] = [],
  ): Promise<Prediction | null> {
    return (await this.#put({ kind: 'predict', study, capacity, configuration, earlier }, null)) as Prediction | null;
  }

  async explain(study: Study, capacity: Capacity, earlier: readonly TaughtStudy[] = []): Promise<StudyExplanation | null> {
    return (await this.#put({ kind: 'explain', study, capacity, earlier }, null)) as StudyExplanation | null;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#refuseAll(new ServescapeError('aborted', 'The sampler was closed before it answered.'));
    await this.#end();
  }

  #put(call: SamplerCall, signal: AbortSignal | null): Promise<unknown> {
    signal?.throwIfAborted();
    if (this.#closed) throw new ServescapeError('internal', 'The sampler was asked after it was closed.');
    const question = { id: this.#nextId++, call: { ...call, study: taughtStudy(call.study) } };
    return new Promise((resolve, reject) => {
      const onAbort = (): void => this.#abort(question.id, signal!.reason);
      const settle = <T>(then: (value: T) => void) => (value: T): void => {
        signal?.removeEventListener('abort', onAbort);
        then(value);
      };
      this.#pending.set(question.id, { question, resolve: settle(resolve), reject: settle(reject) });
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#send(question);
    });
  }

  #send(question: SamplerQuestion): void {
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#worker.postMessage(question);
  }

  #start(): Worker {
    const worker = new Worker(this.#entry);
    worker.on('message', (reply: SamplerReply) => this.#settle(reply));
    worker.on('error', (cause) => this.#lost(worker, cause));
    worker.on('exit', (code) => this.#lost(worker, new Error(`exit code ${code}`)));
    return worker;
  }

  #settle(reply: SamplerReply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) this.#worker?.unref();
    if (reply.kind === 'answer') pending?.resolve(reply.answer);
    else pending?.reject(ServescapeError.fromData(reply.error));
  }

  #abort(id: number, reason: unknown): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    void this.#end();
    for (const { question } of this.#pending.values()) this.#send(question);
    pending.reject(reason);
  }

  #lost(worker: Worker, cause: unknown): void {
    if (worker !== this.#worker) return;
    this.#worker = null;
    const why = cause instanceof Error ? cause.message : String(cause);
    this.#refuseAll(
      new ServescapeError('internal', `The thread that chooses configurations ended unexpectedly: ${why}.`, {
        hint: 'Continue the study; the choice is made again in a new thread.',
        cause,
      }),
    );
  }

  #refuseAll(error: ServescapeError): void {
    const open = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of open) reject(error);
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}
