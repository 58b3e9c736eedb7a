import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/**
 * A server whose service times are known: `servers` requests at a time are served for `serviceMs` each, the others wait in order
 * of arrival. It keeps its own account of every request (arrival of its last byte to the answer being handed to the kernel) and
 * tells it over IPC. With `serviceMs` 0 it answers at once, as fast as it can.
 */
let serviceMs = 0;
let servers = 1;
let busy = 0;
let served = 0;
let sumMs = 0;
/** What was under way before a reset belongs to nobody. */
let epoch = 0;
const waiting: { readonly socket: Socket; readonly arrivedMs: number }[] = [];
const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}');

function answer(socket: Socket, arrivedMs: number): void {
  if (socket.destroyed) return;
  socket.write(ANSWER);
  const tookMs = performance.now() - arrivedMs;
  served++;
  sumMs += tookMs;
}

function arrive(socket: Socket): void {
  const arrivedMs = performance.now();
  if (serviceMs === 0) return answer(socket, arrivedMs);
  if (busy === servers) waiting.push({ socket, arrivedMs });
  else serve(socket, arrivedMs);
}

function serve(socket: Socket, arrivedMs: number): void {
  busy++;
  const since = epoch;
  setTimeout(() => {
    if (since !== epoch) return;
    busy--;
    answer(socket, arrivedMs);
    const next = waiting.shift();
    if (next !== undefined) serve(next.socket, next.arrivedMs);
  }, serviceMs);
}

const HEAD_END = Buffer.from('\r\n\r\n');
const server = createServer({ noDelay: true }, (socket) => {
  /** Bytes of the request body still to come; −1: in the head. */
  let missing = -1;
  let head: Buffer = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (piece: Buffer) => {
    let rest = piece;
    while (rest.length > 0) {
      if (missing < 0) {
        const all = head.length === 0 ? rest : Buffer.concat([head, rest]);
        const end = all.indexOf(HEAD_END);
        if (end < 0) {
          head = all;
          return;
        }
        missing = Number(/content-length: *(\d+)/i.exec(all.toString('latin1', 0, end))?.[1] ?? 0);
        rest = all.subarray(end + 4);
        head = Buffer.alloc(0);
      }
      const taken = Math.min(missing, rest.length);
      missing -= taken;
      rest = rest.subarray(taken);
      if (missing === 0) {
        missing = -1;
        arrive(socket);
      } else return;
    }
  });
});

process.on('message', (message: { readonly kind: 'reset'; readonly serviceMs: number; readonly servers: number } | { readonly kind: 'report' }) => {
  if (message.kind === 'reset') {
    ({ serviceMs, servers } = message);
    epoch++;
    waiting.length = busy = served = sumMs = 0;
    process.send?.({ kind: 'ready' });
  } else process.send?.({ kind: 'truth', served, meanMs: served === 0 ? null : sumMs / served });
});
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () => process.send?.({ kind: 'port', port: (server.address() as AddressInfo).port }));
