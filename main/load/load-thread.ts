import { Worker } from 'node:worker_threads';
import { ServescapeError } from '../domain/errors.ts';
import type { ProxyReading } from '../domain/network.ts';
import { withTrips } from '../domain/round-trips.ts';
import type { LoadPlan, LoadTick } from '../study/ports.ts';
import type { ThreadResult } from './merge-results.ts';
import type { HopProbe } from './proxy-hop.ts';
import type { FromLoadWorker, ToLoadWorker } from './worker-messages.ts';

/** An aborted run that has not ended by itself after this long loses its thread. */
const ABORT_PATIENCE_MS = 1000;

interface Run {
  readonly number: number;
  readonly onTick: (tick: LoadTick) => void;
  readonly onReady: (() => void) | undefined;
  readonly onEnough: (() => void) | undefined;
  readonly resolve: (result: ThreadResult) => void;
  readonly reject: (reason: unknown) => void;
}

export type LoadThreadOptions = { readonly workerUrl: URL; readonly dataRoot: string; readonly ownDataRoot?: string | null };

/** One sending thread. */
export interface LoadThread {
  /** With `onReady` it waits after that until `go`; with `onEnough` it goes on sending after that until it is released. */
  run(plan: LoadPlan, options: { readonly signal: AbortSignal; readonly onTick: (tick: LoadTick) => void; readonly onReady?: () => void; readonly onEnough?: () => void }): Promise<ThreadResult>;
  go(): void;
  release(): void;
  /** What a proxy adds to a round trip of this plan's requests; null when that cannot be measured. Before a run, not during one. */
  hop(plan: LoadPlan, probe: HopProbe): Promise<ProxyReading['ownMs']>;
  close(): Promise<void>;
}

/**
 * A load generator in a thread of its own, started with the first run and kept for the next ones.
 * `workerUrl` is the built or source load-worker, `dataRoot` the folder with one folder of data per workload,
 * `ownDataRoot` the user's, looked at first.
 */
export function createLoadThread(options: LoadThreadOptions): LoadThread {
  let worker: Worker | null = null;
  let run: Run | null = null;
  let runs = 0;
  let closed = false;
  let tellHop: ((ownMs: ProxyReading['ownMs']) => void) | null = null;

  const finish = (then: (ended: Run) => void): void => {
    const ended = run;
    run = null;
    if (ended !== null) then(ended);
  };

  const hear = (message: FromLoadWorker): void => {
    if (message.kind === 'hop') return tellHop?.(message.ownMs);
    if (message.kind === 'impaired' || message.kind === 'lateness' || message.run !== run?.number) return;
    if (message.kind === 'tick') {
      try {
        run.onTick(message.tick);
      } catch (error) {
        send({ kind: 'abort' });
        finish((ended) => ended.reject(error));
      }
    } else if (message.kind === 'ready') run.onReady?.();
    else if (message.kind === 'enough') run.onEnough?.();
    else if (message.kind === 'result') finish((ended) => ended.resolve(message.result));
    else finish((ended) => ended.reject(message.trips === null ? ServescapeError.fromData(message.error) : withTrips(ServescapeError.fromData(message.error), message.trips)));
  };

  const start = (): Worker => {
    const started = new Worker(options.workerUrl, { name: 'load' });
    let cause: unknown;
    started.on('message', hear);
    started.on('error', (error) => (cause = error));
    started.on('exit', () => {
      if (worker !== started) return;
      worker = null;
      tellHop?.(null);
      finish((ended) => ended.reject(crashed(cause)));
    });
    return started;
  };

  const send = (message: ToLoadWorker): void => worker?.postMessage(message);

  const endThread = async (): Promise<void> => {
    const ending = worker;
    worker = null;
    await ending?.terminate();
  };

  const measure: LoadThread['run'] = (plan, { signal, onTick, onReady, onEnough }) => {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    if (closed) return Promise.reject(new ServescapeError('aborted', 'The load generator was closed.'));
    if (run !== null) return Promise.reject(new ServescapeError('conflict', 'The load generator is already measuring a trial.'));
    worker ??= start();
    const number = ++runs;
    return new Promise<ThreadResult>((resolve, reject) => {
      let patience: NodeJS.Timeout | undefined;
      const abort = (): void => {
        send({ kind: 'abort' });
        patience = setTimeout(() => {
          finish((ended) => ended.reject(signal.reason));
          void endThread();
        }, ABORT_PATIENCE_MS);
      };
      const settle = (then: () => void): void => {
        clearTimeout(patience);
        signal.removeEventListener('abort', abort);
        then();
      };
      signal.addEventListener('abort', abort, { once: true });
      run = {
        number,
        onTick,
        onReady,
        onEnough,
        resolve: (result) => settle(() => resolve(result)),
        reject: (reason) => settle(() => reject(signal.aborted ? signal.reason : reason)),
      };
      send({ kind: 'run', run: number, plan, dataRoot: options.dataRoot, ownDataRoot: options.ownDataRoot ?? null, waits: onReady !== undefined, together: onEnough !== undefined });
    });
  };

  return {
    run: measure,
    go: () => send({ kind: 'go' }),
    release: () => send({ kind: 'release' }),
    hop: (plan, probe) => {
      if (closed) return Promise.resolve(null);
      worker ??= start();
      return new Promise((resolve) => {
        tellHop = resolve;
        send({ kind: 'hop', plan, dataRoot: options.dataRoot, ownDataRoot: options.ownDataRoot ?? null, hop: probe });
      });
    },
    close: async () => {
      closed = true;
      const ending = endThread();
      tellHop?.(null);
      finish((ended) => ended.reject(new ServescapeError('aborted', 'The load generator was closed.')));
      await ending;
    },
  };
}

function crashed(cause: unknown): ServescapeError {
  const why = cause instanceof Error ? cause.message : 'it ended without saying why';
  return new ServescapeError('internal', `The load generator’s thread stopped in the middle of a trial: ${why}.`, {
    cause,
    hint: 'Measure the trial again; if it happens again, report it with the project file.',
  });
}
