import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import { afterEach, describe, expect, it } from 'vitest';
import { findEngineAddress } from '../../../main/serving/docker/engine-address.ts';
import { isOwnerAlive, OWNER_LABEL, ownerText, parseOwner, PROJECT_LABEL, SESSION_LABEL, thisOwner } from '../../../main/serving/docker/labels.ts';
import { sweepEngine } from '../../../main/serving/docker/sweep.ts';
import { noEngine, onEngine } from './docker-harness.ts';

describe('owners', () => {
  it('are told from a later process with the same number, and from other machines', async () => {
    const owner = await thisOwner();
    expect(parseOwner(ownerText(owner))).toEqual(owner);
    expect(await isOwnerAlive(owner)).toBe(true);
    expect(await isOwnerAlive({ ...owner, startedAt: '12' })).toBe(false);
    expect(await isOwnerAlive({ ...owner, pid: 4_000_000 })).toBe(false);
    expect(await isOwnerAlive({ ...owner, pid: 4_000_000, host: 'elsewhere' })).toBe(true);
  });

  it.each([undefined, '', 'nonsense', '{}', '["a"]', '["a",-1,"x"]', '[1,2,3]'])('cannot be read from %j', (text) => {
    expect(parseOwner(text)).toBeNull();
  });
});

describe('the command line', () => {
  const asked: Socket[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'servescape-asked-'));
  const socketPath = join(folder, 'engine.sock');
  const engine = createServer((socket) => void asked.push(socket.on('error', () => undefined).end()));
  afterEach(() => {
    engine.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.skipIf(process.platform === 'win32')('leaves Docker alone until a study uses it', async () => {
    await once(engine.listen(socketPath), 'listening');
    const cli = fileURLToPath(new URL('../../../main/host/cli.ts', import.meta.url));
    const environment = { ...process.env, DOCKER_HOST: `unix://${socketPath}`, SERVESCAPE_DATA: join(folder, 'data') };
    const run = (...args: string[]): Promise<unknown> => promisify(execFile)(process.execPath, [cli, ...args], { env: environment, cwd: folder });
    await run('new', 'simulated', '--out', 'study.json');
    await run('run', 'study.json', '--trials', '1', '--json');
    expect(asked.length).toBe(0);
    await run('image', 'list').catch(() => undefined);
    expect(asked.length).toBeGreaterThan(0);
  });
});

describe.skipIf(noEngine !== null)(onEngine('an app killed with kill -9'), () => {
  const docker = new Docker({ ...findEngineAddress().options });
  let parent: ChildProcess | null = null;
  const strangers: string[] = [];
  afterEach(async () => {
    parent?.kill('SIGKILL');
    await sweepEngine(docker);
    for (const id of strangers.splice(0)) await docker.getContainer(id).remove({ force: true, v: true }).catch(() => undefined);
  });

  async function stranger(labels: Record<string, string>): Promise<string> {
    const { id } = await docker.createContainer({ Image: (await docker.listImages())[0]!.Id, Labels: labels });
    strangers.push(id);
    return id;
  }
  const exists = (id: string): Promise<boolean> => docker.getContainer(id).inspect().then(() => true, () => false);

  it('is left alone while it runs; then its containers and volumes go, and nothing else does', async () => {
    parent = spawn(process.execPath, [fileURLToPath(new URL('./deploy-and-wait.ts', import.meta.url))], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(parent.stdout!, 'data')) as [Buffer];
    const filters = { label: [`${PROJECT_LABEL}=${String(line).trim()}`] };
    const unlabelled = await stranger({});
    const nameless = await stranger({ [SESSION_LABEL]: 'x' });
    const elsewhere = await stranger({ [SESSION_LABEL]: 'x', [OWNER_LABEL]: ownerText({ host: 'another-machine', pid: 1, startedAt: '1' }) });

    await sweepEngine(docker);
    expect((await docker.listContainers({ filters })).map(({ State }) => State)).toEqual(['running', 'running']);

    parent.kill('SIGKILL');
    await once(parent, 'exit');
    expect(await sweepEngine(docker)).toContain('Removed 2 containers left by an earlier session.');
    expect(await docker.listContainers({ all: true, filters })).toEqual([]);
    expect((await docker.listVolumes({ filters })).Volumes ?? []).toEqual([]);
    expect(await sweepEngine(docker)).toEqual([]);
    expect(await Promise.all([unlabelled, nameless, elsewhere].map(exists))).toEqual([true, true, true]);
  });
});
