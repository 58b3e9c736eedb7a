import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createClient, type Client } from '../../main/contract/client.ts';
import type { StudySpec } from '../../main/domain/study-spec.ts';

const root = resolve(import.meta.dirname, '../..');

describe('the package’s configuration', () => {
  const load = createRequire(createRequire(import.meta.url).resolve('electron-builder'));
  const { getConfig, validateConfiguration } = load('app-builder-lib/out/util/config/config.js') as {
    getConfig(folder: string, file: string): Promise<Record<string, unknown>>;
    validateConfiguration(config: unknown, log: { isEnabled: boolean; add(): void }): Promise<void>;
  };

  it.each(['electron-builder.yml', 'resources/packaging/with-updates.yml'])('%s is what electron-builder takes', async (file) => {
    const config = await getConfig(root, join(root, file));
    await validateConfiguration(config, { isEnabled: false, add: () => undefined });
    expect(config).toMatchObject({ appId: 'io.servescape.app', linux: { target: ['AppImage', 'deb', 'rpm'] }, mac: { target: 'dmg' }, win: { target: 'nsis' } });
    expect(config['fileAssociations']).toMatchObject([{ ext: 'servescape', mimeType: 'application/vnd.servescape' }]);
    // A channel for updates only where a package is built with one.
    expect(config['publish'] === null).toBe(file === 'electron-builder.yml');
  });

  it('starts in the file the build makes', async () => {
    const { main } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { main: string };
    expect(main).toBe('out/main/main.js');
    expect(await readFile(join(root, 'electron.vite.config.ts'), 'utf8')).toContain("main: from('electron/main.ts')");
  });

  it('ships Electron without the doors that are not needed', async () => {
    const { electronFuses } = await getConfig(root, join(root, 'electron-builder.yml'));
    expect(electronFuses).toMatchObject({
      enableNodeOptionsEnvironmentVariable: false, enableNodeCliInspectArguments: false, grantFileProtocolExtraPrivileges: false, enableCookieEncryption: true,
    });
  });

  it('has its icons, in every size', async () => {
    expect((await readdir(join(root, 'resources/icons/linux'))).toSorted()).toEqual(['128x128.png', '16x16.png', '256x256.png', '32x32.png', '48x48.png', '512x512.png', '64x64.png']);
    expect((await readFile(join(root, 'resources/icons/icon.icns'))).subarray(0, 4).toString()).toBe('icns');
    expect((await readFile(join(root, 'resources/icons/icon.ico'))).readUInt16LE(4)).toBe(6);
  });
});

