import type { Server } from 'node:http';
import type { Http2Server } from 'node:http2';
import { createServer, type Server as NetServer, type Socket } from 'node:net';

/** How every HTTP/2 connection without TLS begins. */
const PREFACE = Buffer.from('PRI * HTTP/2.0');
const FIRST_BYTES_MS = 30_000;

/**
 * REST and gRPC on one port: the first bytes of a connection say which it is. Replicas then need no second port, and a client
 * may choose. gRPC is loaded with its first client: it costs memory that a replica without one should not have. Listens nowhere yet.
 */
export function createSharedPort(rest: Server, grpc: () => Promise<Http2Server>): NetServer {
  return createServer({ noDelay: true, pauseOnConnect: true }, (socket) => {
    const timer = setTimeout(() => socket.destroy(), FIRST_BYTES_MS);
    const forget = (): void => clearTimeout(timer);
    socket.once('close', forget);
    socket.on('error', () => socket.destroy());
    socket.once('readable', () => {
      forget();
      void hand(socket, rest, grpc);
    });
  });
}

async function hand(socket: Socket, rest: Server, grpc: () => Promise<Http2Server>): Promise<void> {
  const first = socket.read() as Buffer | null;
  if (first === null) {
    socket.destroy();
    return;
  }
  const isGrpc = first.subarray(0, PREFACE.length).equals(PREFACE.subarray(0, Math.min(first.length, PREFACE.length))) && first.length >= 3;
  const server = isGrpc ? await grpc() : rest;
  if (socket.destroyed) return;
  socket.unshift(first);
  server.emit('connection', socket);
}
