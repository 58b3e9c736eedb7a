import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApp, type App } from '../../main/compose.ts';
import { connectInMemory } from '../../main/contract/connection.ts';
import { createClient, type Client } from '../../main/contract/client.ts';
import { METHODS } from '../../main/contract/methods.ts';
import { studySpecSchema, usualBackend, type StudySpec } from '../../main/domain/study-spec.ts';
import { wishesOf, wishWords } from '../../main/domain/wishes.ts';
import { placesBeside } from '../../main/host/places.ts';
import { mountServices } from '../../main/host/router.ts';
import { createProjectFile } from '../../main/project/project-file.ts';
import { temporaryFolder } from '../project/temporary-folder.ts';

/** A project that somebody else made, in the real program: nothing it names is touched before the user says yes. */
const example = studySpecSchema.parse(JSON.parse(readFileSync(new URL('../../resources/examples/mnist-digits.json', import.meta.url), 'utf8')));
const hostile: StudySpec = {
  ...example,
  backend: { kind: 'docker', image: 'evil/image:1', modelFolder: '/etc', gpus: 'none', threadsFromCpu: true, pinCores: false },
  model: { ...example.model, dataPath: '/home/somebody/.ssh' },
};

let folder = '';
let apps: App[] = [];
const before = process.env['SERVESCAPE_DATA'];
beforeEach(() => {
  folder = temporaryFolder();
  process.env['SERVESCAPE_DATA'] = join(folder, 'data');
  apps = [];
});
afterEach(async () => {
  await Promise.all(apps.map((app) => app.close()));
  if (before === undefined) Reflect.deleteProperty(process.env, 'SERVESCAPE_DATA');
  else process.env['SERVESCAPE_DATA'] = before;
});

function program(): Client {
  const app = createApp({ ...placesBeside(new URL('../../main/host/cli.ts', import.meta.url).href), host: 'cli' });
  apps.push(app);
  const [page, host] = connectInMemory();
  mountServices(app.services, host);
  return createClient(page);
}

function fromElsewhere(name = 'gift'): string {
  const file = createProjectFile(join(folder, `${name}.servescape`), { name });
  file.createStudy(hostile, '2026-01-01T00:00:00.000Z');
  file.createSweep({ name: 'all', vary: { kind: 'concurrency', values: [1, 5] }, duel: false, repeats: 1, base: hostile }, '2026-01-01T00:00:00.000Z');
  file.close();
  return file.path;
}

async function watched(client: Client, method: 'model.try' | 'range.probe' | 'images.prepare', params: object): Promise<string> {
  return new Promise((resolve) => client.watch(method, params as never, { onItem: () => resolve('an item'), onError: ({ code }) => resolve(code), onEnd: () => resolve('the end') }));
}

