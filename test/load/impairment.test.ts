import { afterEach, describe, expect, it } from 'vitest';
import { createRandom } from '../../main/domain/random.ts';
import { networkSchema, type NetworkImpairment } from '../../main/domain/study-spec.ts';
import { createBalancer } from '../../main/load/balancer.ts';
import { HTTP } from '../../main/load/client-connection.ts';
import { closedPacing } from '../../main/load/pacing.ts';
import { drive, type DriveResult } from '../../main/load/drive.ts';
import { createFates, startImpairmentProxies } from '../../main/load/impairment-proxy.ts';
import { createImpairmentProxies, isImpaired } from '../../main/load/impairment.ts';
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
    const proxies = await createImpairmentProxies({ workerUrl, endpoints: [server.endpoint], network: network({ delayMs: 5 }), seed: 'seed' });
    expect(proxies.endpoints).not.toEqual([server.endpoint]);
    const { trips } = await send(proxies.endpoints, 9);
    for (const roundTripMs of trips.roundTripMs) expect(roundTripMs).toBeGreaterThanOrEqual(9);
    await proxies.close();
    await expect(createImpairmentProxies({ workerUrl: new URL('./none.mjs', import.meta.url), endpoints: [], network: network({}), seed: '' })).rejects.toMatchObject({ code: 'internal' });
  });

  it('are not needed for a perfect network', () => {
    expect(isImpaired(network({}))).toBe(false);
    for (const name of ['delayMs', 'jitterMs', 'lossPercent', 'resetPercent'] as const) expect(isImpaired(network({ [name]: 1 }))).toBe(true);
  });
});
