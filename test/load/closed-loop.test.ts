import { afterEach, describe, expect, it } from 'vitest';
import { createRandom } from '../../main/domain/random.ts';
import { ROUND_TRIP_FAULTS, type RoundTripFault, type RoundTrips } from '../../main/domain/round-trips.ts';
import type { Balancing } from '../../main/domain/study-spec.ts';
import { createBalancer } from '../../main/load/balancer.ts';
import { HTTP } from '../../main/load/client-connection.ts';
import { closedPacing } from '../../main/load/pacing.ts';
import { drive, type DrivePlan } from '../../main/load/drive.ts';
import { stopAfterCount, stopWhenSure } from '../../main/load/stop-rule.ts';
import type { LoadTick } from '../../main/study/ports.ts';
import { isPredictions } from '../../main/workloads/predict-request.ts';
import { answer, closeServers, freePort, predictions, startServer, type SeenRequest, type TestServer } from './servers.ts';

afterEach(closeServers);

const REQUEST = Buffer.from('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n');
const never = new AbortController().signal;

function plan(servers: readonly Pick<TestServer, 'endpoint'>[], count: number, changes: Partial<DrivePlan> & { balancing?: Balancing } = {}): DrivePlan {
  const { balancing = 'least-outstanding', ...rest } = changes;
  const concurrency = changes.concurrency ?? 4;
  return {
    transport: HTTP,
    pacing: closedPacing(concurrency),
    endpoints: servers.map(({ endpoint }) => endpoint),
    concurrency,
    timeoutMs: 10_000,
    excludeFirst: 0,
    balancer: createBalancer(balancing, createRandom('test')),
    request: () => REQUEST,
    isAnswer: (body, start, end) => isPredictions(body, start, end, 1, 10),
    stop: () => stopAfterCount(count),
    ...rest,
  };
}

function faults(trips: RoundTrips): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const fault of trips.fault) counts[ROUND_TRIP_FAULTS[fault]!] = (counts[ROUND_TRIP_FAULTS[fault]!] ?? 0) + 1;
  return counts;
}

/** One more header line every now and then, until the other side has had enough. */
function trickle(socket: SeenRequest['socket'], head: string): void {
  socket.write(head);
  const timer = setInterval(() => socket.write('X-More: 1\r\n'), 10);
  socket.on('close', () => clearInterval(timer));
}

const good = (request: SeenRequest): unknown => request.socket.write(answer(predictions(1)));

describe('exactly c in flight', () => {
  it.each([1, 5, 20])('keeps %i requests waiting, never more', async (concurrency) => {
    const total = 10 * concurrency;
    const waiting: SeenRequest[] = [];
    let most = 0;
    const onRequest = (request: SeenRequest): void => {
      waiting.push(request);
      most = Math.max(most, waiting.length);
      seen++;
      /** Answers only while c are waiting: fewer in flight would hang, until all have come in. */
      if (waiting.length === concurrency) good(waiting.shift()!);
      if (seen === total) for (const last of waiting.splice(0)) good(last);
    };
    let seen = 0;
    const servers = [await startServer(onRequest), await startServer(onRequest)];
    const { trips } = await drive(plan(servers, total, { concurrency }), { signal: never });
    expect(faults(trips)).toEqual({ ok: total });
    expect(most).toBe(concurrency);
  });

  it('keeps connections and closes them at the end', async () => {
    const server = await startServer(good);
    const seen = new Set<unknown>();
    const { trips } = await drive(plan([server], 400, { request: () => REQUEST, concurrency: 8 }), { signal: never });
    server.requests.forEach((request) => seen.add(request.socket));
    expect(trips.fault.length).toBe(400);
    expect(seen.size).toBe(8);
    await expect.poll(() => server.sockets.size).toBe(0);
  });

  it('sends the requests in order of their numbers', async () => {
    const server = await startServer(good);
    const request = (issued: number): Buffer => Buffer.from(`POST /${issued} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`);
    await drive(plan([server], 30, { request, concurrency: 1 }), { signal: never });
    expect(server.requests.map(({ head }) => head.split(' ')[1])).toEqual(Array.from({ length: 30 }, (_, i) => `/${i}`));
  });
});

