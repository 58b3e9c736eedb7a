/** One duplex link between renderer and host: IPC, WebSocket or in memory. Messages are JSON text, in order, whole. */
export interface Connection {
  send(text: string): void;
  onMessage(listener: (text: string) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}

/** Two ends in one process, for tests and for the command line. Delivery is asynchronous, as on a real link. */
export function connectInMemory(): readonly [Connection, Connection] {
  const left = createEnd();
  const right = createEnd();
  left.peer = right;
  right.peer = left;
  return [left.connection, right.connection];
}

interface End {
  readonly connection: Connection;
  readonly receive: (text: string) => void;
  readonly closed: () => void;
  peer: End | null;
}

function createEnd(): End {
  const messageListeners: ((text: string) => void)[] = [];
  const closeListeners: (() => void)[] = [];
  let open = true;
  const closed = (): void => {
    if (!open) return;
    open = false;
    for (const listener of closeListeners) listener();
  };
  const end: End = {
    peer: null,
    receive: (text) => {
      if (open) for (const listener of messageListeners) listener(text);
    },
    closed,
    connection: {
      send: (text) => {
        const { peer } = end;
        if (open && peer) void Promise.resolve().then(() => peer.receive(text));
      },
      onMessage: (listener) => void messageListeners.push(listener),
      onClose: (listener) => void closeListeners.push(listener),
      close: () => {
        closed();
        const { peer } = end;
        if (peer) void Promise.resolve().then(() => peer.closed());
      },
    },
  };
  return end;
}
