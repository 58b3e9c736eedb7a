import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runLoadCommand } from '../../main/host/cli/load.ts';
import { answer, closeServers, startServer, type SeenRequest } from './servers.ts';

let folder = '';
let body = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'load-command-'));
  body = join(folder, 'body.json');
  await writeFile(body, '{"instances":[1]}');
});
afterEach(closeServers);
afterAll(() => rm(folder, { recursive: true }));

const nowNs = (): number => Number(process.hrtime.bigint());

async function measured(onRequest: (request: SeenRequest) => unknown, amount: readonly string[]): Promise<{ result: Record<string, number>; requests: readonly SeenRequest[] }> {
  const server = await startServer(onRequest);
  const out = join(folder, 'out.json');
  await runLoadCommand(['--url', `http://127.0.0.1:${server.endpoint.port}/v1/models/m:predict?x=1`, '--body', body, '-c', '3', ...amount, '--out', out]);
  return { result: JSON.parse(await readFile(out, 'utf8')) as Record<string, number>, requests: server.requests };
}

describe('the load command', () => {
  it('posts the file to the path and writes what it measured', async () => {
    const beforeNs = nowNs();
    const { result, requests } = await measured(({ socket }) => socket.write(answer('{}')), ['--requests', '200']);
    expect(requests).toHaveLength(200);
    expect(requests[0]!.head).toMatch(/^POST \/v1\/models\/m:predict\?x=1 HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\n/);
    expect(requests.every((request) => request.body === '{"instances":[1]}')).toBe(true);
    expect(Object.keys(result)).toEqual(['mean_ms', 'p50_ms', 'p99_ms', 'rps', 'n', 'errors', 't0_ns', 't1_ns']);
    expect(result).toMatchObject({ n: 200, errors: 0 });
    expect(result['p99_ms']).toBeGreaterThanOrEqual(result['p50_ms']!);
    expect(result['t0_ns']).toBeGreaterThan(beforeNs);
    expect(result['t1_ns']).toBeGreaterThan(result['t0_ns']!);
    expect(result['t1_ns']).toBeLessThan(nowNs());
    expect(result['rps']).toBeCloseTo((200 * 1e9) / (result['t1_ns']! - result['t0_ns']!), 0);
  });

  it('counts errors apart', async () => {
    const { result } = await measured(({ socket, number }) => socket.write(answer('{}', number % 4 === 0 ? '500 No' : '200 OK')), ['--requests', '100']);
    expect(result).toMatchObject({ n: 75, errors: 25 });
  });

  it('writes its file and ends with the reason when every request failed', async () => {
    const out = join(folder, 'failed.json');
    const { endpoint } = await startServer(({ socket }) => socket.write(answer('{}', '500 No')));
    const run = runLoadCommand(['--url', `http://127.0.0.1:${endpoint.port}/`, '--body', body, '-c', '2', '--requests', '20', '--out', out]);
    await expect(run).rejects.toMatchObject({ code: 'no-answers', message: '20 of 20 requests were answered with an error (HTTP 500).' });
    expect(JSON.parse(await readFile(out, 'utf8'))).toMatchObject({ n: 0, errors: 20, mean_ms: null });
  });

  it('sends for a time', async () => {
    const { result, requests } = await measured(({ socket }) => socket.write(answer('{}')), ['--duration', '0.2']);
    expect(result['n']).toBe(requests.length);
    expect(result['t1_ns']! - result['t0_ns']!).toBeGreaterThan(0.19e9);
  });

  it.each<[string, readonly string[], string, RegExp]>([
    ['another mode', ['--requests', '1', '--mode', 'often'], 'bad-input', /^--mode: “often” cannot be used\. Accepted: closed, constant, poisson or burst\.$/],
    ['a schedule without a rate', ['--requests', '1', '--mode', 'poisson'], 'bad-input', /^--rate is missing/],
    ['another protocol', ['--requests', '1', '--protocol', 'carrier-pigeon'], 'bad-input', /^--protocol: “carrier-pigeon” cannot be used\. Accepted: rest or grpc\.$/],
    ['neither time nor number', [], 'bad-input', /either --duration SECONDS or --requests N/],
    ['both', ['--requests', '1', '--duration', '1'], 'bad-input', /either --duration SECONDS or --requests N/],
    ['no requests', ['--requests', '0'], 'bad-input', /^--requests: “0” cannot be used\. Accepted: a whole number from 1/],
    ['no time', ['--duration', 'soon'], 'bad-input', /^--duration: “soon” cannot be used/],
    ['an unknown option', ['--requests', '1', '--threads', '4'], 'bad-input', /--threads/],
    ['https', ['--requests', '1', '--url', 'https://example.org/'], 'bad-input', /^--url: “https:\/\/example\.org\/” cannot be used/],
    ['a missing body', ['--requests', '1', '--body', '/nowhere/at/all'], 'bad-input', /^--body: “\/nowhere\/at\/all” cannot be used/],
    ['a folder that is not there', ['--requests', '1', '--out', '/nowhere/at/all.json'], 'bad-input', /^--out: “\/nowhere\/at\/all\.json” cannot be used\. Accepted: a file that can be written/],
    ['a concurrency of nothing', ['--requests', '1', '-c', '0'], 'bad-input', /^-c: “0” cannot be used/],
  ])('refuses %s in one sentence', async (_, extra, code, message) => {
    const usual = ['--url', 'http://127.0.0.1:1/', '--body', body, '-c', '1', '--out', join(folder, 'never.json')];
    await expect(runLoadCommand([...usual, ...extra])).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });
});
