/** Channel names shared by preload and main process. */
export const TEXT_CHANNEL = 'servescape:text';
export const CLOSED_CHANNEL = 'servescape:closed';

/** What the page gets as `window.servescape`: text out, text in, the end, and the path of a file the user dropped. */
export interface Pipe {
  send(text: string): void;
  onMessage(listener: (text: string) => void): void;
  onClose(listener: () => void): void;
  pathOf(file: File): string;
}

/** The part of Electron's `ipcRenderer` the pipe needs. */
export interface RendererIpc {
  send(channel: string, text: string): void;
  on(channel: string, listener: (event: unknown, text: unknown) => void): unknown;
}

/** The page never gets hold of the IPC object or its events, only of text. */
export function createPipe(ipc: RendererIpc, pathOf: (file: File) => string): Pipe {
  const messageListeners: ((text: string) => void)[] = [];
  const closeListeners: (() => void)[] = [];
  ipc.on(TEXT_CHANNEL, (_event, text) => {
    if (typeof text === 'string') for (const listener of messageListeners) listener(text);
  });
  ipc.on(CLOSED_CHANNEL, () => {
    for (const listener of closeListeners) listener();
  });
  return {
    send: (text) => ipc.send(TEXT_CHANNEL, String(text)),
    onMessage: (listener) => void messageListeners.push(listener),
    onClose: (listener) => void closeListeners.push(listener),
    pathOf,
  };
}
