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

/** One connection to one replica with at most one request under way, whatever it speaks. Times: performance.now(), ms. */
export interface ClientConnection {
  readonly replica: number;
  readonly state: ConnectionState;
  /** The answer, once `onAnswer` was called: its status as HTTP counts, and where its message lies. */
  readonly reader: { readonly status: number; readonly body: Buffer; readonly bodyStart: number; readonly bodyEnd: number };
  /** Set by the loop for the request under way. */
  request: number;
  slot: number;
  excluded: boolean;
  /** Open loop: when it should have gone out; otherwise NaN. */
  intendedMs: number;
  /** Just before the request was handed to the kernel; before that, when it was issued. */
  sentMs: number;
  /** When the request is given up; and whether a sweep has already found it late. */
  deadlineMs: number;
  late: boolean;
  readonly idleSinceMs: number;
  /** Sends `bytes` now, or as soon as the connection is open. */
  send(bytes: Buffer): void;
  /** Ends the request under way, if any, as `fault`, and the connection with it. */
  giveUp(fault: RoundTripFault): void;
  /** Closes without telling anybody. */
  drop(): void;
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
