import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import ssh2, { type Client, type ConnectConfig } from 'ssh2';
import { ServescapeError } from '../../domain/errors.ts';
import type { EngineAddress } from './engine-address.ts';

/** How requests get to ports that an engine publishes. Connects to nothing before it is asked. */
export interface EngineWay {
  /** In words, for what is stored with each trial. */
  readonly words: string;
  /** The address of the engine's machine on which ports are published. */
  publishOn(): Promise<string>;
  /** Where a port published there is reached from here. */
  reach(port: number): Promise<{ readonly host: string; readonly port: number }>;
  /** Set where a connection made here ends here: the way there and back, ms, median of a few; null when nothing there was reached. */
  readonly networkMs?: () => Promise<number | null>;
  close(): void;
}

/**
 * An engine of this machine: its loopback. One behind ssh: its loopback too, led here through a connection of our own, so that
 * nothing is open to its network. One over TCP: the address it is asked at, because nothing else of it can be reached.
 */
export function createEngineWay({ options, isLocal }: EngineAddress): EngineWay {
  const { protocol, host } = options as { readonly protocol?: string; readonly host?: string };
  if (isLocal || host === undefined) {
    return { words: 'ports published on 127.0.0.1', publishOn: async () => '127.0.0.1', reach: async (port) => ({ host: '127.0.0.1', port }), close: () => undefined };
  }
  if (protocol === 'ssh') return createTunnel(options as SshOptions);
  const address = async (): Promise<string> => (await lookup(host)).address;
  return { words: `ports published on ${host}, open to its network`, publishOn: address, reach: async (port) => ({ host: await address(), port }), close: () => undefined };
}

interface SshOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly sshOptions: ConnectConfig;
}

const READY_MS = 10_000;
const WAY_SAMPLES = 5;

function createTunnel({ host, port, username, sshOptions }: SshOptions): EngineWay {
  const entrances = new Map<number, Promise<Server>>();
  let client: Promise<Client> | null = null;

  const connect = (): Promise<Client> => {
    const { promise, resolve, reject } = Promise.withResolvers<Client>();
    const connecting = new ssh2.Client();
    const lose = (cause?: unknown): void => {
      client = null;
      reject(new ServescapeError('backend-unavailable', `The machine ${host} cannot be reached by ssh${cause instanceof Error ? `: ${cause.message}` : ''}.`, {
        hint: `Try it by hand: ssh ${username}@${host}. The key has to be in the ssh agent (ssh-add).`, cause,
      }));
    };
    connecting.on('ready', () => resolve(connecting)).on('error', lose).on('close', () => lose());
    connecting.connect({ ...sshOptions, host, port, username, readyTimeout: READY_MS, keepaliveInterval: READY_MS });
    return promise;
  };

  const enter = async (target: number): Promise<Server> => {
    await (client ??= connect());
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => socket.destroy());
      void (client ??= connect()).then((ssh) => ssh.forwardOut('127.0.0.1', 0, '127.0.0.1', target, (error, channel) => {
        if (error !== undefined) return void socket.destroy();
        channel.on('error', () => socket.destroy()).on('close', () => socket.destroy());
        socket.on('close', () => channel.close());
        socket.pipe(channel).pipe(socket);
      }), () => socket.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };

  /** How long it takes to be told that a connection to the port stands. */
  const openingMs = async (target: number): Promise<number> => {
    const ssh = await (client ??= connect());
    const fromMs = performance.now();
    return new Promise((resolve, reject) => ssh.forwardOut('127.0.0.1', 0, '127.0.0.1', target, (error, channel) => {
      if (error !== undefined) return reject(error);
      channel.close();
      resolve(performance.now() - fromMs);
    }));
  };

  return {
    networkMs: async () => {
      const [target] = entrances.keys();
      if (target === undefined) return null;
      const times: number[] = [];
      try {
        while (times.length < WAY_SAMPLES) times.push(await openingMs(target));
      } catch {
        return null;
      }
      return times.sort((a, b) => a - b)[WAY_SAMPLES >> 1]!;
    },
    words: 'ports of its own 127.0.0.1, led here through ssh',
    publishOn: async () => '127.0.0.1',
    reach: async (target) => {
      const entrance = entrances.get(target) ?? enter(target);
      entrances.set(target, entrance);
      entrance.catch(() => entrances.delete(target));
      return { host: '127.0.0.1', port: ((await entrance).address() as AddressInfo).port };
    },
    close: () => {
      for (const entrance of entrances.values()) void entrance.then((server) => server.close(), () => undefined);
      entrances.clear();
      void client?.then((ssh) => ssh.end(), () => undefined);
      client = null;
    },
  };
}
