import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createRandom } from '../../main/domain/random.ts';
import { ROUND_TRIP_FAULTS, type RoundTripFault } from '../../main/domain/round-trips.ts';
import { createBalancer } from '../../main/load/balancer.ts';
import { drive } from '../../main/load/drive.ts';
import { closedPacing } from '../../main/load/pacing.ts';
import { stopAfterCount } from '../../main/load/stop-rule.ts';
import { grpcMessage } from '../../main/workloads/grpc-predict.ts';
import { freePort } from './servers.ts';

const sessions = new Set<ServerHttp2Session>();
let server: Http2Server | null = null;
afterEach(async () => {
  for (const session of sessions) session.destroy();
  const closing = server;
  server = null;
  if (closing !== null) await new Promise((resolve) => closing.close(resolve));
});

const HEAD = { ':status': 200, 'content-type': 'application/grpc' };
const MESSAGE = grpcMessage(Buffer.from('fine'));

function reply(stream: ServerHttp2Stream, bytes: Buffer, trailers: Record<string, string> = { 'grpc-status': '0' }): void {
  stream.respond(HEAD, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(bytes);
}

/** Every second call misbehaves. */
async function faultsOf(misbehave: (stream: ServerHttp2Stream) => void, timeoutMs = 10_000): Promise<Record<string, number>> {
  let calls = 0;
  server = createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => session.destroy());
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream) => {
    stream.on('error', () => stream.destroy());
    stream.resume();
    stream.on('end', () => (calls++ % 2 === 0 ? misbehave(stream) : reply(stream, MESSAGE)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return run((server.address() as AddressInfo).port, 20, timeoutMs);
}

async function run(port: number, count: number, timeoutMs: number): Promise<Record<string, number>> {
  const { trips } = await drive(
    {
      endpoints: [{ host: '127.0.0.1', port }], transport: { kind: 'grpc', path: '/test.Service/Call' }, concurrency: 2, pacing: closedPacing(2), timeoutMs, excludeFirst: 0,
      balancer: createBalancer('round-robin', createRandom(1)), request: () => MESSAGE,
      isAnswer: (body, start, end) => Buffer.from(body.subarray(start, end)).toString() === 'fine', stop: () => stopAfterCount(count),
    },
    { signal: new AbortController().signal },
  );
  const counts: Record<string, number> = {};
  for (const fault of trips.fault) counts[ROUND_TRIP_FAULTS[fault]!] = (counts[ROUND_TRIP_FAULTS[fault]!] ?? 0) + 1;
  return counts;
}

describe('gRPC servers that misbehave', () => {
  const status = (code: number) => (stream: ServerHttp2Stream) => stream.respond({ ...HEAD, 'grpc-status': String(code), 'grpc-message': 'no' }, { endStream: true });
  it.each<[string, RoundTripFault, (stream: ServerHttp2Stream) => void]>([
    ['is full', 'http-503', status(14)],
    ['finds the request invalid', 'http-400', status(3)],
    ['knows no such model', 'http-404', status(5)],
    ['gives up itself', 'http-504', status(4)],
    ['fails inside', 'http-500', status(13)],
    ['fails after its message', 'http-500', (stream) => reply(stream, MESSAGE, { 'grpc-status': '13' })],
    ['never says how it went', 'bad-answer', (stream) => reply(stream, MESSAGE, { other: '1' })],
    ['sends half a message', 'bad-answer', (stream) => reply(stream, MESSAGE.subarray(0, 7))],
    ['sends two messages', 'bad-answer', (stream) => reply(stream, Buffer.concat([MESSAGE, MESSAGE]))],
    ['sends another answer', 'bad-answer', (stream) => reply(stream, grpcMessage(Buffer.from('odd!')))],
    ['is no gRPC server', 'http-other', (stream) => stream.respond({ ':status': 418 }, { endStream: true })],
    ['resets the stream', 'connection-reset', (stream) => stream.close(8)],
  ])('a server that %s counts as %s', async (_, fault, misbehave) => {
    const counts = await faultsOf(misbehave);
    expect(Object.keys(counts).sort()).toEqual([fault, 'ok'].sort());
    expect(counts[fault]! + counts['ok']!).toBe(20);
    expect(counts[fault]).toBeGreaterThanOrEqual(8);
    await expect.poll(() => sessions.size).toBe(0);
  });

  it('that drops the connection is named', async () => {
    const { ok = 0, 'connection-closed': closed = 0, 'connection-reset': reset = 0 } = await faultsOf((stream) => stream.session?.destroy());
    expect(ok + closed + reset).toBe(20);
    expect(closed + reset).toBeGreaterThanOrEqual(8);
  });

  it('that never answers is given up', async () => {
    const counts = await faultsOf(() => undefined, 100);
    expect(counts['timeout']).toBeGreaterThanOrEqual(8);
    expect(counts['ok']! + counts['timeout']!).toBe(20);
  });

  it('that is not there is named', async () => {
    await expect(run(await freePort(), 1000, 200)).rejects.toMatchObject({ code: 'no-answers' });
  });
});
