import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { measurementSpecSchema } from '../../main/domain/study-spec.ts';
import { createThreadLoadGenerator } from '../../main/load/thread-load-generator.ts';
import type { Endpoint, LoadGenerator, LoadPlan, LoadTick } from '../../main/study/ports.ts';
import { writeDigits } from '../workloads/idx-file.ts';
import { answer, closeServers, freePort, predictions, startServer, type SeenRequest } from './servers.ts';

const workerUrl = new URL('../../main/load/load-worker.ts', import.meta.url);
const never = new AbortController().signal;
const good = (request: SeenRequest): unknown => request.socket.write(answer(predictions(1)));
let dataRoot = '';
let generator: LoadGenerator;

beforeAll(async () => {
  dataRoot = await mkdtemp(join(tmpdir(), 'load-'));
  await writeDigits(dataRoot);
  generator = createThreadLoadGenerator({ workerUrl, dataRoot });
});
afterEach(closeServers);
afterAll(async () => {
  await generator.close();
  await rm(dataRoot, { recursive: true });
});

function plan(endpoints: readonly Endpoint[], changes: Partial<LoadPlan> = {}, count = 200): LoadPlan {
  return {
    endpoints,
    model: { workload: 'digits', transport: 'http', balancing: 'least-outstanding' },
    environment: { concurrency: 4, requestBatchSize: 1, inputs: 'unique', network: { delayMs: 0, jitterMs: 0, lossPercent: 0, resetPercent: 0 } },
    measurement: measurementSpecSchema.parse({ requests: { kind: 'fixed', count }, readyTimeoutMs: 1000 }),
    seed: 'study/1',
    ...changes,
  };
}

describe('the load thread', () => {
  it('returns every round trip as columns, with ticks and its own lag and CPU share', async () => {
    const servers = await Promise.all([startServer(good), startServer(good)]);
    const ticks: LoadTick[] = [];
    const result = await generator.run(plan(servers.map(({ endpoint }) => endpoint)), { signal: never, onTick: (tick) => ticks.push(tick) });
    expect(result.trips.roundTripMs.length).toBe(200);
    expect([...result.trips.fault].every((fault) => fault === 0)).toBe(true);
    expect(result.trips.excluded.reduce((sum, mark) => sum + mark, 0)).toBe(4);
    expect(Math.min(...result.trips.startMs)).toBe(0);
    expect(result.durationS).toBeGreaterThan(0);
    expect(result.lagMsP99).toBeGreaterThanOrEqual(0);
    expect(result.cpuShare).toBeGreaterThan(0);
    expect(result.sure).toBe(true);
    expect(ticks.at(-1)?.finished).toBe(200);
  });

  it('sends the same inputs in the same order for the same seed, others for another', async () => {
    const bodies = async (seed: string): Promise<string[]> => {
      const server = await startServer(good);
      const { environment } = plan([]);
      await generator.run(plan([server.endpoint], { seed, environment: { ...environment, concurrency: 1 } }, 50), { signal: never, onTick: () => undefined });
      return server.requests.map(({ body }) => body);
    };
    const first = await bodies('a');
    expect(new Set(first).size).toBe(40);
    expect(await bodies('a')).toEqual(first);
    expect(await bodies('b')).not.toEqual(first);
  });

  it('ends an abort soon, closes its connections, and measures again afterwards', async () => {
    const abort = new AbortController();
    const silent = await startServer(() => abort.abort(new Error('stopped by the user')));
    await expect(generator.run(plan([silent.endpoint]), { signal: abort.signal, onTick: () => undefined })).rejects.toThrowError('stopped by the user');
    await expect.poll(() => silent.sockets.size).toBe(0);
    const server = await startServer(good);
    const { trips } = await generator.run(plan([server.endpoint], {}, 30), { signal: never, onTick: () => undefined });
    expect(trips.fault.length).toBe(30);
  });

  it('refuses an aborted signal, a second run at once, and no replicas', async () => {
    await expect(generator.run(plan([]), { signal: AbortSignal.abort(new Error('before')), onTick: () => undefined })).rejects.toThrowError('before');
    await expect(generator.run(plan([]), { signal: never, onTick: () => undefined })).rejects.toMatchObject({ code: 'bad-input', details: { field: 'endpoints' } });
    const abort = new AbortController();
    const silent = await startServer(() => undefined);
    const first = generator.run(plan([silent.endpoint]), { signal: abort.signal, onTick: () => undefined });
    await expect(generator.run(plan([silent.endpoint]), { signal: never, onTick: () => undefined })).rejects.toMatchObject({ code: 'conflict' });
    abort.abort(new Error('over'));
    await expect(first).rejects.toThrowError('over');
  });

  it('measures through an impaired network, and never otherwise', async () => {
    const server = await startServer(good);
    const { environment } = plan([]);
    const impaired = { ...environment, network: { ...environment.network, delayMs: 5 } };
    const { trips, network } = await generator.run(plan([server.endpoint], { environment: impaired }, 20), { signal: never, onTick: () => undefined });
    expect(network).toMatchObject({ by: 'proxy', messages: 40, ownMs: { pairs: expect.any(Number) } });
    const unimpaired = await generator.run(plan([server.endpoint], {}, 20), { signal: never, onTick: () => undefined });
    expect(unimpaired.network).toBeUndefined();
    for (const roundTripMs of trips.roundTripMs) expect(roundTripMs).toBeGreaterThanOrEqual(9);
    expect(trips.fault.length).toBe(20);
    await expect.poll(() => server.sockets.size).toBe(0);
  });

  it('brings typed errors across', async () => {
    const elsewhere = createThreadLoadGenerator({ workerUrl, dataRoot: join(dataRoot, 'nowhere') });
    await expect(elsewhere.run(plan([{ host: '127.0.0.1', port: 1 }]), { signal: never, onTick: () => undefined })).rejects.toMatchObject({ code: 'model-missing' });
    await elsewhere.close();
  });

  it('passes on what the listener throws', async () => {
    const server = await startServer(good);
    const listener = (): void => {
      throw new Error('listener');
    };
    await expect(generator.run(plan([server.endpoint]), { signal: never, onTick: listener })).rejects.toThrowError('listener');
  });
});

