import { connect, type Socket } from 'node:net';
import type { RoundTripFault } from '../domain/round-trips.ts';
import type { Endpoint } from '../study/ports.ts';
import { faultOf, type ClientConnection, type ConnectionEvents, type ConnectionState } from './client-connection.ts';
import { ResponseReader } from './response-reader.ts';

/** Shared by all sockets of the thread: the kernel's bytes are used up inside the callback. */
const INBOX = Buffer.allocUnsafeSlow(64 * 1024);

/** One keep-alive connection to one replica, at most one request under way. Raw bytes in, raw bytes out. */
export class HttpConnection implements ClientConnection {
  readonly replica: number;
  readonly reader = new ResponseReader();
  state: ConnectionState = 'opening';
  request = -1;
  slot = 0;
  excluded = false;
  intendedMs = NaN;
  sentMs = 0;
  deadlineMs = Infinity;
  late = false;
  idleSinceMs = 0;

  private readonly socket: Socket;
  private readonly events: ConnectionEvents;
  private pending: Buffer | null = null;
  private fault: RoundTripFault = 'connection-closed';

  constructor(endpoint: Endpoint, replica: number, events: ConnectionEvents) {
    this.replica = replica;
    this.events = events;
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

  send(bytes: Buffer): void {
    this.reader.reset();
    if (this.state === 'opening') {
      this.pending = bytes;
      return;
    }
    this.state = 'busy';
    this.sentMs = performance.now();
    this.socket.write(bytes);
  }

  giveUp(fault: RoundTripFault): void {
    this.fault = fault;
    this.socket.destroy();
    this.closed();
  }

  drop(): void {
    this.state = 'closed';
    this.socket.destroy();
  }

  private opened(): void {
    if (this.state !== 'opening') return;
    this.state = 'idle';
    this.idleSinceMs = performance.now();
    const bytes = this.pending;
    this.pending = null;
    if (bytes === null) this.events.onOpen(this);
    else this.send(bytes);
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

  private progress(state: 'more' | 'done' | 'bad', nowMs: number): void {
    if (state === 'more') return;
    if (state === 'bad') return this.giveUp('bad-answer');
    if (this.reader.keepAlive) {
      this.state = 'idle';
      this.idleSinceMs = nowMs;
    } else this.drop();
    this.events.onAnswer(this, nowMs);
  }

  private serverEnded(): void {
    if (this.state !== 'busy') return;
    if (this.reader.end() === 'done') this.progress('done', performance.now());
  }

  private closed(): void {
    const before = this.state;
    if (before === 'closed') return;
    this.state = 'closed';
    const underWay = before === 'busy' || this.request >= 0;
    if (underWay) this.events.onFault(this, this.fault, performance.now());
    else this.events.onIdleClose(this);
  }
}
