import { EventEmitter } from 'node:events';
import type { MainIpc, MainIpcEvent, PageContents } from '../../electron/ipc-connection.ts';
import type { RendererIpc } from '../../electron/pipe.ts';

/**
 * Electron's IPC between one main process and its pages, as far as the shell uses it: arguments are structured-cloned,
 * delivery is asynchronous and in order, every message carries its sender and frame, a page that is gone gets nothing.
 */
export class FakeMainIpc implements MainIpc {
  readonly #emitter = new EventEmitter();
  on(channel: string, listener: (event: MainIpcEvent, text: unknown) => void): this {
    this.#emitter.on(channel, listener);
    return this;
  }
  off(channel: string, listener: (event: MainIpcEvent, text: unknown) => void): this {
    this.#emitter.off(channel, listener);
    return this;
  }
  listenerCount(channel: string): number {
    return this.#emitter.listenerCount(channel);
  }
  deliver(channel: string, event: MainIpcEvent, argument: unknown): void {
    const copy: unknown = structuredClone(argument);
    setImmediate(() => this.#emitter.emit(channel, event, copy));
  }
}

export class FakePage implements PageContents {
  readonly #emitter = new EventEmitter();
  readonly #main: FakeMainIpc;
  readonly url: string;
  #destroyed = false;
  /** The page's own `ipcRenderer`. */
  readonly ipc: RendererIpc;

  constructor(main: FakeMainIpc, url: string) {
    this.#main = main;
    this.url = url;
    this.ipc = {
      send: (channel, text) => this.sendFrom({ url: this.url, parent: null }, channel, text),
      on: (channel, listener) => this.#emitter.on(channel, listener),
    };
  }

  sendFrom(senderFrame: MainIpcEvent['senderFrame'], channel: string, argument: unknown): void {
    if (!this.#destroyed) this.#main.deliver(channel, { sender: this, senderFrame }, argument);
  }

  send(channel: string, ...args: unknown[]): void {
    if (this.#destroyed) throw new TypeError('Object has been destroyed');
    const copies = structuredClone(args);
    setImmediate(() => {
      if (!this.#destroyed) this.#emitter.emit(channel, {}, ...copies);
    });
  }

  isDestroyed(): boolean {
    return this.#destroyed;
  }

  destroy(): void {
    this.#destroyed = true;
  }
}