describe('a project from elsewhere', () => {
  it('can be looked at, says what it asks for, and starts, mounts, pulls and reads nothing', async () => {
    const client = program();
    const project = await client.call('project.open', { path: fromElsewhere() });
    expect(project.asks).toEqual([{ kind: 'image', value: 'evil/image:1' }, { kind: 'place', value: '/home/somebody/.ssh' }, { kind: 'place', value: '/etc' }]);
    const ids = { projectId: project.projectId, studyId: 'study-1' };
    const refused = { code: 'not-allowed', message: expect.stringContaining('it wants to run the image “evil/image:1”') as string };
    await expect(client.call('study.start', ids)).rejects.toMatchObject(refused);
    await expect(client.call('study.step', ids)).rejects.toMatchObject(refused);
    await expect(client.call('deployed.start', { ...ids, trial: 1 })).rejects.toMatchObject(refused);
    await expect(client.call('sweep.startAll', { projectId: project.projectId })).rejects.toMatchObject(refused);
    await expect(client.call('sweep.start', { projectId: project.projectId, sweepId: 'sweep-1' })).rejects.toMatchObject(refused);
    const configuration = Object.fromEntries(hostile.space.map((one) => [one.name, one.kind === 'integer' || one.kind === 'real' ? one.low : one.values[0]!]));
    await expect(client.call('study.tryConfiguration', { ...ids, configuration })).rejects.toMatchObject({ code: expect.stringMatching(/not-allowed|bad-input/) as string });
    for (const method of ['model.try', 'range.probe'] as const) expect(await watched(client, method, { spec: hostile })).toBe('not-allowed');
    expect(await watched(client, 'images.prepare', { reference: 'evil/image:1' })).toBe('not-allowed');
    const check = await client.call('model.check', { spec: hostile });
    expect(check.data).toMatchObject({ words: '', problem: { message: expect.stringContaining('Not looked at') as string } });
  });

  it('is not made ours by passing through the form or by a new study from it', async () => {
    const client = program();
    const { projectId } = await client.call('project.open', { path: fromElsewhere() });
    await client.call('study.update', { projectId, studyId: 'study-1', spec: { ...hostile, name: 'Renamed' } });
    await client.call('study.update', { projectId, studyId: 'study-1', spec: { ...example, name: 'Local' } });
    await client.call('study.update', { projectId, studyId: 'study-1', spec: hostile });
    const { studyId } = await client.call('study.duplicate', { projectId, studyId: 'study-1' });
    await expect(client.call('study.start', { projectId, studyId })).rejects.toMatchObject({ code: 'not-allowed' });
  });

  it('is allowed once and for all its studies, on this machine, and another one is asked again', async () => {
    const client = program();
    const path = fromElsewhere();
    const { projectId } = await client.call('project.open', { path });
    expect((await client.call('project.trust', { projectId })).asks).toEqual([]);
    await client.call('project.close', { projectId });
    await apps.pop()!.close();
    expect((await program().call('project.open', { path })).asks).toEqual([]);
    process.env['SERVESCAPE_DATA'] = join(folder, 'another user');
    expect((await program().call('project.open', { path: fromElsewhere('again') })).asks).toHaveLength(3);
  });
});

it('does not ask for what the user picked here', async () => {
  const client = program();
  const project = await client.call('project.create', { template: 'mnist', name: 'mine' });
  await client.call('study.update', { projectId: project.projectId, studyId: 'study-1', spec: hostile });
  expect((await client.call('project.info', { projectId: project.projectId })).asks).toEqual([]);
  await apps.pop()!.close();
  expect((await program().call('project.open', { path: project.path })).asks).toEqual([]);
});

it('opens a file for writing once, also when it was looked at first', async () => {
  const client = program();
  const path = fromElsewhere();
  const looked = await client.call('project.open', { path, readOnly: true });
  expect(looked.readOnly).not.toBeNull();
  const opened = await client.call('project.open', { path });
  expect(opened.readOnly).toBeNull();
  expect((await client.call('project.open', { path })).projectId).toBe(opened.projectId);
  expect((await client.call('project.open', { path, readOnly: true })).projectId).toBe(opened.projectId);
});

it('knows every method that is handed a whole study', () => {
  const taking = Object.entries(METHODS).filter(([, { params }]) => 'spec' in params.shape).map(([name]) => name);
  // What starts, mounts or reads something has to ask `trust` first; add a new method here when it does.
  expect(taking.sort()).toEqual(['model.check', 'model.try', 'range.probe', 'study.plan', 'study.update', 'sweep.create']);
});

it('names images and places in one line, without anything a terminal would obey', () => {
  expect(wishesOf(example)).toEqual([]);
  expect(wishWords([{ kind: 'place', value: '/tmp/\u001b[31mx\ny\u202e' }])).toBe('use the folder or file “/tmp/ [31mx y ”');
  expect(wishWords(wishesOf(hostile))).toBe('run the image “evil/image:1”, use the folder or file “/home/somebody/.ssh” and use the folder or file “/etc”');
});

it('asks before a swarm or an engine elsewhere is used too', () => {
  const swarm = { ...example, backend: { ...usualBackend('swarm'), image: 'evil/image:1', modelFolder: '/etc', engines: ['here', 'ssh://root@far'] } } as typeof example;
  expect(wishWords(wishesOf(swarm))).toBe('run the image “evil/image:1”, use the engine “ssh://root@far” and use the folder or file “/etc”');
});
