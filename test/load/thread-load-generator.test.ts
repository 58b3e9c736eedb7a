import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createThreadLoadGenerator } from '../../main/load/thread-load-generator.ts';
import type { Endpoint, LoadGenerator } from '../../main/study/ports.ts';
import { loadPlan as plan } from './load-plan.ts';

const never = new AbortController().signal;
let dataRoot = '';
beforeAll(async () => {
  dataRoot = await mkdtemp(join(tmpdir(), 'load-'));
});
afterAll(() => rm(dataRoot, { recursive: true }));

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
