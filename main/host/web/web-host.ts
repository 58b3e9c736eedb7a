import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { ServescapeError } from '../../domain/errors.ts';
import { MAX_FRAME_BYTES } from '../../contract/messages.ts';
import type { Services } from '../../contract/services.ts';
import { mountServices, type MountOptions } from '../router.ts';
import { createGate, type Gate } from './gate.ts';
import { isOfAnotherUser } from './peer.ts';
import { createRateLimit } from './rate-limit.ts';
import { PAGE_HEADERS } from './page-policy.ts';
import { socketConnection } from './socket-connection.ts';
import { createStaticFiles, type StaticFiles } from './static-files.ts';

export interface WebHostOptions extends MountOptions {
  readonly services: Services;
  /** Folder of the built renderer. */
  readonly rendererRoot: string;
  /** 0: any free port. */
  readonly port: number;
}

export interface WebHost {
  readonly port: number;
  /** An address that opens the program once; every call makes a new one and voids an unused earlier one. */
  freshAddress(): string;
  close(): Promise<void>;
}

const CONNECTION_PATH = '/connection';
const MAX_PAGES = 20;
const MAX_CONNECTIONS = 200;
/** Strangers are answered so often in ten seconds; beyond it nobody reads on what they ask. */
const MAX_STRANGERS = 100;
const STRANGERS_WINDOW_MS = 10_000;
const SLOW_REQUEST_MS = 10_000;

/** The program for a browser on this machine: 127.0.0.1 only. Throws `port-taken`. */
export async function startWebHost(options: WebHostOptions): Promise<WebHost> {
  let port = options.port;
  const gate = createGate(() => port);
  const files = createStaticFiles(options.rendererRoot);
  const areTooMany = createRateLimit(MAX_STRANGERS, STRANGERS_WINDOW_MS);
  const server = createServer({ headersTimeout: SLOW_REQUEST_MS, requestTimeout: SLOW_REQUEST_MS }, (request, response) => {
    if (!gate.isAdmitted(request)) {
      if (areTooMany()) return refuse(response, 429, 'Too many questions from strangers. Wait ten seconds.');
      if (isOfAnotherUser(request.socket)) return refuse(response, 403, 'Servescape belongs to another user of this machine.');
    }
    respond(request, response, gate, files).catch((error: unknown) => {
      options.onFault?.(error, request.url ?? '');
      if (!response.headersSent) refuse(response, 500, 'Servescape could not read its own page.');
      else response.destroy();
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES, perMessageDeflate: false });
  server.on('upgrade', (request, socket: Duplex, head) => {
    socket.on('error', () => socket.destroy());
    const admitted = pathOf(request) === CONNECTION_PATH && gate.isFromOurPage(request) && gate.isAdmitted(request);
    if (!admitted || sockets.clients.size >= MAX_PAGES) return void socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
    sockets.handleUpgrade(request, socket, head, (page) => mountServices(options.services, socketConnection(page), options));
  });
  server.listen({ host: '127.0.0.1', port, exclusive: true });
  await once(server, 'listening').catch((error: unknown) => {
    throw portError(error, port);
  });
  ({ port } = server.address() as AddressInfo);
  return {
    port,
    freshAddress: () => `http://127.0.0.1:${port}/?token=${gate.freshToken()}`,
    close: async () => {
      for (const page of sockets.clients) page.terminate();
      sockets.close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function respond(request: IncomingMessage, response: ServerResponse, gate: Gate, files: StaticFiles): Promise<void> {
  for (const [name, value] of Object.entries(PAGE_HEADERS)) response.setHeader(name, value);
  response.setHeader('cache-control', 'no-store');
  if (!gate.isAddressedToUs(request)) return refuse(response, 421, 'This address is not ours.');
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'Only pages can be asked for here.');
  const url = urlOf(request);
  if (url === null) return refuse(response, 400, 'This is not an address.');
  const token = url.searchParams.get('token');
  const cookie = url.pathname === '/' && token !== null ? gate.redeem(token) : null;
  if (cookie !== null) {
    response.writeHead(303, { 'set-cookie': cookie, location: '/' });
    return void response.end();
  }
  if (!gate.isAdmitted(request)) {
    return refuse(response, 403, 'This address has been used or is not complete. Press Enter in the terminal where Servescape runs to get a fresh one.');
  }
  if (token !== null) {
    response.writeHead(303, { location: '/' });
    return void response.end();
  }
  const file = await files.read(url.pathname);
  if (file === null) return refuse(response, 404, 'There is no such page.');
  response.setHeader('content-type', file.type);
  response.setHeader('content-length', file.body.byteLength);
  if (file.immutable) response.setHeader('cache-control', 'private, max-age=31536000, immutable');
  response.end(request.method === 'HEAD' ? undefined : file.body);
}

/** Null for what no browser asks for, `//` say. */
function urlOf({ url }: IncomingMessage): URL | null {
  return URL.parse(url ?? '/', 'http://localhost');
}

function pathOf(request: IncomingMessage): string | null {
  return urlOf(request)?.pathname ?? null;
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${sentence}\n`);
}

function portError(error: unknown, port: number): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return error;
  const why = code === 'EACCES' ? 'this user may not use it' : 'another program uses it';
  return new ServescapeError('port-taken', `Port ${port} cannot be used: ${why}.`, {
    hint: 'Leave --port out to get a free one.', field: 'port', value: port, cause: error,
  });
}
