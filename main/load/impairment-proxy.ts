import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createRandom, type Random } from '../domain/random.ts';
import type { NetworkImpairment } from '../domain/study-spec.ts';
import type { Endpoint } from '../study/ports.ts';

/** What a lost segment costs: Linux’s shortest retransmission time-out. */
const RETRANSMISSION_MS = 200;

export interface ImpairmentProxies {
  /** One per replica, in the same order. */
  readonly endpoints: readonly Endpoint[];
  close(): Promise<void>;
}

/**
 * A TCP proxy on 127.0.0.1 before each replica, in this thread. Bytes that follow a change of direction begin a message (with one
 * request under way per connection: a request or an answer). Each message gets a delay of delayMs ± jitterMs (uniform, at least
 * 0), 200 ms more when lost, or a reset of both sides. Fates come from the seed, the replica, and the order of connections and of
 * messages on them. Timers are exact to about a millisecond, so small delays come out up to a millisecond longer.
 */
export async function startImpairmentProxies(endpoints: readonly Endpoint[], network: NetworkImpairment, seed: string): Promise<ImpairmentProxies> {
  const random = createRandom(seed).split('network');
  const sockets = new Set<Socket>();
  const servers = await Promise.all(endpoints.map((endpoint, replica) => startProxy(endpoint, network, random.split(replica), sockets)));
  return {
    endpoints: servers.map((server) => ({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

async function startProxy(endpoint: Endpoint, network: NetworkImpairment, random: Random, sockets: Set<Socket>): Promise<Server> {
  let connections = 0;
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const replica = connect({ host: endpoint.host, port: endpoint.port, noDelay: true, allowHalfOpen: true });
    for (const socket of [client, replica]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
    join(client, replica, createFates(network, random.split(connections++)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Delay of a message in ms, or null: the connection is reset. */
type Fate = number | null;

/** Three numbers are drawn for every message, so that one setting does not shift the fates of another. */
export function createFates(network: NetworkImpairment, random: Random): () => Fate {
  return () => {
    const jitter = random.next();
    const lost = random.next() * 100 < network.lossPercent;
    const reset = random.next() * 100 < network.resetPercent;
    if (reset) return null;
    return Math.max(0, network.delayMs + network.jitterMs * (2 * jitter - 1)) + (lost ? RETRANSMISSION_MS : 0);
  };
}

function join(client: Socket, replica: Socket, nextFate: () => Fate): void {
  let speaker: Socket | null = null;
  let delayMs = 0;
  const reset = (): void => {
    client.resetAndDestroy();
    replica.resetAndDestroy();
  };
  const link = (from: Socket, to: Socket): void => {
    const line = createDelayLine();
    from.on('data', (piece: Buffer) => {
      if (speaker !== from) {
        speaker = from;
        const fate = nextFate();
        if (fate === null) return reset();
        delayMs = fate;
      }
      line.pass(delayMs, () => to.destroyed || to.write(piece));
    });
    from.on('end', () => line.pass(0, () => to.end()));
    from.on('error', reset);
    from.on('close', () => line.pass(0, () => to.destroy()));
  };
  link(client, replica);
  link(replica, client);
}

/** Lets things through after their delay, never out of order. */
function createDelayLine(): { pass(delayMs: number, then: () => unknown): void } {
  let lastReleaseMs = 0;
  return {
    pass: (delayMs, then) => {
      const nowMs = performance.now();
      const releaseMs = Math.max(lastReleaseMs, nowMs + delayMs);
      if (releaseMs <= nowMs) return void then();
      lastReleaseMs = releaseMs;
      setTimeout(then, Math.ceil(releaseMs - nowMs));
    },
  };
}
