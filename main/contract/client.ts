import { ServescapeError, type ErrorData } from '../domain/errors.ts';
import { withoutColumns } from './columns.ts';
import { hostFrameSchema, type ClientFrame, type HostFrame } from './messages.ts';
import type { Connection } from './connection.ts';
import type { CallName, ParamsInputOf, ResultOf, StreamName } from './methods.ts';

/** The caller's end of a connection. There are no time-outs: long work reports through streams. */
export interface Client {
  call<N extends CallName>(method: N, params: ParamsInputOf<N>): Promise<ResultOf<N>>;
  /** Items arrive in order until `stop` is called, the host ends the stream or the connection closes. */
  watch<N extends StreamName>(method: N, params: ParamsInputOf<N>, listener: WatchListener<ResultOf<N>>): () => void;
  onClose(listener: () => void): void;
  close(): void;
}

export interface WatchListener<Item> {
  readonly onItem: (item: Item) => void;
  readonly onError: (error: ServescapeError) => void;
  readonly onEnd?: () => void;
}

export function createClient(connection: Connection): Client {
  let nextId = 1;
  let open = true;
  const calls = new Map<number, { resolve: (result: unknown) => void; reject: (error: ServescapeError) => void }>();
  const watches = new Map<number, WatchListener<unknown>>();
  const closeListeners: (() => void)[] = [];
  const send = (frame: ClientFrame): void => connection.send(JSON.stringify(frame));

  connection.onMessage((text) => {
    const frame = readFrame(text);
    // Not our language: what follows cannot be trusted either.
    if (frame === null) return connection.close();
    switch (frame.kind) {
      case 'result':
        calls.get(frame.id)?.resolve(frame.result);
        calls.delete(frame.id);
        break;
      case 'error': {
        const error = ServescapeError.fromData(frame.error as ErrorData);
        calls.get(frame.id)?.reject(error);
        calls.delete(frame.id);
        watches.get(frame.id)?.onError(error);
        watches.delete(frame.id);
        break;
      }
      case 'item':
        watches.get(frame.id)?.onItem(frame.columns === undefined ? frame.item : withoutColumns(frame.item, frame.columns));
        break;
      case 'end':
        watches.get(frame.id)?.onEnd?.();
        watches.delete(frame.id);
        break;
    }
  });
  connection.onClose(() => {
    open = false;
    const error = connectionLost();
    for (const { reject } of calls.values()) reject(error);
    for (const { onError } of watches.values()) onError(error);
    calls.clear();
    watches.clear();
    for (const listener of closeListeners) listener();
  });

  return {
    call: (method, params) =>
      new Promise((resolve, reject) => {
        if (!open) return reject(connectionLost());
        const id = nextId++;
        calls.set(id, { resolve: resolve as (result: unknown) => void, reject });
        send({ kind: 'call', id, method, params });
      }),
    watch: (method, params, listener) => {
      const id = nextId++;
      if (!open) {
        void Promise.resolve().then(() => listener.onError(connectionLost()));
        return () => undefined;
      }
      watches.set(id, listener as WatchListener<unknown>);
      send({ kind: 'watch', id, method, params });
      return () => {
        if (watches.delete(id) && open) send({ kind: 'unwatch', id });
      };
    },
    onClose: (listener) => void closeListeners.push(listener),
    close: () => connection.close(),
  };
}

function readFrame(text: string): HostFrame | null {
  try {
    return hostFrameSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function connectionLost(): ServescapeError {
  return new ServescapeError('connection-lost', 'The program behind this page stopped answering.', {
    hint: 'Your file is safe. Start Servescape again.',
  });
}
