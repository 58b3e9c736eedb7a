import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { PERFECT_NETWORK, type ProxyReading } from '../domain/network.ts';
import { createRandom, type Random } from '../domain/random.ts';
import type { NetworkImpairment } from '../domain/study-spec.ts';
import type { Endpoint } from '../study/ports.ts';
import { createLateness, type Lateness } from './lateness.ts';
import { startEcho, type HopProbe } from './proxy-hop.ts';

/** What a lost segment costs: Linux’s shortest retransmission time-out. */
const RETRANSMISSION_MS = 200;

export interface ImpairmentProxies {
  /** One per replica, in the same order; a port that speaks gRPC gets a proxy of its own. */
  readonly endpoints: readonly Endpoint[];
  /** A way through a proxy without delays and one past it, to measure what the proxy itself costs. */
  readonly hop: HopProbe;
  /** How late messages went on so far. */
  report(): Promise<Omit<ProxyReading, 'by' | 'ownMs'>>;
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
  const servers: Server[] = [];
  const lateness = createLateness();
  const proxyFor = async (target: Endpoint, settings: NetworkImpairment, fates: Random, late: Lateness): Promise<number> => {
    const server = await startProxy(target, { network: settings, random: fates, sockets, late });
    servers.push(server);
    return portOf(server);
  };
  const proxied = await Promise.all(endpoints.map(async ({ host, port, grpcPort }, replica): Promise<Endpoint> => ({
    host: '127.0.0.1',
    port: await proxyFor({ host, port }, network, random.split(replica), lateness),
    ...(grpcPort !== undefined && { grpcPort: await proxyFor({ host, port: grpcPort }, network, random.split(`${replica}/grpc`), lateness) }),
  })));
  const echo = await startEcho(sockets);
  servers.push(echo);
  const straight = { host: '127.0.0.1', port: portOf(echo) };
  return {
    endpoints: proxied,
    hop: { straight, proxied: { ...straight, port: await proxyFor(straight, PERFECT_NETWORK, random.split('hop'), createLateness()) } },
    report: async () => lateness.report(),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

interface ProxyOptions {
  readonly network: NetworkImpairment;
  readonly random: Random;
  readonly sockets: Set<Socket>;
  readonly late: Lateness;
}

async function startProxy(endpoint: Endpoint, { network, random, sockets, late }: ProxyOptions): Promise<Server> {
  let connections = 0;
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const replica = connect({ host: endpoint.host, port: endpoint.port, noDelay: true, allowHalfOpen: true });
    for (const socket of [client, replica]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
    join(client, replica, createFates(network, random.split(connections++)), late);
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

function join(client: Socket, replica: Socket, nextFate: () => Fate, late: Lateness): void {
  let speaker: Socket | null = null;
  let delayMs = 0;
  const reset = (): void => {
    client.resetAndDestroy();
    replica.resetAndDestroy();
  };
  const link = (from: Socket, to: Socket): void => {
    const line = createDelayLine();
    from.on('data', (piece: Buffer) => {
      const begins = speaker !== from;
      if (begins) {
        speaker = from;
        const fate = nextFate();
        if (fate === null) return reset();
        delayMs = fate;
      }
      line.pass(delayMs, (lateMs) => {
        if (to.destroyed) return;
        to.write(piece);
        if (begins) late.add(lateMs);
      });
    });
    from.on('end', () => line.pass(0, () => to.end()));
    from.on('error', reset);
    from.on('close', () => line.pass(0, () => to.destroy()));
  };
  link(client, replica);
  link(replica, client);
}

/** Lets things through after their delay, never out of order, and says how much later than that it was. */
function createDelayLine(): { pass(delayMs: number, then: (lateMs: number) => void): void } {
  let lastReleaseMs = 0;
  return {
    pass: (delayMs, then) => {
      const nowMs = performance.now();
      const releaseMs = Math.max(lastReleaseMs, nowMs + delayMs);
      if (releaseMs <= nowMs) return then(0);
      lastReleaseMs = releaseMs;
      setTimeout(() => then(Math.max(0, performance.now() - releaseMs)), Math.ceil(releaseMs - nowMs));
    },
  };
}
