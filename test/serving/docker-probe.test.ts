import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explainDockerError, probeDocker } from '../../main/serving/docker/docker-probe.ts';

let folder = '';
let server: Server | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'servescape-test-'));
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = null;
  rmSync(folder, { recursive: true, force: true });
});

async function engine(listener: RequestListener): Promise<string> {
  const socketPath = join(folder, 'docker.sock');
  server = createServer(listener).listen(socketPath);
  await once(server, 'listening');
  return socketPath;
}

describe('probing Docker', () => {
  it('finds a running engine', async () => {
    const socketPath = await engine((_, answer) => answer.setHeader('content-type', 'application/json').end('{"Version":"27.1.0","ApiVersion":"1.46"}'));
    expect(await probeDocker({ socketPath })).toEqual({ kind: 'running', version: '27.1.0', apiVersion: '1.46' });
  });

  it('tells an engine that is not installed from one that is not running', async () => {
    const socketPath = join(folder, 'absent.sock');
    expect(await probeDocker({ socketPath, programPath: folder })).toEqual({ kind: 'not-installed' });
    writeFileSync(join(folder, 'dockerd'), '', { mode: 0o755 });
    expect(await probeDocker({ socketPath, programPath: folder })).toEqual({ kind: 'not-running' });
  });

  it('takes a file nobody listens on for an engine that is not running', async () => {
    const socketPath = join(folder, 'stale.sock');
    writeFileSync(socketPath, '');
    expect(await probeDocker({ socketPath, programPath: folder })).toEqual({ kind: 'not-running' });
  });

  it('is not fooled by another program', async () => {
    const socketPath = await engine((_, answer) => answer.end('<html>hello</html>'));
    expect(await probeDocker({ socketPath })).toMatchObject({ kind: 'unusable', reason: expect.stringContaining('not Docker') });
  });

  it('gives up on an engine that never answers', async () => {
    const socketPath = await engine(() => undefined);
    expect(await probeDocker({ socketPath })).toMatchObject({ kind: 'unusable', reason: expect.stringContaining('2 s') });
  });

  it('passes on what the engine says is wrong', async () => {
    const socketPath = await engine((_, answer) => answer.writeHead(500, { 'content-type': 'application/json' }).end('{"message":"out of order"}'));
    expect(await probeDocker({ socketPath })).toMatchObject({ kind: 'unusable', reason: expect.stringContaining('out of order') });
  });

  it('says when this user may not', () => {
    const error = Object.assign(new Error('connect EACCES'), { code: 'EACCES', address: '/var/run/docker.sock' });
    expect(explainDockerError(error, '')).toEqual({ kind: 'no-permission', socket: '/var/run/docker.sock' });
  });
});