describe('replicas', () => {
  it.each(['round-robin', 'least-outstanding'] as const)('%s gives equal replicas equal shares', async (balancing) => {
    const servers = await Promise.all([startServer(good), startServer(good), startServer(good)]);
    await drive(plan(servers, 300, { balancing, concurrency: 3 }), { signal: never });
    for (const { requests } of servers) expect(requests.length).toBeGreaterThanOrEqual(90);
  });

  it('random spreads by its seed', async () => {
    const shares = async (): Promise<number[]> => {
      const servers = await Promise.all([startServer(good), startServer(good)]);
      await drive(plan(servers, 200, { balancing: 'random' }), { signal: never });
      return servers.map(({ requests }) => requests.length);
    };
    const first = await shares();
    expect(await shares()).toEqual(first);
    expect(Math.min(...first)).toBeGreaterThan(60);
  });

  it('least outstanding leaves a slow replica alone', async () => {
    const held: SeenRequest[] = [];
    const slow = await startServer((request) => held.push(request));
    const quick = await startServer((request) => {
      good(request);
      if (quick.requests.length === 98) held.forEach(good);
    });
    const { trips } = await drive(plan([slow, quick], 100, { concurrency: 4 }), { signal: never });
    expect(slow.requests.length).toBe(2);
    expect(faults(trips)).toEqual({ ok: 100 });
  });

  it('marks the first k of each replica and keeps them', async () => {
    const servers = await Promise.all([startServer(good), startServer(good), startServer(good)]);
    const { trips } = await drive(plan(servers, 60, { excludeFirst: 2 }), { signal: never });
    expect(trips.fault.length).toBe(60);
    for (const replica of [0, 1, 2]) {
      const own = [...trips.replica.keys()].filter((i) => trips.replica[i] === replica).sort((a, b) => trips.startMs[a]! - trips.startMs[b]!);
      expect(own.map((i) => trips.excluded[i])).toEqual(own.map((_, place) => (place < 2 ? 1 : 0)));
    }
  });

  it('goes on with the others when one refuses connections', async () => {
    const alive = await startServer(good);
    const dead = { endpoint: { host: '127.0.0.1', port: await freePort() } };
    const { trips } = await drive(plan([dead, alive], 500), { signal: never });
    const counts = faults(trips);
    expect(counts['ok']! + counts['connection-refused']!).toBe(500);
    expect(counts['ok']).toBeGreaterThan(250);
  });
});

