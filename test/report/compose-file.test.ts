import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { composeFiles, type ComposeProject } from '../../main/report/compose-file.ts';
import { batchingFileText, monitoringFileText } from '../../main/serving/batching-file.ts';
import { commandOf } from '../../main/serving/docker/container-plan.ts';
import { openEngine } from '../../main/serving/docker/engine.ts';
import { ensureServerImage } from '../../main/serving/docker/server-image.ts';
import { imageSource, MODELS, noEngine, predict, SMALL } from '../serving/docker/docker-harness.ts';

const serving = { ...SMALL, replicas: 2, cpuCores: 0.45, memoryMb: 200, maxBatchSize: 4 };
const project: ComposeProject = {
  name: 'Digits, trial 9', remarks: ['Servescape: Digits, trial 9.', 'two\nlines'], serving, image: 'servescape/model-server:0.1.0', modelName: 'digits',
  modelFolder: join(MODELS, 'digits'), command: commandOf({ threadsFromCpu: true, gpus: 'none' }, serving),
  batchingText: batchingFileText(serving), monitoringText: monitoringFileText(), firstPort: 8501, gpus: 'none', cpuset: null,
};

describe('a compose file', () => {
  it('carries every knob of the configuration, and swap equal to memory', () => {
    const text = composeFiles(project, 'inline')[0]!.text;
    for (const line of ['    scale: 2', '    cpus: 0.45', '    mem_limit: 200m', '    memswap_limit: 200m', '    ports: ["127.0.0.1:8501-8502:8501"]', 'name: "digits-trial-9"', '      max_batch_size { value: 4 }']) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toContain('# two lines');
  });

  it('has its parts in files of their own for older versions', () => {
    expect(composeFiles(project, 'files').map(({ name }) => name)).toEqual(['compose.yaml', 'batching.txt', 'monitoring.txt']);
  });

  it('asks for GPUs, and hides what compose would take for a variable', () => {
    const text = composeFiles({ ...project, gpus: '0,1', modelFolder: '/a$b' }, 'inline')[0]!.text;
    expect(text).toContain('{ driver: nvidia, device_ids: ["0", "1"], capabilities: [gpu] }');
    expect(text).toContain('"/a$$b:/models/digits:ro"');
  });
});

const program = (['docker compose', 'docker-compose'] as const).find((words) => {
  try {
    const [name, ...args] = words.split(' ');
    execFileSync(name!, [...args, 'version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});
const missing = noEngine ?? (program === undefined ? 'neither docker compose nor docker-compose is installed' : null);

describe.skipIf(missing !== null)(missing === null ? 'started' : `started [skipped: ${missing}]`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'servescape-compose-'));
  const compose = async (...args: string[]): Promise<string> => {
    const [name, ...first] = program!.split(' ');
    return (await promisify(execFile)(name!, [...first, ...args], { cwd: folder })).stdout;
  };
  afterAll(async () => {
    await compose('down', '-v', '--timeout', '0');
    rmSync(folder, { recursive: true, force: true });
  });

  it('answers on every port, with the limits it names, and each replica reaches both in their own network', async () => {
    const engine = await openEngine();
    const image = await ensureServerImage(engine, imageSource);
    const firstPort = await twoFreePorts();
    for (const { name, text } of composeFiles({ ...project, image, firstPort }, 'files')) writeFileSync(join(folder, name), text);
    await compose('up', '-d');
    for (const port of [firstPort, firstPort + 1]) {
      await vi.waitFor(async () => expect((await predict({ host: '127.0.0.1', port })).status).toBe(200), { timeout: 60_000, interval: 200 });
    }
    const ids = (await compose('ps', '-q')).trim().split('\n');
    expect(ids).toHaveLength(2);
    const neighbours = await engine.docker.getContainer(ids[0]!).exec({
      Cmd: ['/bin/node', '-e', 'require("dns").promises.resolve4("replica").then((all) => Promise.all(all.map((one) => fetch(`http://${one}:8501/v1/models/digits`)))).then((all) => process.exit(all.filter(({ ok }) => ok).length))'],
    });
    (await neighbours.start({})).resume();
    await vi.waitFor(async () => expect((await neighbours.inspect()).ExitCode).toBe(2), { timeout: 60_000, interval: 200 });
    for (const id of ids) {
      const { HostConfig } = await engine.docker.getContainer(id).inspect();
      expect(HostConfig).toMatchObject({ NanoCpus: 450_000_000, Memory: 200 * 2 ** 20, MemorySwap: 200 * 2 ** 20, ReadonlyRootfs: true, CapDrop: ['ALL'] });
    }
  });
});

/** Two neighbouring ports nobody has. */
async function twoFreePorts(): Promise<number> {
  for (;;) {
    const first = createServer().listen(0, '127.0.0.1');
    await once(first, 'listening');
    const { port } = first.address() as { port: number };
    const second = createServer();
    const free = port < 65_535 && await new Promise<boolean>((resolve) => second.once('error', () => resolve(false)).listen(port + 1, '127.0.0.1', () => resolve(true)));
    await Promise.all([first, second].map((server) => new Promise((resolve) => server.close(resolve))));
    if (free) return port;
  }
}
