import type { Client } from '../../contract/client.ts';
import type { ParamsInputOf, ResultOf, StreamName } from '../../contract/methods.ts';
import { ServescapeError } from '../../domain/errors.ts';
import { nextStopSignal } from './stop-signal.ts';

/** Watches a stream that does work to its end; Ctrl+C leaves it, which gives the work up. */
export function watchToEnd<N extends StreamName>(client: Client, method: N, params: ParamsInputOf<N>, onItem: (item: ResultOf<N>) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = client.watch(method, params, { onItem, onError: reject, onEnd: resolve });
    void nextStopSignal().then(() => {
      stop();
      reject(new ServescapeError('aborted', 'Given up on request.'));
    });
  });
}