describe('misbehaving servers', () => {
  const cases: readonly [string, RoundTripFault, (request: SeenRequest) => unknown][] = [
    ['closes without an answer', 'connection-closed', ({ socket }) => socket.end()],
    ['resets', 'connection-reset', ({ socket }) => socket.resetAndDestroy()],
    ['sends half an answer and closes', 'connection-closed', ({ socket }) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"pre')],
    ['closes inside the head', 'connection-closed', ({ socket }) => socket.end('HTTP/1.1 200 OK\r\nConte')],
    ['sends more than it announced', 'bad-answer', ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}{}')],
    ['speaks another protocol', 'bad-answer', ({ socket }) => socket.write('220 mail.example ready\r\n')],
    ['answers with the wrong shape', 'bad-answer', ({ socket }) => socket.write(answer(predictions(2)))],
    ['answers with too few numbers', 'bad-answer', ({ socket }) => socket.write(answer(predictions(1, 9)))],
    ['answers with NaN', 'bad-answer', ({ socket }) => socket.write(answer('{"predictions": [[0,1,2,3,NaN,5,6,7,8,9]]}'))],
    ['answers 503', 'http-503', ({ socket }) => socket.write(answer('{"error":"full"}', '503 Service Unavailable'))],
    ['answers 400', 'http-400', ({ socket }) => socket.write(answer('{}', '400 Bad Request'))],
    ['announces more than it sends and waits', 'timeout', ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"pre')],
    ['never ends its headers', 'timeout', ({ socket }) => trickle(socket, 'HTTP/1.1 200 OK\r\n')],
    ['answers 418', 'http-other', ({ socket }) => socket.write(answer('{}', '418 I am a teapot'))],
  ];

  it.each(cases)('a server that %s counts as %s', async (_, fault, misbehave) => {
    const server = await startServer((request) => (request.number % 2 === 0 ? misbehave(request) : good(request)));
    const { trips } = await drive(plan([server], 40, { timeoutMs: fault === 'timeout' ? 100 : 10_000 }), { signal: never });
    expect(faults(trips)).toEqual({ ok: 20, [fault]: 20 });
    await expect.poll(() => server.sockets.size).toBe(0);
  });

  it('a storm of 503 is counted to the end: it is an answer', async () => {
    const server = await startServer(({ socket }) => socket.write(answer('{"error":"full"}', '503 Service Unavailable')));
    const { trips } = await drive(plan([server], 2000, { concurrency: 20 }), { signal: never });
    expect(faults(trips)).toEqual({ 'http-503': 2000 });
    expect(new Set(server.requests.map(({ socket }) => socket)).size).toBe(20);
    await expect.poll(() => server.sockets.size).toBe(0);
  });

  it('a server that closes politely after each answer costs no request', async () => {
    const server = await startServer(({ socket }) => socket.end(answer(predictions(1), '200 OK', 'Connection: close\r\n')));
    const { trips } = await drive(plan([server], 50), { signal: never });
    expect(faults(trips)).toEqual({ ok: 50 });
  });

  it('a body that ends with the connection is an answer', async () => {
    const server = await startServer(({ socket }) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${predictions(1)}`));
    const { trips } = await drive(plan([server], 20), { signal: never });
    expect(faults(trips)).toEqual({ ok: 20 });
  });

  it('requests without an answer time out, lose their connection and do not hold up the others', async () => {
    const server = await startServer((request) => request.number % 10 !== 3 && good(request));
    const { trips } = await drive(plan([server], 50, { timeoutMs: 200 }), { signal: never });
    expect(faults(trips)).toEqual({ ok: 45, timeout: 5 });
    const late = [...trips.fault.keys()].filter((i) => trips.fault[i] !== 0);
    for (const i of late) expect(trips.roundTripMs[i]).toBeGreaterThanOrEqual(200);
  });

  it('gives up with a named error when nobody ever answers', async () => {
    const server = await startServer(() => undefined);
    await expect(drive(plan([server], 3413, { timeoutMs: 50 }), { signal: never })).rejects.toMatchObject({
      code: 'tcp-timeout',
      message: '4 of 4 requests had no answer within 0.05 s (TCP timeout).',
      trips: { fault: Uint8Array.from([1, 1, 1, 1]) },
    });
    await expect.poll(() => server.sockets.size).toBe(0);
  });

  it('gives up with a named error when every replica refuses, without spinning', async () => {
    const dead = { endpoint: { host: '127.0.0.1', port: await freePort() } };
    const error = await drive(plan([dead], 100_000, { timeoutMs: 300 }), { signal: never }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'no-answers' });
    const sent = Number(/of (\d+) requests were refused/.exec((error as Error).message)?.[1]);
    expect(sent).toBeLessThan(100);
  });

  it('says so when the replicas stop answering midway', async () => {
    const server = await startServer((request) => request.number < 30 && good(request));
    await expect(drive(plan([server], 1000, { timeoutMs: 50 }), { signal: never })).rejects.toMatchObject({
      code: 'no-answers',
      message: 'The replicas stopped answering: 30 requests were answered, then none for 0.05 s.',
    });
  });
});

describe('servers our own reader refuses', () => {
  /** A line longer than we take; undici takes it. */
  const long = (request: SeenRequest): unknown => request.socket.write(answer(predictions(1), '200 OK', `X-Padding: ${'x'.repeat(20_000)}\r\n`));

  it('are read by undici after the first refusals, and the result says so', async () => {
    const server = await startServer(long);
    const { trips, client } = await drive(plan([server], 200), { signal: never });
    const { ok, 'bad-answer': bad } = faults(trips);
    expect(bad).toBeLessThanOrEqual(4);
    expect(ok).toBe(200 - bad!);
    expect(client).toBe('undici');
    await expect.poll(() => server.sockets.size).toBe(0);
  });

  it('lose nothing when that is known from the start', async () => {
    const server = await startServer((request) => (request.number % 10 === 9 ? request.socket.resetAndDestroy() : long(request)));
    const body = Buffer.from('POST /v1?x=1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}');
    const { trips } = await drive(plan([server], 100, { general: true, request: () => body }), { signal: never });
    expect(faults(trips)).toEqual({ ok: 90, 'connection-reset': 10 });
    expect(server.requests[0]!.head).toMatch(/^POST \/v1\?x=1 HTTP\/1\.1\r\n[^]*content-type: application\/json/i);
    expect(server.requests.every((request) => request.body === '{}')).toBe(true);
  });

  it('are not blamed on anybody when our own reader does', async () => {
    const { client } = await drive(plan([await startServer(good)], 20), { signal: never });
    expect(client).toBeUndefined();
  });
});

describe('stopping', () => {
  it('an abort closes every connection and rejects with the reason', async () => {
    const abort = new AbortController();
    const server = await startServer((request) => {
      if (request.number === 20) abort.abort(new Error('enough'));
      good(request);
    });
    await expect(drive(plan([server], 1_000_000), { signal: abort.signal })).rejects.toThrowError('enough');
    await expect.poll(() => server.sockets.size).toBe(0);
  });

  it('until sure: stops once the interval is narrow, and says when it never was', async () => {
    const server = await startServer(good);
    const sureAt = (halfWidthPercent: number, atMost: number) => (recorder: Parameters<DrivePlan['stop']>[0]) =>
      stopWhenSure({ halfWidthPercent, atMost, concurrency: 2 }, recorder);
    const easy = await drive(plan([server], 0, { concurrency: 2, stop: sureAt(50, 20_000) }), { signal: never });
    expect(easy.sure).toBe(true);
    expect(easy.trips.fault.length).toBeLessThan(20_000);
    const impossible = await drive(plan([server], 0, { concurrency: 2, stop: sureAt(0.001, 600) }), { signal: never });
    expect(impossible.sure).toBe(false);
    expect(impossible.trips.fault.length).toBe(600);
  });

  it('ticks tell each round trip once and end with the whole', async () => {
    const ticks: LoadTick[] = [];
    const server = await startServer(good);
    const { trips } = await drive(plan([server], 300, { excludeFirst: 2 }), { signal: never, onTick: (tick) => ticks.push(tick) });
    const told = ticks.flatMap((tick) => tick.trips);
    expect(told.map(({ index }) => index)).toEqual([...trips.fault.keys()]);
    expect(told.filter(({ excluded }) => excluded)).toHaveLength(2);
    const last = ticks.at(-1)!;
    expect(last).toMatchObject({ finished: 300, planned: 300, failed: 0, waiting: [0] });
    const counted = trips.roundTripMs.filter((_, i) => trips.excluded[i] === 0);
    expect(last.meanMs).toBeCloseTo(counted.reduce((sum, value) => sum + value, 0) / counted.length, 9);
    expect(last.halfWidthMs).toBeGreaterThan(0);
  });
});
