import { createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { ServescapeError } from '../domain/errors.ts';
import type { GrpcApi } from './grpc-api.ts';

const PREFIX_BYTES = 5;
const WINDOW_BYTES = 16 * 2 ** 20;
const INVALID_ARGUMENT = 3;
const RESOURCE_EXHAUSTED = 8;
const UNIMPLEMENTED = 12;

export interface GrpcServerOptions {
  readonly messageBytesMax: number;
  readonly breathe: () => void;
}

/** Unary gRPC over HTTP/2 without TLS; the caller decides where it listens. */
export function createGrpcServer(api: GrpcApi, options: GrpcServerOptions): Http2Server {
  const server = createServer({ settings: { initialWindowSize: WINDOW_BYTES } });
  server.on('session', (session) => {
    session.setLocalWindowSize(WINDOW_BYTES);
    session.on('error', () => session.destroy());
  });
  server.on('stream', (stream, headers) => void serve(api, options, stream, headers));
  return server;
}

/** @returns the port it really has. @throws ServescapeError `port-taken` */
export async function listenForGrpc(server: Http2Server, port: number, address: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(cause.code === 'EADDRINUSE'
      ? new ServescapeError('port-taken', `Port ${port} of ${address} is taken by another program.`, { cause, hint: 'Give --port=0: gRPC is then answered on the REST port.' })
      : cause));
    server.listen(port, address, resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function serve(api: GrpcApi, { breathe, messageBytesMax }: GrpcServerOptions, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
  stream.on('error', () => stream.destroy());
  breathe();
  const body = await readBody(stream, messageBytesMax + PREFIX_BYTES);
  if (body === 'gone') return;
  if (!String(headers['content-type']).startsWith('application/grpc')) {
    stream.respond({ ':status': 415 }, { endStream: true });
    return;
  }
  if (body === 'too-large') return refuse(stream, RESOURCE_EXHAUSTED, `Received message larger than max (${messageBytesMax})`);
  if (body.length < PREFIX_BYTES || body.readUInt32BE(1) !== body.length - PREFIX_BYTES) return refuse(stream, INVALID_ARGUMENT, 'One message was expected');
  if (body[0] !== 0) return refuse(stream, UNIMPLEMENTED, 'Compressed messages are not supported');
  const { status, error, message } = await api.answer(String(headers[':path']), body.subarray(PREFIX_BYTES), () => stream.destroyed);
  if (stream.destroyed) return;
  if (status !== 0) return refuse(stream, status, error);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(Buffer.concat([prefix, message]));
}

/** An answer of headers only; the reason percent-encoded as gRPC wants it. */
function refuse(stream: ServerHttp2Stream, status: number, reason: string): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': String(status), 'grpc-message': encodeURIComponent(reason) }, { endStream: true });
}

function readBody(stream: ServerHttp2Stream, bytesMax: number): Promise<Buffer | 'too-large' | 'gone'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bytesMax) {
        chunks.length = 0;
        resolve('too-large');
      } else chunks.push(chunk);
    });
    stream.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    stream.on('close', () => resolve('gone'));
  });
}
