import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Socket } from 'node:net';

/** What Podman 4.3 with its service does otherwise than the engine behind, as tried with the real one; each can be left out. */
export interface PodmanManners {
  /** Limits are accepted and dropped: without root on control groups version 1. */
  readonly dropsLimits?: boolean;
}

export interface PodmanLike {
  readonly socketPath: string;
  /** Requests for its update endpoint, which there is not. */
  readonly updatesAsked: () => number;
  close(): void;
}

/** The engine of this machine behind a socket with Podman's manners: another name, no update, no tag at import, no word of memory kills. */
export async function startPodmanLike(engineSocket: string, { dropsLimits = false }: PodmanManners = {}): Promise<PodmanLike> {
  const socketPath = join(tmpdir(), `podman-${randomUUID().slice(0, 8)}.sock`);
  const sockets = new Set<Socket>();
  let updates = 0;
  const server = createServer((asked, answer) => {
    const url = new URL(asked.url ?? '/', 'http://podman');
    if (/\/containers\/[^/]+\/update$/.test(url.pathname)) {
      updates += 1;
      asked.resume();
      return void answer.writeHead(404, { 'content-type': 'text/plain' }).end('Not Found\n');
    }
    const imports = url.pathname.endsWith('/images/create') && url.searchParams.has('fromSrc');
    if (imports) url.searchParams.delete('tag');
    const passed = request({ socketPath: engineSocket, path: `${url.pathname}${url.search}`, method: asked.method, headers: asked.headers }, (got) => {
      const edit = editFor(url.pathname, dropsLimits);
      if (edit === null) {
        answer.writeHead(got.statusCode!, got.headers).flushHeaders();
        return void got.pipe(answer);
      }
      void whole(got).then((text) => {
        const edited = JSON.stringify(edit(JSON.parse(text) as Record<string, unknown>));
        answer.writeHead(got.statusCode!, { 'content-type': 'application/json' }).end(edited);
      });
    });
    passed.on('error', () => answer.destroy());
    answer.on('close', () => passed.destroy());
    asked.pipe(passed);
  });
  server.on('connection', (socket: Socket) => sockets.add(socket.on('close', () => sockets.delete(socket))));
  server.listen(socketPath);
  await once(server, 'listening');
  return {
    socketPath, updatesAsked: () => updates,
    close: () => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
      rmSync(socketPath, { force: true });
    },
  };
}

type Edit = (answer: Record<string, unknown>) => Record<string, unknown>;

function editFor(path: string, dropsLimits: boolean): Edit | null {
  if (/\/version$/.test(path)) return (answer) => ({ ...answer, Version: '4.3.1', Components: [{ Name: 'Podman Engine', Version: '4.3.1' }] });
  if (!/\/containers\/[0-9a-f]{64}\/json$/.test(path)) return null;
  return (answer) => {
    const { State, HostConfig } = answer as { State?: object; HostConfig?: object };
    return { ...answer, State: { ...State, OOMKilled: false }, HostConfig: { ...HostConfig, ...(dropsLimits && { NanoCpus: 0, Memory: 0 }) } };
  };
}

async function whole(stream: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of stream.setEncoding('utf8')) text += piece as string;
  return text;
}
