import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../../main/serving/docker/engine.ts';
import { ensureServerImage } from '../../../main/serving/docker/server-image.ts';
import { imageSource, noEngine, onEngine } from './docker-harness.ts';
import { drill } from './drill.ts';

/** Every way a trial can go wrong on a real engine: the right code, a sentence with a way on, and a study that completes. */
describe.skipIf(noEngine !== null)(onEngine('fault drills'), () => {
  let docker: Docker;
  let bundled: string;
  let folder: string;
  const made: string[] = [];

  beforeAll(async () => {
    const engine = await openEngine();
    docker = engine.docker;
    bundled = await ensureServerImage(engine, imageSource);
    folder = mkdtempSync(join(tmpdir(), 'servescape-drill-'));
    mkdirSync(join(folder, 'saved', '1'), { recursive: true });
    writeFileSync(join(folder, 'saved', '1', 'saved_model.pb'), '');
  });
  afterAll(async () => {
    for (const name of made) await docker.getImage(name).remove({ force: true }).catch(() => undefined);
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  /** The bundled image with another entry point, by the name of a stranger's. */
  async function imageThat(name: string, entry: readonly string[]): Promise<string> {
    const container = await docker.createContainer({ Image: bundled });
    await container.commit({ repo: `servescape-drill/${name}`, tag: '1', changes: `ENTRYPOINT ${JSON.stringify(entry)}` });
    await container.remove({ force: true });
    made.push(`servescape-drill/${name}:1`);
    return `servescape-drill/${name}:1`;
  }
  const foreign = (image: string): { image: string; modelFolder: string } => ({ image, modelFolder: join(folder, 'saved') });

  it('an image that is not there', async () => {
    const { trials, remains } = await drill({ trials: 1, backend: foreign('servescape-drill/absent:1') });
    expect(trials[0]!.failure).toMatchObject({ code: 'image-missing', message: 'There is no image servescape-drill/absent:1 on this machine.' });
    expect(trials[0]!.failure!.hint).toContain('docker pull servescape-drill/absent:1');
    expect(remains).toEqual([]);
  });

  it('an image that cannot be started', async () => {
    const { trials } = await drill({ trials: 1, backend: foreign(await imageThat('broken', ['/nope'])) });
    expect(trials[0]!.failure).toMatchObject({ code: 'image-unusable', message: expect.stringContaining('/nope') });
  });

  it('a server that exits at start, with its last words', async () => {
    const image = await imageThat('exits', ['/bin/node', '-e', 'console.error("no such device"); process.exit(3)', '--']);
    const { trials, remains } = await drill({ trials: 1, backend: foreign(image) });
    expect(trials[0]!.failure).toMatchObject({ code: 'exited-at-start', log: ['no such device'] });
    expect(trials[0]!.failure!.message).toBe('Replica 1 ended before it was ready: it left with exit code 3. Its last line: no such device');
    expect(remains).toEqual([]);
  });

  it('a server that is never ready', async () => {
    const image = await imageThat('sleeps', ['/bin/node', '-e', 'console.log("thinking"); setInterval(() => {}, 1000)', '--']);
    const { trials, remains } = await drill({ trials: 1, readyTimeoutMs: 1500, backend: foreign(image) });
    expect(trials[0]!.failure).toMatchObject({ code: 'not-ready', log: ['thinking'] });
    expect(remains).toEqual([]);
  });

  it('a folder without a SavedModel, refused before anything starts', async () => {
    mkdirSync(join(folder, 'speech', '1'), { recursive: true });
    writeFileSync(join(folder, 'speech', '1', 'output_graph.pbmm'), '');
    const { trials } = await drill({ trials: 1, backend: { ...foreign('any:1'), modelFolder: join(folder, 'speech') } });
    expect(trials[0]!.failure).toMatchObject({ code: 'model-unusable', message: expect.stringMatching(/no SavedModel: saved_model\.pb is missing\. It holds a DeepSpeech/) });
  });

  it('memory that is not enough under load', async () => {
    const { trials } = await drill({
      serving: { memoryMb: 112 },
      duringLoad: async (_harness, { endpoints: [endpoint] }) => {
        const body = `{"instances":[${'[1.25],'.repeat(4_000_000)}[1]]}`;
        await fetch(`http://${endpoint!.host}:${endpoint!.port}/v1/models/digits:predict`, { method: 'POST', body }).catch(() => undefined);
      },
    });
    expect(trials[0]!.failure).toMatchObject({ code: 'out-of-memory', message: expect.stringMatching(/^Under this load replica 1 needed more than its 112 MB: .*(OOMKilled|“oom” event|memory kill|heap)/) });
    expect(trials[0]!.failure!.log.length).toBeGreaterThan(0);
    expect(trials[1]!.state).toBe('complete');
  });

  it('a crash in the middle of the load, which is not called out of memory', async () => {
    const { trials, remains } = await drill({
      duringLoad: async (harness) => harness.docker.getContainer((await harness.containers())[0]!.Id).kill(),
    });
    expect(trials[0]!.failure).toMatchObject({ code: 'crashed-under-load', message: expect.stringContaining('not for memory') });
    expect(trials[0]!.failure!.log.join()).toContain('Successfully loaded servable');
    expect(trials[1]!.state).toBe('complete');
    expect(remains).toEqual([]);
  });

  it('a pause', async () => {
    const { trials } = await drill({
      duringLoad: async (harness) => harness.docker.getContainer((await harness.containers())[0]!.Id).pause(),
    });
    expect(trials.map(({ state, failure }) => failure?.code ?? state)).toEqual(['replica-paused', 'complete']);
  });

  it('a container somebody removes', async () => {
    const { trials } = await drill({
      duringLoad: async (harness) => harness.docker.getContainer((await harness.containers())[0]!.Id).remove({ force: true }),
    });
    expect(trials.map(({ state, failure }) => failure?.code ?? state)).toEqual(['crashed-under-load', 'complete']);
  });

  it('a GPU without the toolkit', async ({ skip }) => {
    const { Runtimes } = (await docker.info()) as { Runtimes: Record<string, unknown> };
    if ('nvidia' in Runtimes) skip('this engine has the NVIDIA toolkit');
    const { trials, remains } = await drill({ trials: 1, backend: { gpus: 'all' } });
    expect(trials[0]!.failure).toMatchObject({ code: 'gpu-unavailable', message: expect.stringContaining('could not select device driver') });
    expect(remains).toEqual([]);
  });

  it('a limit above the machine', async () => {
    const { trials } = await drill({ trials: 1, serving: { memoryMb: 1_000_000 } });
    expect(trials[0]!.failure).toMatchObject({ code: 'limit-above-machine', hint: expect.stringMatching(/^Lower the highest memory to \d+ MB or less\.$/) });
  });

  it('a port somebody else has', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { trials, remains } = await drill({ trials: 1, endpoints: 'published', hostPort: port });
    server.close();
    expect(trials[0]!.failure).toMatchObject({ code: 'port-taken', message: expect.stringContaining(String(port)) });
    expect(remains).toEqual([]);
  });

  it('no engine', async () => {
    const address = { options: { socketPath: join(folder, 'none.sock') }, isLocal: true, words: 'nowhere' };
    const { trials } = await drill({ address });
    expect(trials.map(({ failure }) => failure?.code)).toEqual(['backend-unavailable', 'backend-unavailable']);
  });
});