/** electron-builder itself packs the program, with empty files where Electron’s own would be: what lies where is the real thing. */
describe.skipIf(!existsSync(join(root, 'out/renderer/index.html')))('a dry run of the package', () => {
  let folder: string;
  let app: string;
  let files: readonly string[];
  let program: ChildProcess | null = null;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'servescape-package-'));
    const electronDist = await emptyElectron(join(folder, 'electron'));
    // Fuses are flipped in Electron's own program, which is an empty file here.
    await pack({ projectDir: root, publish: 'never', config: { electronDist, electronFuses: null, directories: { output: join(folder, 'dist') } } });
    app = join(folder, 'dist/linux-unpacked/resources/app');
    files = (await readdir(app, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => relative(app, join(entry.parentPath, entry.name)));
  }, 600_000);
  afterAll(async () => {
    program?.kill('SIGTERM');
    if (program !== null && program.exitCode === null) await once(program, 'exit');
    await rm(folder, { recursive: true, force: true });
  });

  it('holds everything a run needs, as plain files', () => {
    for (const needed of [
      'package.json', 'out/main/main.js', 'out/preload/preload.cjs', 'out/renderer/index.html', 'out/main/modelserver/main.js', 'out/main/modelserver/inference-worker.js',
      'out/main/load/load-worker.js', 'out/main/load/load-station.js', 'out/main/optimizer/thread/sampler-worker.js', 'resources/templates/index.json', 'resources/models/digits/1/model.onnx',
      'resources/data/digits/t10k-images-idx3-ubyte.gz', 'resources/examples/table-1.servescape', `node_modules/onnxruntime-node/bin/napi-v6/linux/${process.arch}/onnxruntime_binding.node`,
    ]) expect(files, needed).toContain(needed);
  });

  it('holds nothing else: no sources, tests, tools, foreign libraries or training code', () => {
    const packages = new Set(files.filter((file) => file.startsWith('node_modules/')).map((file) => file.split('/').slice(1, file.startsWith('node_modules/@') ? 3 : 2).join('/')));
    for (const tool of ['electron', 'electron-builder', 'vite', 'vitest', 'svelte', 'typescript', 'node', '@playwright/test']) expect(packages, tool).not.toContain(tool);
    expect(files.filter((file) => /^(main|renderer|electron|test|\.ci|\.git)\//.test(file))).toEqual([]);
    expect(files.filter((file) => /napi-v6\/(darwin|win32)\//.test(file) || /resources\/models\/.*\/build\//.test(file) || file === 'out/.built-from')).toEqual([]);
  });

  it('runs from where it lies: the built-in server, the load generator and the sampler find themselves', async () => {
    program = spawn(process.execPath, [join(app, 'out/main/serve.js'), '--no-open'], {
      cwd: folder, env: { ...process.env, SERVESCAPE_DATA: join(folder, 'data') }, stdio: ['pipe', 'pipe', 'inherit'],
    });
    const client = await connect(await addressOf(program));
    const report = await client.call('preflight.check', {});
    expect(report.items.find(({ id }) => id === 'server')).toMatchObject({ state: 'ok' });
    const { projectId, studies } = await client.call('project.create', { template: 'mnist' });
    const studyId = studies[0]!.id;
    const template = (await client.call('templates.list', {})).find(({ id }) => id === 'mnist')!.spec;
    const spec: StudySpec = {
      ...template, budget: { ...template.budget, trials: 4 }, sampler: { ...template.sampler, startupTrials: 3 } as StudySpec['sampler'],
      measurement: { ...template.measurement, requests: { kind: 'fixed', count: 60 } },
    };
    await client.call('study.update', { projectId, studyId, spec });
    const { promise, resolve: done, reject } = Promise.withResolvers<string>();
    client.watch('study.watch', { projectId, studyId }, {
      onItem: (update) => {
        if (update.kind === 'event' && update.numbered.event.kind === 'run-ended') done(update.numbered.event.reason.kind);
      },
      onError: reject,
    });
    await client.call('study.start', { projectId, studyId });
    expect(await promise).toBe('budget');
    client.close();
  }, 300_000);
});

/** In a process of its own: under a test runner electron-builder links files where it should copy, and trips over them. */
async function pack(options: object): Promise<void> {
  const script = `import { build, Platform } from 'electron-builder'; await build({ ...${JSON.stringify(options)}, targets: Platform.LINUX.createTarget('dir') });`;
  const { VITEST: _runner, ...env } = process.env;
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd: root, env, maxBuffer: 10_000_000 });
}

async function emptyElectron(folder: string): Promise<string> {
  for (const inside of ['resources', 'locales']) await mkdir(join(folder, inside), { recursive: true });
  for (const name of ['electron', 'chrome-sandbox', 'chrome_crashpad_handler']) {
    await writeFile(join(folder, name), '#!/bin/sh\n');
    await chmod(join(folder, name), 0o755);
  }
  const { version } = JSON.parse(await readFile(join(root, 'node_modules/electron/package.json'), 'utf8')) as { version: string };
  for (const [name, text] of [['version', version], ['LICENSE', ''], ['LICENSES.chromium.html', ''], ['locales/en-US.pak', ''], ['resources/default_app.asar', '']] as const) {
    await writeFile(join(folder, name), text);
  }
  return folder;
}

async function addressOf(program: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: program.stdout! })) {
    const found = /runs at (http:\S+)/.exec(line);
    if (found) return found[1]!;
  }
  throw new Error('The packaged program ended before it had an address.');
}

/** As a browser does: the address works once and gives a cookie, the cookie opens the socket. */
async function connect(address: string): Promise<Client> {
  const { headers } = await fetch(address, { redirect: 'manual' });
  const { origin, host } = new URL(address);
  const socket = new WebSocket(`ws://${host}/connection`, { headers: { cookie: headers.getSetCookie()[0]!.split(';')[0]!, origin } });
  await once(socket, 'open');
  return createClient({
    send: (text) => socket.send(text), onMessage: (listener) => socket.on('message', (data) => listener(String(data))),
    onClose: (listener) => socket.on('close', () => listener()), close: () => socket.close(),
  });
}
