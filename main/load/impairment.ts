import { Worker } from 'node:worker_threads';
import { ServescapeError } from '../domain/errors.ts';
import type { NetworkImpairment } from '../domain/study-spec.ts';
import type { Endpoint } from '../study/ports.ts';
import type { ImpairmentProxies } from './impairment-proxy.ts';
import type { FromLoadWorker, ToLoadWorker } from './worker-messages.ts';

type Lateness = Awaited<ReturnType<ImpairmentProxies['report']>>;

/** The proxies of `startImpairmentProxies` in a thread of their own, so that they do not disturb the one that measures. */
export function createImpairmentProxies(options: {
  readonly workerUrl: URL;
  readonly endpoints: readonly Endpoint[];
  readonly network: NetworkImpairment;
  readonly seed: string;
  /** Keeps the thread on the generator's core, off the replicas'. */
  readonly pin: boolean;
}): Promise<ImpairmentProxies> {
  const { workerUrl, endpoints, network, seed, pin } = options;
  const worker = new Worker(workerUrl, { name: 'network' });
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      reject(new ServescapeError('internal', 'The impaired network could not be set up.', { cause, hint: 'Measure the trial again, or set the network back to perfect.' }));
      void worker.terminate();
    };
    let told: ((lateness: Lateness) => void) | null = null;
    const report = (): Promise<Lateness> => new Promise((answer) => {
      told = answer;
      worker.postMessage({ kind: 'report' } satisfies ToLoadWorker);
    });
    worker.on('message', (message: FromLoadWorker) => {
      if (message.kind === 'impaired') resolve({ endpoints: message.endpoints, hop: message.hop, report, close: async () => void (await worker.terminate()) });
      else if (message.kind === 'lateness') told?.(message.lateness);
      else fail(message);
    });
    worker.on('error', fail);
    worker.on('exit', () => fail('the thread ended'));
    worker.postMessage({ kind: 'impair', endpoints, network, seed, pin } satisfies ToLoadWorker);
  });
}
