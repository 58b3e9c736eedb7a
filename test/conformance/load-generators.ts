import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LoadGenerator, LoadPlan, LoadTick } from '../../main/study/ports.ts';
import { loadPlan as plan } from '../load/load-plan.ts';
import { answer, closeServers, freePort, predictions, startServer, type SeenRequest } from '../load/servers.ts';

/** How one kind of load generator is made. Its servers run in this process, on 127.0.0.1. */
export interface LoadBench {
  /** With the data of `dataRoot`, when it is given, else with forty digits. */
  readonly make: (dataRoot?: string) => LoadGenerator;
  /** Everything of this bench that still exists on the machine, in words. */
  remains(): Promise<readonly string[]>;
  dispose(): Promise<void>;
}

const never = new AbortController().signal;
const good = (request: SeenRequest): unknown => request.socket.write(answer(predictions(1)));

/** Promises every load generator keeps. One generator serves all of them, as it serves all trials of a study. */
export function describeLoadGenerator(name: string, open: () => Promise<LoadBench>): void {
  describe(`load generator: ${name}`, () => {
    let bench: LoadBench;
    let generator: LoadGenerator;
    beforeAll(async () => {
      bench = await open();
      generator = bench.make();
    });
    afterEach(closeServers);
    afterAll(async () => {
      await generator?.close();
      await bench?.dispose();
    });
    const run = (wanted: LoadPlan, onTick: (tick: LoadTick) => void = () => undefined, signal = never) => generator.run(wanted, { signal, onTick });

    it('returns every round trip as columns, with ticks and its own lag and CPU share', async () => {
      const servers = await Promise.all([startServer(good), startServer(good)]);
      const ticks: LoadTick[] = [];
      const result = await run(plan(servers.map(({ endpoint }) => endpoint)), (tick) => ticks.push(tick));
      expect(result.trips.roundTripMs).toBeInstanceOf(Float64Array);
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
        await run(plan([server.endpoint], { seed, environment: { ...environment, concurrency: 1 } }, 50));
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
      await expect(run(plan([silent.endpoint]), undefined, abort.signal)).rejects.toThrowError('stopped by the user');
      await expect.poll(() => silent.sockets.size).toBe(0);
      const server = await startServer(good);
      const { trips } = await run(plan([server.endpoint], {}, 30));
      expect(trips.fault.length).toBe(30);
    });

    it('refuses an aborted signal, a second run at once, and no replicas', async () => {
      await expect(run(plan([]), undefined, AbortSignal.abort(new Error('before')))).rejects.toThrowError('before');
      await expect(run(plan([]))).rejects.toMatchObject({ code: 'bad-input', details: { field: 'endpoints' } });
      const abort = new AbortController();
      const silent = await startServer(() => undefined);
      const first = run(plan([silent.endpoint]), undefined, abort.signal);
      await expect(run(plan([silent.endpoint]))).rejects.toMatchObject({ code: 'conflict' });
      abort.abort(new Error('over'));
      await expect(first).rejects.toThrowError('over');
    });

    it('measures through an impaired network, and never otherwise', async () => {
      const server = await startServer(good);
      const { environment } = plan([]);
      const impaired = { ...environment, network: { ...environment.network, delayMs: 5 } };
      const { trips, network } = await run(plan([server.endpoint], { environment: impaired }, 20));
      expect(network).toMatchObject({ by: 'proxy', messages: 40, ownMs: { pairs: expect.any(Number) } });
      const unimpaired = await run(plan([server.endpoint], {}, 20));
      expect(unimpaired.network).toBeUndefined();
      for (const roundTripMs of trips.roundTripMs) expect(roundTripMs).toBeGreaterThanOrEqual(9);
      expect(trips.fault.length).toBe(20);
      await expect.poll(() => server.sockets.size).toBe(0);
    });

    it('passes on what the listener throws, and measures again afterwards', async () => {
      const server = await startServer(good);
      const listener = (): void => {
        throw new Error('listener');
      };
      await expect(run(plan([server.endpoint]), listener)).rejects.toThrowError('listener');
      expect((await run(plan([server.endpoint], {}, 30))).trips.fault.length).toBe(30);
    });

    it('of several threads: they share requests in flight and counts, and come back as one trial in order of completion', async () => {
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
      const result = await run({ ...threaded, measurement: { ...threaded.measurement, threads: 2 } }, (tick) => ticks.push(tick));
      expect(most).toBe(5);
      expect(result.threads).toBe(2);
      expect(result.trips.fault.length).toBeGreaterThanOrEqual(300);
      const counted = result.trips.excluded.filter((mark) => mark === 0).length;
      expect(counted).toBeGreaterThanOrEqual(298);
      expect(counted).toBeLessThanOrEqual(300);
      const ends = result.trips.startMs.map((start, i) => start + result.trips.roundTripMs[i]!);
      expect([...ends]).toEqual([...ends].sort((a, b) => a - b));
      expect(Math.min(...result.trips.startMs)).toBe(0);
      expect(ticks.at(-1)).toMatchObject({ finished: result.trips.fault.length, failed: 0 });
    });

    it('of several threads: an error in one ends all, and comes across as it is', async () => {
      const threaded = plan([{ host: '127.0.0.1', port: await freePort() }]);
      await expect(run({ ...threaded, measurement: { ...threaded.measurement, threads: 3, timeoutMs: 50 } })).rejects.toMatchObject({ code: 'no-answers' });
    });

    it('tells the network alone: without any work of the server, null where nobody listens', async () => {
      const silent = await startServer(() => undefined);
      const ms = await generator.networkMs!([silent.endpoint, silent.endpoint]);
      expect(ms).toBeGreaterThan(0);
      expect(silent.requests).toEqual([]);
      expect(await generator.networkMs!([{ host: '127.0.0.1', port: await freePort() }])).toBeNull();
    });

    it('says so when there are no data', async () => {
      const elsewhere = bench.make('/nowhere');
      await expect(elsewhere.run(plan([{ host: '127.0.0.1', port: 1 }]), { signal: never, onTick: () => undefined })).rejects.toMatchObject({ code: 'model-missing' });
      await elsewhere.close();
    });

    it('ends a run when it is closed, takes no other, and leaves nothing behind', async () => {
      const silent = await startServer(() => undefined);
      const ended = expect(run(plan([silent.endpoint]))).rejects.toMatchObject({ code: 'aborted' });
      await expect.poll(() => silent.requests.length).toBeGreaterThan(0);
      await generator.close();
      await ended;
      await expect(run(plan([silent.endpoint]))).rejects.toMatchObject({ code: 'aborted' });
      await generator.close();
      expect(await bench.remains()).toEqual([]);
    });
  });
}
