import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { request, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTcp } from 'node:net';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { isOfAnotherUser } from '../../main/host/web/peer.ts';
import { startWebHost, type WebHost } from '../../main/host/web/web-host.ts';
import { fakeServices } from './fake-services.ts';

let folder: string;
let host: WebHost;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'servescape-web-'));
  await mkdir(join(folder, 'renderer', 'assets'), { recursive: true });
  await writeFile(join(folder, 'renderer', 'index.html'), '<!doctype html><title>Servescape</title>');
  await writeFile(join(folder, 'renderer', 'assets', 'app-1a.js'), 'export {};');
  await writeFile(join(folder, 'secret.txt'), 'not for the page');
  await symlink(join(folder, 'secret.txt'), join(folder, 'renderer', 'link.txt'));
  host = await startWebHost({ services: fakeServices(), rendererRoot: join(folder, 'renderer'), port: 0 });
});
afterEach(async () => {
  await host.close();
  await rm(folder, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function get(path: string, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: host.port, path, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

async function enter(): Promise<string> {
  const { pathname, search } = new URL(host.freshAddress());
  const { headers } = await get(pathname + search);
  return headers['set-cookie']![0]!.split(';')[0]!;
}

/** Resolves to the HTTP status the upgrade was answered with; 101 is an open link. */
function openSocket(headers: Record<string, string>, path = '/connection'): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}${path}`, { headers });
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    socket.on('error', () => undefined);
  });
}

describe('coming in', () => {
  it('lets the printed address in once and hands out a cookie that scripts and other sites do not get', async () => {
    const { pathname, search } = new URL(host.freshAddress());
    const first = await get(pathname + search);
    expect(first.status).toBe(303);
    expect(first.headers.location).toBe('/');
    expect(first.headers['set-cookie']![0]).toMatch(/^servescape-\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
    expect((await get(pathname + search)).status).toBe(403);
    const cookie = first.headers['set-cookie']![0]!.split(';')[0]!;
    expect(await get('/', { headers: { cookie } })).toMatchObject({ status: 200, body: expect.stringContaining('Servescape') as unknown });
  });

  it('voids an unused address when a fresh one is made', async () => {
    const old = new URL(host.freshAddress());
    host.freshAddress();
    expect((await get(old.pathname + old.search)).status).toBe(403);
  });

  it.each(['/', '/assets/app-1a.js', '/?token=', '/?token=wrong', '/index.html?token=wrong'])('gives a stranger nothing at %s', async (path) => {
    host.freshAddress();
    const { status, body, headers } = await get(path);
    expect(status).toBe(403);
    expect(body).not.toContain('export');
    expect(headers['set-cookie']).toBeUndefined();
  });

  it('does not take a cookie that it did not hand out', async () => {
    await enter();
    expect((await get('/', { headers: { cookie: `servescape-${host.port}=AAAA` } })).status).toBe(403);
  });

  it('answers only to its own name (DNS rebinding)', async () => {
    const cookie = await enter();
    expect((await get('/', { headers: { cookie, host: `evil.example:${host.port}` } })).status).toBe(421);
    expect((await get('/', { headers: { cookie, host: `localhost:${host.port}` } })).status).toBe(200);
  });

  it('only reads', async () => {
    const cookie = await enter();
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) expect((await get('/', { method, headers: { cookie } })).status).toBe(405);
  });
});

describe('the page', () => {
  it('comes with a policy that allows no inline and no foreign code', async () => {
    const { headers } = await get('/', { headers: { cookie: await enter() } });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['cache-control']).toBe('no-store');
  });

  it('keeps hashed files for ever, with their type', async () => {
    const { headers } = await get('/assets/app-1a.js', { headers: { cookie: await enter() } });
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(headers['cache-control']).toContain('immutable');
  });

  it.each(['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/assets/../../secret.txt', '/link.txt', '//etc/passwd', '/assets', '/%00'])(
    'has nothing at %s', async (path) => {
      const { status, body } = await get(path, { headers: { cookie: await enter() } });
      expect(status).toBe(404);
      expect(body).not.toContain('not for the page');
    },
  );
});

describe('the connection', () => {
  it('opens for our page only', async () => {
    const cookie = await enter();
    const origin = `http://127.0.0.1:${host.port}`;
    expect(await openSocket({ cookie, origin })).toBe(101);
    expect(await openSocket({ cookie, origin: 'https://evil.example' })).toBe(403);
    expect(await openSocket({ cookie, origin: `http://127.0.0.1:${host.port + 1}` })).toBe(403);
    expect(await openSocket({ cookie, origin: 'null' })).toBe(403);
    expect(await openSocket({ cookie })).toBe(403);
    expect(await openSocket({ origin })).toBe(403);
    expect(await openSocket({ cookie, origin }, '/other')).toBe(403);
    expect(await openSocket({ cookie, origin: `http://evil.example:${host.port}`, host: `evil.example:${host.port}` })).toBe(403);
  });
});

describe('strangers', () => {
  it('are answered so often, then not at all; who is inside notices nothing', async () => {
    const cookie = await enter();
    const statuses = await Promise.all(Array.from({ length: 130 }, async () => (await get('/')).status));
    expect(new Set(statuses)).toEqual(new Set([403, 429]));
    expect((await get('/', { headers: { cookie } })).status).toBe(200);
  });

  it('that ask for what is no address are told so, by page and by socket', async () => {
    const cookie = await enter();
    expect((await get('//', { headers: { cookie } })).status).toBe(400);
    expect(await openSocket({ cookie, origin: `http://127.0.0.1:${host.port}` }, '//')).toBe(403);
  });

  it.runIf(process.platform === 'linux' && process.getuid?.() === 0)('who are another user of this machine get nothing, even with the right token (needs root)', async () => {
    const ask = async (uid: number): Promise<string> => {
      const script = `fetch(${JSON.stringify(host.freshAddress())}, { redirect: 'manual' }).then((answer) => console.log(answer.status))`;
      const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { uid, env: {} });
      return stdout.trim();
    };
    expect([await ask(0), await ask(65_534)]).toEqual(['303', '403']);
  });

  it('are told from us by the system’s table of connections', () => {
    const row = (uid: number): string => `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n   1: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  ${uid}        0 1 1\n`;
    const peer = { remoteAddress: '127.0.0.1', remotePort: 0xc350, localPort: 0x1f90 };
    const own = process.getuid?.() ?? 0;
    expect([isOfAnotherUser(peer, row(own)), isOfAnotherUser(peer, row(own + 1)), isOfAnotherUser({ ...peer, remotePort: 1 }, row(own + 1)), isOfAnotherUser(peer, null)]).toEqual([false, true, false, false]);
  });
});

const outside = Object.values(networkInterfaces()).flat().find((address) => address && !address.internal && address.family === 'IPv4');
it.skipIf(!outside)('cannot be reached from other machines (needs a network address)', async () => {
  const error = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    const socket = connectTcp({ host: outside!.address, port: host.port }, () => resolve(null));
    socket.on('error', resolve);
  });
  expect(error?.code).toBe('ECONNREFUSED');
});

it('says when a port is taken', async () => {
  const second = startWebHost({ services: fakeServices(), rendererRoot: folder, port: host.port });
  await expect(second).rejects.toMatchObject({ code: 'port-taken', details: { field: 'port', value: host.port } });
});
