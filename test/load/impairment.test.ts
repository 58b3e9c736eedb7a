import { afterEach, describe, expect, it } from 'vitest';
import { isImpaired } from '../../main/domain/network.ts';
import { createRandom } from '../../main/domain/random.ts';
import { networkSchema, type NetworkImpairment } from '../../main/domain/study-spec.ts';
import { createBalancer } from '../../main/load/balancer.ts';
import { HTTP } from '../../main/load/client-connection.ts';
import { closedPacing } from '../../main/load/pacing.ts';
import { drive, type DriveResult } from '../../main/load/drive.ts';
import { createFates, startImpairmentProxies } from '../../main/load/impairment-proxy.ts';
import { createImpairmentProxies } from '../../main/load/impairment.ts';
import { measureHop } from '../../main/load/proxy-hop.ts';
import { stopAfterCount } from '../../main/load/stop-rule.ts';
import type { Endpoint } from '../../main/study/ports.ts';
import { answer, closeServers, freePort, startServer } from './servers.ts';

afterEach(closeServers);

const network = (changes: Partial<NetworkImpairment>): NetworkImpairment => networkSchema.parse(changes);

function post(body: string): Buffer {
  return Buffer.from(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
}

function send(endpoints: readonly Endpoint[], count: number, body = '', isAnswer: (text: string) => boolean = () => true): Promise<DriveResult> {
  return drive(
    {
      endpoints,
      transport: HTTP,
      pacing: closedPacing(3),
      concurrency: 3,
      timeoutMs: 5000,
      excludeFirst: 0,
      balancer: createBalancer('round-robin', createRandom(1)),
      request: () => post(body),
      isAnswer: (bytes, start, end) => isAnswer(Buffer.from(bytes.subarray(start, end)).toString()),
      stop: () => stopAfterCount(count),
    },
    { signal: new AbortController().signal },
  );
}

describe('fates of messages', () => {
  const fates = (changes: Partial<NetworkImpairment>, seed = 'a', count = 10_000): (number | null)[] => {
    const next = createFates(network(changes), createRandom(seed));
    return Array.from({ length: count }, next);
  };

  it('delay lies evenly in delay ± jitter, never below nothing', () => {
    const delays = fates({ delayMs: 20, jitterMs: 5 }) as number[];
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(15);
    expect(Math.max(...delays)).toBeLessThanOrEqual(25);
    expect(delays.reduce((sum, delay) => sum + delay, 0) / delays.length).toBeCloseTo(20, 0);
    expect(Math.min(...(fates({ delayMs: 1, jitterMs: 9 }) as number[]))).toBe(0);
  });

  it('loss costs one retransmission, resets end the connection, each at its share', () => {
    const all = fates({ lossPercent: 5, resetPercent: 2 });
    expect(all.filter((fate) => fate === null).length / all.length).toBeCloseTo(0.02, 2);
    expect(all.filter((fate) => fate === 200).length / all.length).toBeCloseTo(0.05, 2);
  });

  it('follow the seed, and one setting does not shift the fates of another', () => {
    expect(fates({ lossPercent: 5 })).toEqual(fates({ lossPercent: 5 }));
    expect(fates({ lossPercent: 5 })).not.toEqual(fates({ lossPercent: 5 }, 'b'));
    const lost = fates({ lossPercent: 5 }).map((fate) => fate === 200);
    expect(fates({ lossPercent: 5, delayMs: 7 }).map((fate) => fate === 207)).toEqual(lost);
  });
});

describe('proxies', () => {
  it('carry large requests and answers unchanged, to the right replica', async () => {
    const body = 'x'.repeat(300_000);
    const servers = await Promise.all(['first', 'second'].map((name) => startServer(({ socket }) => socket.write(answer(`${name} ${body}`)))));
    const proxies = await startImpairmentProxies(servers.map(({ endpoint }) => endpoint), network({ delayMs: 1, jitterMs: 1 }), 'seed');
    const { trips } = await send(proxies.endpoints, 20, body, (text) => text === `first ${body}` || text === `second ${body}`);
    expect([...trips.fault].every((fault) => fault === 0)).toBe(true);
    expect(servers.map(({ requests }) => requests.filter((request) => request.body === body).length)).toEqual([10, 10]);
    await proxies.close();
  });

  it('delay each way', async () => {
    const server = await startServer(({ socket }) => socket.write(answer('{}')));
    const proxies = await startImpairmentProxies([server.endpoint], network({ delayMs: 15 }), 'seed');
    const { trips } = await send(proxies.endpoints, 9);
    for (const roundTripMs of trips.roundTripMs) expect(roundTripMs).toBeGreaterThanOrEqual(29);
    await proxies.close();
  });

  it('reset connections', async () => {
    const server = await startServer(({ socket }) => socket.write(answer('{}')));
    const proxies = await startImpairmentProxies([server.endpoint], network({ resetPercent: 50 }), 'seed');
    const { trips } = await send(proxies.endpoints, 60);
    const reset = trips.fault.filter((fault) => fault !== 0).length;
    expect(reset).toBeGreaterThan(30);
    expect(reset).toBeLessThan(60);
    await proxies.close();
    await expect.poll(() => server.sockets.size).toBe(0);
  });

  it('pass on that a replica is gone', async () => {
    const proxies = await startImpairmentProxies([{ host: '127.0.0.1', port: await freePort() }], network({ delayMs: 1 }), 'seed');
    const { trips } = await send(proxies.endpoints, 5);
    expect([...trips.fault].every((fault) => fault !== 0)).toBe(true);
    await proxies.close();
  });

  it('run in a thread of their own', async () => {
    const server = await startServer(({ socket }) => socket.write(answer('{}')));
    const workerUrl = new URL('../../main/load/load-worker.ts', import.meta.url);
    const proxies = await createImpairmentProxies({ workerUrl, endpoints: [server.endpoint], network: network({ delayMs: 5 }), seed: 'seed', pin: false });
    expect(proxies.endpoints).not.toEqual([server.endpoint]);
    const { trips } = await send(proxies.endpoints, 9);
    for (const roundTripMs of trips.roundTripMs) expect(roundTripMs).toBeGreaterThanOrEqual(9);
    await proxies.close();
    await expect(createImpairmentProxies({ workerUrl: new URL('./none.mjs', import.meta.url), endpoints: [], network: network({}), seed: '', pin: false })).rejects.toMatchObject({ code: 'internal' });
  });

  it('stand before the port that speaks gRPC too', async () => {
    const [rest, grpc] = await Promise.all(['rest', 'grpc'].map((name) => startServer(({ socket }) => socket.write(answer(name)))));
    const proxies = await startImpairmentProxies([{ ...rest!.endpoint, grpcPort: grpc!.endpoint.port }], network({ delayMs: 1 }), 'seed');
    const [{ host, port, grpcPort }] = proxies.endpoints as [Endpoint];
    await send([{ host, port }], 3, '', (text) => text === 'rest');
    await send([{ host, port: grpcPort! }], 3, '', (text) => text === 'grpc');
    expect([rest!.requests.length, grpc!.requests.length]).toEqual([3, 3]);
    await proxies.close();
  });

  it('say how late messages went on, one for each request and each answer', async () => {
    const server = await startServer(({ socket }) => socket.write(answer('{}')));
    const proxies = await startImpairmentProxies([server.endpoint], network({ delayMs: 5.5 }), 'seed');
    await send(proxies.endpoints, 20);
    const { messages, lateMsMean, lateMsP99 } = await proxies.report();
    await proxies.close();
    expect(messages).toBe(40);
    // Timers go off at whole milliseconds: a delay of 5.5 ms is half a millisecond late at least.
    expect(lateMsMean).toBeGreaterThan(0.4);
    expect(lateMsP99).toBeGreaterThanOrEqual(lateMsMean);
  });

  it('have a cost of their own that is measured, and told from what a slower one costs', async () => {
    const plain = await startImpairmentProxies([], network({}), 'seed');
    const own = await measureHop(plain.hop, 6000);
    expect(own!.pairs).toBeGreaterThanOrEqual(40);
    expect(own!.low).toBeLessThanOrEqual(own!.median);
    expect(own!.high).toBeGreaterThanOrEqual(own!.median);
    const slow = await startImpairmentProxies([plain.hop.straight], network({ delayMs: 2 }), 'seed');
    const slowed = await measureHop({ ...plain.hop, proxied: slow.endpoints[0]! }, 6000);
    expect(slowed!.median).toBeGreaterThan(4);
    await Promise.all([slow.close(), plain.close()]);
    expect(await measureHop({ straight: { host: '127.0.0.1', port: await freePort() }, proxied: plain.hop.proxied }, 10)).toBeNull();
  });

  it('are not needed for a perfect network', () => {
    expect(isImpaired(network({}))).toBe(false);
    for (const name of ['delayMs', 'jitterMs', 'lossPercent', 'resetPercent'] as const) expect(isImpaired(network({ [name]: 1 }))).toBe(true);
  });
});
