import { ServescapeError } from '../../main/domain/errors.ts';
import type { Connection } from '../../main/contract/connection.ts';

/** What the desktop shell's preload puts on `window`: a text pipe and nothing else. */
export interface ShellPipe {
  send(text: string): void;
  onMessage(listener: (text: string) => void): void;
  onClose(listener: () => void): void;
  /** Path of a file dropped on the window; a page may not read it itself. */
  pathOf?(file: File): string;
}

declare global {
  interface Window {
    readonly servescape?: ShellPipe;
  }
}

export type Connect = () => Promise<Connection>;

/** The link to the host: the shell's pipe in the desktop app, a WebSocket to our own origin in a browser. */
export const connectToHost: Connect = () => (window.servescape ? connectPipe(window.servescape) : connectSocket(location));

function connectPipe(pipe: ShellPipe): Promise<Connection> {
  return Promise.resolve({
    send: (text: string) => pipe.send(text),
    onMessage: (listener: (text: string) => void) => pipe.onMessage(listener),
    onClose: (listener: () => void) => pipe.onClose(listener),
    close: () => undefined,
  });
}

/** The session cookie set with the page's one-time token is what lets us in. */
function connectSocket({ protocol, host }: Location): Promise<Connection> {
  const socket = new WebSocket(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}/connection`);
  return new Promise((resolve, reject) => {
    const refuse = (): void =>
      reject(new ServescapeError('connection-lost', 'The program behind this page does not answer.', { hint: 'Start Servescape again.' }));
    socket.addEventListener('close', refuse);
    socket.addEventListener('open', () => {
      socket.removeEventListener('close', refuse);
      resolve({
        send: (text) => socket.send(text),
        onMessage: (listener) => socket.addEventListener('message', ({ data }) => listener(String(data))),
        onClose: (listener) => socket.addEventListener('close', () => listener()),
        close: () => socket.close(),
      });
    });
  });
}
