import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createRandom } from '../domain/random.ts';
import { createBalancer } from './balancer.ts';
import { HTTP } from './client-connection.ts';
import { drive } from './drive.ts';
import { closedPacing } from './pacing.ts';
import { stopAfterCount } from './stop-rule.ts';

const WARM_REQUESTS = 1500;
const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}');
const REQUEST = Buffer.from('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n');

let warmed: Promise<void> | null = null;

/**
 * Runs the whole code path against a server of our own in this thread, once per thread, so that the first measured requests
 * meet compiled code. No replica sees any of it.
 */
export function warmCodePath(): Promise<void> {
  warmed ??= warm();
  return warmed;
}

async function warm(): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('data', () => socket.write(ANSWER));
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    for (const concurrency of [1, 8]) {
      await drive(
        {
          endpoints: [{ host: '127.0.0.1', port: (server.address() as AddressInfo).port }],
          transport: HTTP,
          pacing: closedPacing(concurrency),
          concurrency,
          timeoutMs: 2000,
          excludeFirst: 2,
          balancer: createBalancer('least-outstanding', createRandom('warm-up')),
          request: () => REQUEST,
          isAnswer: () => true,
          stop: () => stopAfterCount(WARM_REQUESTS),
        },
        { signal: AbortSignal.timeout(5000), onTick: () => undefined },
      );
    }
  } catch {
    /** A machine too slow to warm up in time still measures; its first requests are left out anyway. */
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}
