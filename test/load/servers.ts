import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Endpoint } from '../../main/study/ports.ts';

/** One request as it came over the wire. */
export interface SeenRequest {
  readonly number: number;
  readonly head: string;
  readonly body: string;
  readonly socket: Socket;
}

export interface TestServer {
  readonly endpoint: Endpoint;
  readonly requests: SeenRequest[];
  /** Connections open at this moment. */
  readonly sockets: Set<Socket>;
  close(): Promise<void>;
}

const open = new Set<TestServer>();

/** A raw HTTP server on a free port whose every answer is the test's own doing. */
export async function startServer(onRequest: (request: SeenRequest) => void): Promise<TestServer> {
  const sockets = new Set<Socket>();
  const requests: SeenRequest[] = [];
  const server: Server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    let text = '';
    socket.setEncoding('latin1');
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (piece: string) => {
      text += piece;
      for (let request = takeRequest(text); request !== null; request = takeRequest(text)) {
        text = request.rest;
        const seen = { number: requests.length, head: request.head, body: request.body, socket };
        requests.push(seen);
        onRequest(seen);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const started: TestServer = {
    endpoint: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    requests,
    sockets,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      open.delete(started);
    },
  };
  open.add(started);
  return started;
}

export async function closeServers(): Promise<void> {
  await Promise.all([...open].map((server) => server.close()));
}

/** A port on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = await startServer(() => undefined);
  await server.close();
  return server.endpoint.port;
}

export function answer(body: string, status = '200 OK', headers = ''): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}

export function predictions(rows: number, columns = 10): string {
  return JSON.stringify({ predictions: Array.from({ length: rows }, () => Array.from({ length: columns }, (_, i) => i / 10)) });
}

function takeRequest(text: string): { head: string; body: string; rest: string } | null {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = text.slice(0, end);
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
  const bodyEnd = end + 4 + length;
  return text.length < bodyEnd ? null : { head, body: text.slice(end + 4, bodyEnd), rest: text.slice(bodyEnd) };
}