describe('a thread that breaks', () => {
  const broken = async (source: string): Promise<LoadGenerator> => {
    const path = join(dataRoot, `broken-${source.length}.mjs`);
    await writeFile(path, source);
    return createThreadLoadGenerator({ workerUrl: pathToFileURL(path), dataRoot });
  };
  const server: Endpoint = { host: '127.0.0.1', port: 1 };

  it.each([
    ['throws', `import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => { throw new Error('broken thread'); });`, /broken thread/],
    ['exits', `import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(3));`, /without saying why/],
  ])('a thread that %s is a typed error, each time', async (_, source, message) => {
    const own = await broken(source);
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(own.run(plan([server]), { signal: never, onTick: () => undefined })).rejects.toMatchObject({ code: 'internal', message: expect.stringMatching(message) as string });
    }
    await own.close();
  });

  it('a thread that ignores an abort is ended', async () => {
    const own = await broken(`import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => { for (;;); });`);
    const abort = new AbortController();
    const run = own.run(plan([server]), { signal: abort.signal, onTick: () => undefined });
    abort.abort(new Error('over'));
    await expect(run).rejects.toThrowError('over');
    await own.close();
  });

  it('closing ends a run', async () => {
    const own = createThreadLoadGenerator({ workerUrl, dataRoot });
    const silent = await startServer(() => undefined);
    const run = own.run(plan([silent.endpoint]), { signal: never, onTick: () => undefined });
    const ended = expect(run).rejects.toMatchObject({ code: 'aborted' });
    await own.close();
    await ended;
  });
});

describe('several threads', () => {
  it('share requests in flight and counts, and come back as one trial in order of completion', async () => {
    const waiting: SeenRequest[] = [];
    let most = 0;
    const server = await startServer((request) => {
      waiting.push(request);
      most = Math.max(most, waiting.length);
      /** The loop stays full until both have enough: fewer than five in flight would hang. */
      if (waiting.length === 5 || server.requests.length > 300) waiting.splice(0).forEach(good);
    });
    const ticks: LoadTick[] = [];
    const threaded = plan([server.endpoint], { environment: { ...plan([]).environment, concurrency: 5 } }, 300);
    const result = await generator.run({ ...threaded, measurement: { ...threaded.measurement, threads: 2 } }, { signal: never, onTick: (tick) => ticks.push(tick) });
    expect(most).toBe(5);
    expect(result.threads).toBe(2);
    expect(result.trips.fault.length).toBeGreaterThanOrEqual(300);
    expect(result.trips.excluded.filter((mark) => mark === 0).length).toBeGreaterThanOrEqual(298);
    expect(result.trips.excluded.filter((mark) => mark === 0).length).toBeLessThanOrEqual(300);
    const ends = result.trips.startMs.map((start, i) => start + result.trips.roundTripMs[i]!);
    expect([...ends]).toEqual([...ends].sort((a, b) => a - b));
    expect(Math.min(...result.trips.startMs)).toBe(0);
    expect(ticks.at(-1)).toMatchObject({ finished: result.trips.fault.length, failed: 0 });
  });

  it('an error in one ends all', async () => {
    const threaded = plan([{ host: '127.0.0.1', port: await freePort() }]);
    await expect(generator.run({ ...threaded, measurement: { ...threaded.measurement, threads: 3, timeoutMs: 50 } }, { signal: never, onTick: () => undefined })).rejects.toMatchObject({ code: 'no-answers' });
  });
});
