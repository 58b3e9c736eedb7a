import type { HostConnection } from '../main/host/router.ts';
import { CLOSED_CHANNEL, TEXT_CHANNEL } from './pipe.ts';

/** The parts of Electron's `ipcMain` and `webContents` used here; the tests bring a stand-in. */
export interface MainIpc {
  on(channel: string, listener: (event: MainIpcEvent, text: unknown) => void): unknown;
  off(channel: string, listener: (event: MainIpcEvent, text: unknown) => void): unknown;
}
export interface MainIpcEvent {
  readonly sender: unknown;
  readonly senderFrame: { readonly url: string; readonly parent: unknown } | null;
}
export interface PageContents {
  send(channel: string, ...args: unknown[]): void;
  isDestroyed(): boolean;
}

export interface IpcLink {
  readonly connection: HostConnection;
  /** The page went away: reloaded, crashed or closed. */
  pageGone(): void;
}

/**
 * One page over Electron's IPC. Text is taken only from this page's own top frame and only while that shows our origin;
 * text from any other sender is as if it had not been sent.
 */
export function linkPage(ipc: MainIpc, page: PageContents, origin: string): IpcLink {
  const messageListeners: ((text: string) => void)[] = [];
  const closeListeners: (() => void)[] = [];
  let open = true;
  const receive = (event: MainIpcEvent, text: unknown): void => {
    if (event.sender !== page || !isOurTopFrame(event.senderFrame, origin)) return;
    if (typeof text !== 'string') return end(true);
    for (const listener of messageListeners) listener(text);
  };
  const end = (tellPage: boolean): void => {
    if (!open) return;
    open = false;
    ipc.off(TEXT_CHANNEL, receive);
    if (tellPage && !page.isDestroyed()) page.send(CLOSED_CHANNEL);
    for (const listener of closeListeners) listener();
  };
  ipc.on(TEXT_CHANNEL, receive);
  return {
    connection: {
      send: (text) => {
        if (open && !page.isDestroyed()) page.send(TEXT_CHANNEL, text);
      },
      onMessage: (listener) => void messageListeners.push(listener),
      onClose: (listener) => void closeListeners.push(listener),
      close: () => end(true),
    },
    pageGone: () => end(false),
  };
}

function isOurTopFrame(frame: MainIpcEvent['senderFrame'], origin: string): boolean {
  return frame !== null && frame.parent === null && (frame.url === origin || frame.url.startsWith(`${origin}/`));
}
