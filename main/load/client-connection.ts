import type { RoundTripFault } from '../domain/round-trips.ts';

/** What a connection tells the loop. Each request ends in exactly one of `onAnswer` and `onFault`. */
export interface ConnectionEvents {
  /** First bytes of an event-loop turn or later ones: called with the time each piece was seen. */
  onBytes(nowMs: number): void;
  onOpen(connection: ClientConnection): void;
  /** A whole response is in `connection.reader`; the connection is idle, or closed when the server wants it so. */
  onAnswer(connection: ClientConnection, nowMs: number): void;
  onFault(connection: ClientConnection, fault: RoundTripFault, nowMs: number): void;
  /** Closed while no request was under way. */
  onIdleClose(connection: ClientConnection): void;
}

export type ConnectionState = 'opening' | 'idle' | 'busy' | 'closed';
/** `path`: of the method that is called. */
export type Transport = { readonly kind: 'http' } | { readonly kind: 'grpc'; readonly path: string };
export const HTTP: Transport = { kind: 'http' };

/**
 * One connection to one replica with at most one request under way, whatever it speaks: its life from opening to closed, and what
 * the loop keeps about the request under way. Times: performance.now(), ms.
 */
export abstract class ClientConnection {
  readonly replica: number;
  state: ConnectionState = 'opening';
  /** The answer, once `onAnswer` was called: its status as HTTP counts, and where its message lies. */
  abstract readonly reader: { readonly status: number; readonly body: Buffer; readonly bodyStart: number; readonly bodyEnd: number };
  /** Set by the loop for the request under way. */
  request = -1;
  slot = 0;
  excluded = false;
  /** Open loop: when it should have gone out; otherwise NaN. */
  intendedMs = NaN;
  /** Just before the request was handed to the kernel; before that, when it was issued. */
  sentMs = 0;
  /** When the request is given up; and whether a sweep has already found it late. */
  deadlineMs = Infinity;
  late = false;
  idleSinceMs = 0;

  protected readonly events: ConnectionEvents;
  /** What the request under way died of, should the connection close now. */
  protected fault: RoundTripFault = 'connection-closed';
  private pending: Buffer | null = null;

  constructor(replica: number, events: ConnectionEvents) {
    this.replica = replica;
    this.events = events;
  }

  /** Sends `bytes` now, or as soon as the connection is open. */
  send(bytes: Buffer): void {
    if (this.state === 'opening') {
      this.pending = bytes;
      return;
    }
    this.state = 'busy';
    this.transmit(bytes);
  }

  /** Ends the request under way, if any, as `fault`, and the connection with it. */
  giveUp(fault: RoundTripFault): void {
    this.fault = fault;
    this.destroy();
    this.closed();
  }

  /** Closes without telling anybody. */
  drop(): void {
    this.state = 'closed';
    this.destroy();
  }

  protected abstract transmit(bytes: Buffer): void;
  protected abstract destroy(): void;

  protected opened(): void {
    if (this.state !== 'opening') return;
    this.state = 'idle';
    this.idleSinceMs = performance.now();
    const bytes = this.pending;
    this.pending = null;
    if (bytes === null) return this.events.onOpen(this);
    this.sentMs = this.idleSinceMs;
    this.send(bytes);
  }

  /** A whole answer is in the reader. */
  protected answered(nowMs: number, keepAlive: boolean): void {
    if (keepAlive) {
      this.state = 'idle';
      this.idleSinceMs = nowMs;
    } else this.drop();
    this.events.onAnswer(this, nowMs);
  }

  protected closed(): void {
    const before = this.state;
    if (before === 'closed') return;
    this.state = 'closed';
    const underWay = before === 'busy' || this.request >= 0;
    if (underWay) this.events.onFault(this, this.fault, performance.now());
    else this.events.onIdleClose(this);
  }
}

export function faultOf(error: NodeJS.ErrnoException): RoundTripFault {
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
