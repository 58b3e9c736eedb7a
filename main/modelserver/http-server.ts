import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Http2Server } from 'node:http2';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { ServescapeError } from '../domain/errors.ts';
import { createSharedPort } from './grpc-port.ts';
import { errorAnswer, type RestAnswer, type RestApi } from './rest-api.ts';

export interface HttpServerOptions {
  readonly port: number;
  readonly address: string;
  /** Larger bodies are refused with 413. */
  readonly bodyBytesMax: number;
  /** Called between two pieces of work; may block. */
  readonly breathe: () => void;
  /** Answers those connections to the same port that speak gRPC. */
  readonly grpc?: () => Promise<Http2Server>;
}

/**
 * Listens and hands whole requests to the REST interface.
 * @returns the server and the port it really has
 * @throws ServescapeError `port-taken`
 */
export async function startHttpServer(api: RestApi, options: HttpServerOptions): Promise<{ readonly server: NetServer; readonly port: number }> {
  const rest = createServer((request, response) => void serve(api, options, request, response));
  // Clients keep their connections for a whole measurement; the server must not be the one to close them.
  rest.keepAliveTimeout = 0;
  const server: NetServer = options.grpc === undefined ? rest : createSharedPort(rest, options.grpc);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'EADDRINUSE'
        ? new ServescapeError('port-taken', `Port ${options.port} of ${options.address} is taken by another program.`, { cause, hint: 'Give --rest_api_port=0 to take a free one.' })
        : cause);
    });
    server.listen(options.port, options.address, resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

async function serve(api: RestApi, options: HttpServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  options.breathe();
  const body = await readBody(request, options.bodyBytesMax);
  if (body === 'gone') return;
  options.breathe();
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const answer = body === 'too-large'
    ? errorAnswer(413, `The body is larger than ${options.bodyBytesMax} bytes`)
    : await api.answer(request.method ?? '', path, body);
  write(response, answer, body === 'too-large');
}

function write(response: ServerResponse, { status, contentType, body }: RestAnswer, isLast: boolean): void {
  const bytes = Buffer.from(body, 'utf8');
  if (isLast) response.setHeader('Connection', 'close');
  if (status === 405) response.setHeader('Allow', 'GET, POST');
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': bytes.length });
  response.end(bytes);
}

/** @returns the body, `too-large`, or `gone` when the client left before it was complete */
function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer | 'too-large' | 'gone'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    if (Number(request.headers['content-length'] ?? 0) > bytesMax) {
      request.resume();
      resolve('too-large');
      return;
    }
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bytesMax) {
        chunks.length = 0;
        resolve('too-large');
      } else {
        chunks.push(chunk);
      }
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0] as Buffer : Buffer.concat(chunks)));
    request.on('close', () => resolve('gone'));
    request.on('error', () => resolve('gone'));
  });
}
