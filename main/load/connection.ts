import { connect, type Socket } from 'node:net';
import type { RoundTripFault } from '../domain/round-trips.ts';
import type { Endpoint } from '../study/ports.ts';
import { ResponseReader } from './response-reader.ts';

/** What a connection tells the loop. Each request ends in exactly one of `onAnswer` and `onFault`. */
export interface ConnectionEvents {
  /** First bytes of an event-loop turn or later ones: called with the time each piece was seen. */
  onBytes(nowMs: number): void;
  onOpen(connection: Connection): void;
  /** A whole response is in `connection.reader`; the connection is idle, or closed when the server wants it so. */
  onAnswer(connection: Connection, nowMs: number): void;
  onFault(connection: Connection, fault: RoundTripFault, nowMs: number): void;
  /** Closed while no request was under way. */
  onIdleClose(connection: Connection): void;
}

type State = 'opening' | 'idle' | 'busy' | 'closed';

/** Shared by all sockets of the thread: the kernel's bytes are used up inside the callback. */
const INBOX = Buffer.allocUnsafeSlow(64 * 1024);

/** One keep-alive connection to one replica, at most one request under way. Raw bytes in, raw bytes out. */
export class Connection {
  readonly replica: number;
  readonly reader = new ResponseReader();
  state: State = 'opening';
  /** Set by the loop for the request under way. */
  request = -1;
  excluded = false;
  /** Just before the request was handed to the kernel; before that, when it was issued. performance.now(), ms. */
  sentMs = 0;
  /** When the request is given up, ms; and whether a sweep has already found it late. */
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

  /** Sends `bytes` now, or as soon as the connection is open. */
  send(bytes: Buffer): void {
    if (this.state === 'opening') {
      this.pending = bytes;
      return;
    }
    this.state = 'busy';
    this.sentMs = performance.now();
    this.socket.write(bytes);
  }

  /** Ends the request under way, if any, as `fault`, and the connection with it. */
  giveUp(fault: RoundTripFault): void {
    this.fault = fault;
    this.socket.destroy();
    this.closed();
  }

  /** Closes without telling anybody. */
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
    this.events.onBytes(nowMs);
    if (this.state !== 'busy') this.giveUp('bad-answer');
    else this.progress(this.reader.push(INBOX, length), nowMs);
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

function faultOf(error: NodeJS.ErrnoException): RoundTripFault {
  switch (error.code) {
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ECONNABORTED':
      return 'connection-reset';
    case 'ETIMEDOUT':
      return 'timeout';
    default:
      /** ECONNREFUSED, unreachable hosts, unknown names, no free local port. */
      return error.syscall === 'read' || error.syscall === 'write' ? 'connection-closed' : 'connection-refused';
  }
}
