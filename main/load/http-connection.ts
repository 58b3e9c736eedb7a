import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../study/ports.ts';
import { ClientConnection, faultOf, type ConnectionEvents } from './client-connection.ts';
import { ResponseReader, type ReaderState } from './response-reader.ts';

/** Shared by all sockets of the thread: the kernel's bytes are used up inside the callback. */
const INBOX = Buffer.allocUnsafeSlow(64 * 1024);

/** One keep-alive connection. Raw bytes in, raw bytes out. */
export class HttpConnection extends ClientConnection {
  readonly reader = new ResponseReader();
  private readonly socket: Socket;

  constructor(endpoint: Endpoint, replica: number, events: ConnectionEvents) {
    super(replica, events);
    this.socket = connect({
      host: endpoint.host,
      port: endpoint.port,
      noDelay: true,
      onread: { buffer: INBOX, callback: (length) => this.receive(length) },
    });
    this.socket.on('connect', () => this.opened());
    this.socket.on('error', (error: NodeJS.ErrnoException) => (this.fault = faultOf(error)));
    this.socket.on('end', () => this.serverEnded());
    this.socket.on('close', () => this.closed());
  }

  protected transmit(bytes: Buffer): void {
    this.reader.reset();
    this.socket.write(bytes);
  }

  protected destroy(): void {
    this.socket.destroy();
  }

  private receive(length: number): boolean {
    const nowMs = performance.now();
    if (this.state === 'closed') return true;
    if (this.state !== 'busy') this.giveUp('bad-answer');
    else this.progress(this.reader.push(INBOX, length), nowMs);
    /** After the next request has gone out: between an answer and the next request every microsecond is lost. */
    this.events.onBytes(nowMs);
    return true;
  }

  private progress(state: ReaderState, nowMs: number): void {
    if (state === 'bad') this.giveUp('bad-answer');
    else if (state === 'done') this.answered(nowMs, this.reader.keepAlive);
  }

  private serverEnded(): void {
    if (this.state === 'busy' && this.reader.end() === 'done') this.progress('done', performance.now());
  }
}
