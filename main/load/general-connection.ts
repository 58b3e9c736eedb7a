import { connect, type Socket } from 'node:net';
import type { Client, Dispatcher } from 'undici';
import type { RoundTripFault } from '../domain/round-trips.ts';
import type { Endpoint } from '../study/ports.ts';
import { ClientConnection, faultOf, type ConnectionEvents } from './client-connection.ts';

const HEAD_END = '\r\n\r\n';
const LONGEST_HEAD_BYTES = 256 * 1024;
const MOST_BODY_BYTES = 256 * 2 ** 20;
/** undici writes these itself. */
const OWN_HEADERS = new Set(['host', 'content-length', 'connection']);

/**
 * One keep-alive connection through undici, for servers whose answers our own reader refuses although HTTP allows them. Costs
 * several times as much per request; the result says that it was used. Time-outs are the loop's.
 */
export class GeneralConnection extends ClientConnection {
  readonly reader = { status: 0, body: Buffer.alloc(0) as Buffer, bodyStart: 0, bodyEnd: 0 };
  private readonly socket: Socket;
  private readonly origin: string;
  private client: Client | null = null;

  constructor(endpoint: Endpoint, replica: number, events: ConnectionEvents) {
    super(replica, events);
    this.origin = `http://${endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
    this.socket = connect({ host: endpoint.host, port: endpoint.port, noDelay: true });
    this.socket.on('connect', () => void this.connected());
    this.socket.on('error', (error: NodeJS.ErrnoException) => (this.fault = faultOfEither(error)));
    this.socket.on('close', () => this.closed());
  }

  protected transmit(bytes: Buffer): void {
    const pieces: Buffer[] = [];
    let length = 0;
    let keepAlive = true;
    this.client!.dispatch({ ...split(bytes), origin: this.origin }, {
      onRequestStart: () => undefined,
      onResponseStart: (_controller, status, headers) => {
        this.reader.status = status;
        keepAlive = !/\bclose\b/i.test(String(headers['connection'] ?? ''));
      },
      onResponseData: (_controller, piece) => {
        this.events.onBytes(performance.now());
        pieces.push(piece);
        length += piece.length;
        if (length > MOST_BODY_BYTES) this.giveUp('bad-answer');
      },
      onResponseEnd: () => {
        if (this.state !== 'busy') return;
        const nowMs = performance.now();
        this.events.onBytes(nowMs);
        this.reader.body = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, length);
        this.reader.bodyEnd = length;
        /** Not in undici's own callback: it still counts this request as under way there. */
        queueMicrotask(() => this.state === 'busy' && this.answered(nowMs, keepAlive && !this.socket.destroyed));
      },
      onResponseError: (_controller, error) => {
        if (this.state === 'busy') this.giveUp(this.fault === 'connection-closed' ? faultOfEither(error) : this.fault);
      },
    });
  }

  protected destroy(): void {
    this.client?.destroy(() => undefined);
    this.socket.destroy();
  }

  private async connected(): Promise<void> {
    /** Reading it takes as long as thousands of requests, and few servers need it. */
    const { Client } = await import('undici');
    if (this.state !== 'opening') return;
    let isTaken = false;
    this.client = new Client(this.origin, {
      pipelining: 1, headersTimeout: 0, bodyTimeout: 0, maxHeaderSize: LONGEST_HEAD_BYTES,
      /** This connection and no other: the loop opens the next one. */
      connect: (_options, callback) => {
        /** Later, as a socket that still has to connect would do. */
        if (isTaken) queueMicrotask(() => callback(new Error('closed'), null));
        else queueMicrotask(() => callback(null, this.socket));
        isTaken = true;
      },
    });
    this.opened();
  }
}

function split(bytes: Buffer): Pick<Dispatcher.DispatchOptions, 'method' | 'path' | 'headers' | 'body'> {
  const end = bytes.indexOf(HEAD_END);
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const [method = 'POST', path = '/'] = first.split(' ');
  const headers = lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const);
  const body = bytes.subarray(end + HEAD_END.length);
  return {
    method: method as Dispatcher.HttpMethod, path, body: body.length > 0 ? body : null,
    headers: Object.fromEntries(headers.filter(([name]) => !OWN_HEADERS.has(name.toLowerCase()))),
  };
}

/** What the socket said, or undici about it. */
function faultOfEither(error: NodeJS.ErrnoException): RoundTripFault {
  const { name, code = '' } = error;
  if (name === 'HTTPParserError' || code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return 'bad-answer';
  return code.startsWith('UND_ERR') ? 'connection-closed' : faultOf(error);
}
