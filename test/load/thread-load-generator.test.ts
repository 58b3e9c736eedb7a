import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLoadThread } from '../../main/load/load-thread.ts';
import { createThreadLoadGenerator } from '../../main/load/thread-load-generator.ts';
import type { Endpoint, LoadGenerator } from '../../main/study/ports.ts';
import { loadPlan as plan } from './load-plan.ts';
import { answer, closeServers, predictions, startServer } from './servers.ts';

const never = new AbortController().signal;
let dataRoot = '';
beforeAll(async () => {
  dataRoot = await mkdtemp(join(tmpdir(), 'load-'));
});
afterAll(async () => {
  await closeServers();
  await rm(dataRoot, { recursive: true });
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
});

it('a thread that is ready sends nothing before the word, so that several begin together', async () => {
  const server = await startServer(({ socket }) => socket.write(answer(predictions(1))));
  const threads = [1, 2].map(() => createLoadThread({ workerUrl: new URL('../../main/load/load-worker.ts', import.meta.url), dataRoot: fileURLToPath(new URL('../../resources/data', import.meta.url)) }));
  const ready = threads.map(() => Promise.withResolvers<void>());
  const runs = threads.map((thread, i) => thread.run(plan([server.endpoint], {}, 20), { signal: never, onTick: () => undefined, onReady: ready[i]!.resolve }));
  await Promise.all(ready.map(({ promise }) => promise));
  expect(server.requests).toHaveLength(0);
  threads[0]!.go();
  const first = await runs[0]!;
  expect(server.requests).toHaveLength(first.trips.startMs.length);
  threads[1]!.go();
  await runs[1];
  expect(server.requests).toHaveLength(40);
  await Promise.all(threads.map((thread) => thread.close()));
});
