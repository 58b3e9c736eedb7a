import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { percentile, sortedCopy } from '../domain/statistics.ts';
import type { ProxyReading } from '../domain/network.ts';
import type { Endpoint } from '../study/ports.ts';

/** Two ways to the same echo: straight, and through a proxy that keeps nothing back. */
export interface HopProbe {
  readonly straight: Endpoint;
  readonly proxied: Endpoint;
}

const PAIRS = 200;
/** Meet code that is not compiled yet; not counted. */
const FIRST_PAIRS = 40;
const LEAST_PAIRS = 40;
const MOST_MS = 1500;
/** A machine that leaves one message waiting this long cannot be measured. */
const PATIENCE_MS = 1000;
const ANSWER_BYTES = 256;
const LEAST_BYTES = 4;

/** Answers each message whose first four bytes say how long it is. */
export async function startEcho(sockets: Set<Socket>): Promise<Server> {
  const answer = Buffer.alloc(ANSWER_BYTES);
  const server = createServer({ noDelay: true }, (socket) => {
    let missing = 0;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    socket.on('data', (piece: Buffer) => {
      if (missing === 0) missing = piece.length < LEAST_BYTES ? 0 : piece.readUInt32BE(0);
      missing -= piece.length;
      if (missing < 0) socket.destroy();
      if (missing === 0) socket.write(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/**
 * What the proxy adds to a round trip over a kept connection, measured from this thread with messages as long as the trial's
 * requests, by turns with and without it: the median of the differences and its 95 % interval (order statistics). The echo stands
 * in for a replica, so no replica sees any of it. Null when that takes too long or a connection breaks.
 */
export async function measureHop({ straight, proxied }: HopProbe, requestBytes: number): Promise<ProxyReading['ownMs']> {
  const ways = [straight, proxied].map(({ host, port }) => connect({ host, port, noDelay: true }));
  try {
    await Promise.race([Promise.all(ways.map((way) => once(way, 'connect'))), wait(PATIENCE_MS, null, { ref: false }).then(() => Promise.reject(new Error('late')))]);
    const message = Buffer.alloc(Math.max(LEAST_BYTES, requestBytes));
    message.writeUInt32BE(message.length, 0);
    const until = performance.now() + MOST_MS;
    const differences: number[] = [];
    for (let pair = 0; pair < FIRST_PAIRS + PAIRS && performance.now() < until; pair++) {
      const first = pair % 2;
      const times = [0, 0];
      for (const way of [first, 1 - first]) times[way] = await roundTrip(ways[way]!, message, PATIENCE_MS);
      if (pair >= FIRST_PAIRS) differences.push(times[1]! - times[0]!);
    }
    return differences.length < LEAST_PAIRS ? null : medianWithInterval(sortedCopy(differences));
  } catch {
    return null;
  } finally {
    for (const way of ways) way.destroy();
  }
}

function roundTrip(socket: Socket, message: Buffer, patienceMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let missing = ANSWER_BYTES;
    const begunMs = performance.now();
    const timer = setTimeout(() => reject(new Error('late')), patienceMs);
    const settle = (): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => undefined);
    };
    socket.on('data', (piece: Buffer) => {
      missing -= piece.length;
      if (missing > 0) return;
      const tookMs = performance.now() - begunMs;
      settle();
      resolve(tookMs);
    });
    socket.on('error', reject).on('close', () => reject(new Error('closed')));
    socket.write(message);
  });
}

/** The number of values below the median is binomial: √n on either side of the middle hold 95 %. */
function medianWithInterval(sorted: Float64Array): NonNullable<ProxyReading['ownMs']> {
  const pairs = sorted.length;
  const reach = 0.98 * Math.sqrt(pairs);
  const at = (rank: number): number => sorted[Math.min(pairs - 1, Math.max(0, Math.round(rank)))]!;
  return { median: percentile(sorted, 50), low: at(pairs / 2 - 1 - reach), high: at(pairs / 2 + reach), pairs };
}
