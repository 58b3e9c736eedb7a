import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2';
import type { Endpoint } from '../study/ports.ts';
import { ClientConnection, faultOf, type ConnectionEvents } from './client-connection.ts';

const PREFIX_BYTES = 5;
const WINDOW_BYTES = 16 * 2 ** 20;
const MOST_MESSAGE_BYTES = 256 * 2 ** 20;

/** gRPC status codes as the HTTP status TensorFlow Serving's REST side would send (its http_server.cc). */
const HTTP_STATUS: Readonly<Record<string, number>> = { 0: 200, 3: 400, 4: 504, 5: 404, 8: 429, 9: 400, 11: 400, 14: 503 };

/**
 * Unary gRPC calls, one at a time, over one HTTP/2 connection of Node's own. The message with its five-byte prefix was built
 * beforehand; the call ends with the trailers, so a round trip holds everything a gRPC client would wait for.
 */
export class GrpcConnection extends ClientConnection {
  readonly reader: { status: number; body: Buffer; bodyStart: number; bodyEnd: number } = { status: 0, body: Buffer.alloc(0), bodyStart: 0, bodyEnd: 0 };
  private readonly session: ClientHttp2Session;
  private readonly headers: Readonly<Record<string, string>>;
  private stream: ClientHttp2Stream | null = null;
  private grpcStatus: string | undefined;
  private httpStatus = 0;
  private pieces: Buffer[] = [];
  private length = 0;

  constructor(endpoint: Endpoint, replica: number, events: ConnectionEvents, path: string) {
    super(replica, events);
    this.headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
    const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
    this.session = connect(`http://${host}:${endpoint.port}`, { settings: { enablePush: false, initialWindowSize: WINDOW_BYTES } });
    this.session.once('connect', () => {
      if (this.state === 'opening') this.session.setLocalWindowSize(WINDOW_BYTES);
      this.opened();
    });
    this.session.on('error', (error: NodeJS.ErrnoException) => (this.fault = faultOf(error)));
    this.session.on('close', () => this.closed());
  }

  protected transmit(bytes: Buffer): void {
    this.pieces = [];
    this.length = 0;
    this.grpcStatus = undefined;
    this.httpStatus = 0;
    const stream = this.session.request(this.headers, { endStream: false });
    this.stream = stream;
    stream.on('response', (headers) => this.readHead(headers));
    stream.on('data', (piece: Buffer) => this.take(piece));
    stream.on('trailers', (headers: IncomingHttpHeaders) => (this.grpcStatus = text(headers['grpc-status'])));
    stream.on('end', () => this.finish(stream));
    stream.on('error', (error: NodeJS.ErrnoException) => this.broke(stream, error));
    stream.on('close', () => this.broke(stream, null));
    stream.end(bytes);
  }

  protected destroy(): void {
    this.stream = null;
    this.session.destroy();
  }

  private readHead(headers: IncomingHttpHeaders & { readonly ':status'?: number }): void {
    this.httpStatus = headers[':status'] ?? 0;
    /** An error without a message comes as one block of headers. */
    this.grpcStatus = text(headers['grpc-status']) ?? this.grpcStatus;
  }

  private take(piece: Buffer): void {
    this.events.onBytes(performance.now());
    this.length += piece.length;
    if (this.length > MOST_MESSAGE_BYTES) this.giveUp('bad-answer');
    else this.pieces.push(piece);
  }

  private finish(stream: ClientHttp2Stream): void {
    if (this.stream !== stream || this.state !== 'busy') return;
    if (this.httpStatus === 0 || stream.rstCode !== constants.NGHTTP2_NO_ERROR) return this.broke(stream, null);
    const nowMs = performance.now();
    this.events.onBytes(nowMs);
    this.stream = null;
    const { reader } = this;
    const whole = this.pieces.length === 1 ? this.pieces[0]! : Buffer.concat(this.pieces, this.length);
    reader.body = whole;
    reader.bodyStart = PREFIX_BYTES;
    reader.bodyEnd = whole.length;
    if (this.httpStatus !== 200 && this.grpcStatus === undefined) reader.status = this.httpStatus;
    else if (this.grpcStatus === undefined) return this.giveUp('bad-answer');
    else reader.status = HTTP_STATUS[this.grpcStatus] ?? 500;
    if (reader.status === 200 && !isOneMessage(whole)) return this.giveUp('bad-answer');
    this.answered(nowMs, true);
  }

  /** The stream ended without an answer: so does the connection. */
  private broke(stream: ClientHttp2Stream, error: NodeJS.ErrnoException | null): void {
    if (this.stream !== stream) return;
    const { rstCode } = stream;
    if (rstCode === constants.NGHTTP2_REFUSED_STREAM) return this.giveUp('http-503');
    const isReset = rstCode !== undefined && rstCode !== constants.NGHTTP2_NO_ERROR && !this.session.destroyed;
    this.giveUp(isReset ? 'connection-reset' : error === null || error.code?.startsWith('ERR_HTTP2') ? this.fault : faultOf(error));
  }
}

function text(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}

/** An uncompressed message with its length in front, and nothing after it. */
function isOneMessage(bytes: Buffer): boolean {
  return bytes.length >= PREFIX_BYTES && bytes[0] === 0 && bytes.readUInt32BE(1) === bytes.length - PREFIX_BYTES;
}
