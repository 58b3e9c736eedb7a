import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandOf, createOptions, planKey, type ContainerPlan } from '../../../main/serving/docker/container-plan.ts';
import { demultiplex } from '../../../main/serving/docker/output-frames.ts';
import { dockerFailure } from '../../../main/serving/docker/docker-errors.ts';
import { hasLocalAddress } from '../../../main/serving/docker/engine.ts';
import { findEngineAddress } from '../../../main/serving/docker/engine-address.ts';
import { withTag } from '../../../main/serving/docker/images.ts';
import { checkModelFolder, modelEntries } from '../../../main/serving/docker/model-folder.ts';
import { coresForReplicas } from '../../../main/serving/docker/plan-containers.ts';
import { createPullProgress } from '../../../main/serving/docker/pull-progress.ts';
import { throwStreamError } from '../../../main/serving/docker/import-image.ts';
import { jsonLines, parseStats } from '../../../main/serving/docker/stats.ts';
import { tarBytes, tarStream, type TarEntry } from '../../../main/serving/docker/tar.ts';
import { SMALL } from './docker-harness.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'servescape-pieces-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const put = (path: string, content = ''): void => {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), content);
};

describe('an engine’s refusal in words', () => {
  const refused = (statusCode: number, message: string): object => ({ statusCode, json: { message }, message: `(HTTP code ${statusCode}) server error - ${message}` });
  it.each([
    [404, 'No such image: nope:1', 'image-missing'],
    [404, 'pull access denied for nope, repository does not exist or may require \'docker login\'', 'image-missing'],
    [404, 'manifest for tensorflow/serving:0 not found: manifest unknown: manifest unknown', 'image-missing'],
    [500, 'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 1.1.1.1:53: no such host', 'image-missing'],
    [500, 'could not select device driver "" with capabilities: [[gpu]]', 'gpu-unavailable'],
    [400, 'Unknown runtime specified nvidia', 'gpu-unavailable'],
    [400, 'unknown or invalid runtime name: nvidia', 'gpu-unavailable'],
    [500, 'driver failed programming external connectivity on endpoint x: Error starting userland proxy: listen tcp4 127.0.0.1:22222: bind: address already in use', 'port-taken'],
    [500, 'driver failed: Bind for 127.0.0.1:22333 failed: port is already allocated', 'port-taken'],
    [400, 'Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available', 'limit-above-machine'],
    [400, 'Minimum memory limit allowed is 6MB', 'limit-above-machine'],
    [400, 'Requested CPUs are not available - requested 7, available: 0-1', 'limit-above-machine'],
    [500, 'Error processing tar file(exit status 1): write /app/x: no space left on device', 'disk-full'],
    [400, 'OCI runtime create failed: container_linux.go: exec: "/nope": stat /nope: no such file or directory: unknown', 'image-unusable'],
    [400, 'invalid mount config for type "bind": bind source path does not exist: /x', 'model-missing'],
    [400, 'Client sent an HTTP request to an HTTPS server.', 'not-allowed'],
    [409, 'something nobody has met yet', 'backend-unavailable'],
  ] as const)('%i %s → %s', (statusCode, message, code) => {
    const error = dockerFailure(refused(statusCode, message), { doing: 'start replica 1', image: 'nope:1', log: ['last'] });
    expect(error.code).toBe(code);
    expect(error.message).not.toMatch(/HTTP code/);
    expect(error.details.hint).toBeTruthy();
    expect(error.details.log).toEqual(['last']);
  });

  it.each([
    ['ENOENT', 'backend-unavailable'], ['ECONNREFUSED', 'backend-unavailable'], ['ENOTFOUND', 'backend-unavailable'], ['ETIMEDOUT', 'backend-unavailable'],
    ['EACCES', 'not-allowed'], ['ECONNRESET', 'engine-lost'],
  ])('%s → %s', (code, expected) => {
    expect(dockerFailure(Object.assign(new Error(code), { code, address: '/s' }), { doing: 'x' }).code).toBe(expected);
  });
});

describe('an archive', () => {
  it('is what tar reads, long names and odd sizes included, and the same every time', async () => {
    const long = `${'deep/'.repeat(30)}file.txt`;
    put('a.bin', 'x'.repeat(1000));
    const entries: TarEntry[] = [
      { kind: 'folder', path: 'tmp', mode: 0o1777 },
      { kind: 'text', path: long, mode: 0o644, content: Buffer.from('hello') },
      { kind: 'file', path: 'bin/a', mode: 0o755, from: join(folder, 'a.bin'), bytes: 1000 },
      { kind: 'text', path: 'empty', mode: 0o600, content: Buffer.alloc(0) },
    ];
    const bytes = await buffer(tarStream(entries));
    expect(bytes.length).toBe(tarBytes(entries));
    mkdirSync(join(folder, 'out'));
    execFileSync('tar', ['-xf', '-', '-C', join(folder, 'out')], { input: bytes });
    expect(readFileSync(join(folder, 'out', long), 'utf8')).toBe('hello');
    expect(readFileSync(join(folder, 'out/bin/a'), 'utf8')).toBe('x'.repeat(1000));
    expect(readdirSync(join(folder, 'out')).sort()).toEqual(['bin', 'deep', 'empty', 'tmp']);
    expect(createHash('sha256').update(await buffer(tarStream(entries))).digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('refuses a file that changes while it is read', async () => {
    put('a', 'short');
    await expect(buffer(tarStream([{ kind: 'file', path: 'a', mode: 0o644, from: join(folder, 'a'), bytes: 4 }]))).rejects.toThrow(/changed/);
  });
});

describe('where the engine is', () => {
  const at = (environment: Record<string, string>): ReturnType<typeof findEngineAddress> => findEngineAddress({ environment, home: folder, platform: 'linux' });

  it('follows DOCKER_HOST in each of its forms', () => {
    expect(at({ DOCKER_HOST: 'unix:///x.sock' })).toEqual({ options: { socketPath: '/x.sock' }, isLocal: true, words: 'DOCKER_HOST unix:///x.sock' });
    expect(at({ DOCKER_HOST: 'tcp://10.0.0.7:2375' })).toMatchObject({ options: { protocol: 'http', host: '10.0.0.7', port: 2375 }, isLocal: false });
    expect(at({ DOCKER_HOST: 'ssh://ada@lab:2222', SSH_AUTH_SOCK: '/a' })).toMatchObject({ options: { protocol: 'ssh', host: 'lab', port: 2222, username: 'ada' }, isLocal: false });
  });

  it.each(['nonsense://', 'tcp://', 'ssh://', 'ftp://lab', 'http://[', ' '])('refuses %j with the forms there are', (host) => {
    expect(() => at({ DOCKER_HOST: host })).toThrow(expect.objectContaining({ code: 'bad-input', message: expect.stringContaining(host), details: expect.objectContaining({ hint: expect.stringContaining('ssh://USER@HOST') }) }));
  });

  it('elsewhere is nothing that could be started here', () => {
    const refused = (address: string): string => dockerFailure(Object.assign(new Error('refused'), { code: 'ECONNREFUSED', address }), { doing: 'start replica 1' }).details.hint ?? '';
    expect(refused('10.0.0.7')).toContain('DOCKER_HOST');
    expect(refused('/var/run/docker.sock')).toContain('systemctl start docker');
  });

  it('reads certificates where TLS is asked for', () => {
    for (const name of ['ca', 'cert', 'key']) put(`certs/${name}.pem`, name);
    const { options } = at({ DOCKER_HOST: 'tcp://lab:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: join(folder, 'certs') });
    expect(options).toMatchObject({ protocol: 'https', port: 2376, ca: Buffer.from('ca'), cert: Buffer.from('cert'), key: Buffer.from('key') });
  });

  it('follows the current context, and DOCKER_CONTEXT before it', () => {
    const meta = (name: string, host: string): void =>
      put(`.docker/contexts/meta/${createHash('sha256').update(name).digest('hex')}/meta.json`, JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }));
    put('.docker/config.json', JSON.stringify({ currentContext: 'lab' }));
    meta('lab', 'tcp://lab:2375');
    meta('desk', 'unix:///desk.sock');
    expect(at({})).toMatchObject({ options: { host: 'lab' }, isLocal: false, words: 'the Docker context “lab”' });
    expect(at({ DOCKER_CONTEXT: 'desk' })).toMatchObject({ options: { socketPath: '/desk.sock' }, isLocal: true });
    expect(at({ DOCKER_CONTEXT: 'gone' }).isLocal).toBe(true);
  });

  it('finds the address of a bridge that is down', () => {
    const table = 'Local:\n  +-- 172.17.0.0/16 2 0 2\n     |-- 172.17.0.1\n        /32 host LOCAL\n     |-- 172.17.0.9\n        /32 link UNICAST\n';
    expect(['172.17.0.1', '172.17.0.9', '172.17.0.11'].map((address) => hasLocalAddress(table, address))).toEqual([true, false, false]);
  });
});

describe('a model folder', () => {
  const check = (format: 'saved-model' | 'onnx'): string => {
    try {
      checkModelFolder(folder, format);
      return 'fine';
    } catch (error) {
      return `${(error as { code: string }).code}: ${(error as Error).message.replaceAll(folder, 'FOLDER')}`;
    }
  };
  it('is fine with a SavedModel in its highest version', () => {
    put('1/other');
    put('12/saved_model.pb');
    expect(check('saved-model')).toBe('fine');
    expect(modelEntries(folder).map(({ path }) => path)).toEqual(['12', '12/saved_model.pb']);
  });
  it.each<[string[], string]>([
    [['readme'], 'model-missing: FOLDER holds no version folder called 1, 2, ….'],
    [['saved_model.pb'], 'model-missing: FOLDER holds saved_model.pb itself, but no version folder.'],
    [['1/x'], 'model-unusable: FOLDER/1 is no SavedModel: saved_model.pb is missing.'],
    [['1/model.onnx'], 'model-unusable: FOLDER/1 is no SavedModel: saved_model.pb is missing. It holds an ONNX model, which only the bundled server reads.'],
    [['1/deepspeech.pbmm'], 'model-unusable: FOLDER/1 is no SavedModel: saved_model.pb is missing. It holds a DeepSpeech or TensorFlow Lite model.'],
    [['1/model.h5'], 'model-unusable: FOLDER/1 is no SavedModel: saved_model.pb is missing. It holds a Keras file.'],
    [['1/saved_model.pb', '1/variables/x'], 'model-unusable: FOLDER/1/variables holds no variables.index: the SavedModel is not complete.'],
  ])('with %j says what is missing', (files, sentence) => {
    files.forEach((file) => put(file));
    expect(check('saved-model')).toBe(sentence);
  });
});

describe('what a container is created with', () => {
  const plan: ContainerPlan = {
    image: 'i:1', modelName: 'digits', modelFolder: '/m', modelBy: 'bind', threadsFromCpu: true, cpuset: null, gpus: 'none', gpuRuntime: null,
    publishOn: null, hostPort: null, readOnlyRoot: true, user: null, counters: 'auto', labels: { a: 'b' },
  };
  it('is the command TensorFlow Serving wants, threads from the CPU limit and switchable', () => {
    expect(commandOf(plan, { ...SMALL, cpuCores: 1.2 })).toEqual([
      '--enable_batching', '--batching_parameters_file=/config/batching.txt', '--monitoring_config_file=/config/monitoring.txt',
      '--tensorflow_intra_op_parallelism=2', '--tensorflow_inter_op_parallelism=2', '--max_num_load_retries=0',
    ]);
    expect(commandOf({ ...plan, threadsFromCpu: false }, SMALL).join()).not.toContain('parallelism');
    expect(createOptions('n', plan, SMALL, 0).Env).toEqual(['MODEL_NAME=digits']);
  });
  it('shares a GPU’s memory between replicas and asks for devices as --gpus does', () => {
    expect(commandOf({ ...plan, gpus: 'all' }, { ...SMALL, replicas: 3 })).toContain('--per_process_gpu_memory_fraction=0.3');
    expect(createOptions('n', { ...plan, gpus: 'all' }, SMALL, 1).HostConfig?.DeviceRequests).toEqual([{ Driver: '', Count: -1, Capabilities: [['gpu']], Options: {} }]);
    const legacy = createOptions('n', { ...plan, gpus: '0', gpuRuntime: 'nvidia' }, SMALL, 0);
    expect([legacy.HostConfig?.Runtime, legacy.HostConfig?.DeviceRequests, legacy.Env]).toEqual(['nvidia', undefined, ['MODEL_NAME=digits', 'NVIDIA_VISIBLE_DEVICES=0']]);
  });
  it('deals listed GPUs out to the replicas in turn, each with its share of one card', () => {
    const two = { ...plan, gpus: '0,2' };
    const cards = [0, 1, 2].map((slot) => createOptions('n', two, SMALL, slot).HostConfig?.DeviceRequests?.[0]);
    expect(cards.map((request) => request?.DeviceIDs)).toEqual([['0'], ['2'], ['0']]);
    expect(cards[0]).toEqual({ Driver: '', Count: 0, DeviceIDs: ['0'], Capabilities: [['gpu']], Options: {} });
    expect(createOptions('n', { ...two, gpuRuntime: 'nvidia' }, SMALL, 1).Env).toContain('NVIDIA_VISIBLE_DEVICES=2');
    expect(commandOf(two, { ...SMALL, replicas: 3 })).toContain('--per_process_gpu_memory_fraction=0.45');
    expect(commandOf(two, { ...SMALL, replicas: 2 })).toContain('--per_process_gpu_memory_fraction=0.9');
  });
  it('can be kept by what only changes limits, batching or labels', () => {
    const key = planKey(plan, SMALL);
    expect(planKey({ ...plan, labels: {} }, { ...SMALL, cpuCores: 0.9, memoryMb: 1, maxBatchSize: 2, replicas: 4 })).toBe(key);
    expect(planKey(plan, { ...SMALL, cpuCores: 1.5 })).not.toBe(key);
    expect(planKey({ ...plan, image: 'j:1' }, SMALL)).not.toBe(key);
  });
  it('leaves the last core to the load generator', () => {
    expect([2, 3, 8].map(coresForReplicas)).toEqual(['0', '0-1', '0-6']);
    expect(() => coresForReplicas(1)).toThrow(/one core/);
  });
});

describe('what the engine streams', () => {
  it('gives statistics, and no data for the year 1', () => {
    const message = { read: '2026-01-01T00:00:00.5Z', cpu_stats: { cpu_usage: { total_usage: 2e9 }, throttling_data: { periods: 10, throttled_periods: 4 } }, memory_stats: { usage: 100, stats: { cache: 30 } } };
    expect(parseStats(message)).toEqual({ atMs: Date.parse(message.read), cpuMs: 2000, memoryBytes: 70, periods: 10, throttledPeriods: 4 });
    expect(parseStats({ ...message, memory_stats: { usage: 100, stats: { file: 40, inactive_file: 10 } } })?.memoryBytes).toBe(60);
    expect(parseStats({ ...message, read: '0001-01-01T00:00:00Z' })).toBeNull();
    expect(parseStats({})).toBeNull();
  });
  it('gives lines cut anywhere, and survives a damaged one', () => {
    const seen: unknown[] = [];
    const feed = jsonLines((value) => seen.push(value));
    for (const piece of ['{"a":', '1}\n{"b"', ':2}\nnot json\n', '{"c":3}\n']) feed(Buffer.from(piece));
    expect(seen).toEqual([{ a: 1 }, { b: 2 }, { c: 3 }]);
  });
  it('gives logs in frames', () => {
    const frame = (text: string): Buffer => Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, text.length]), Buffer.from(text)]);
    expect(demultiplex(Buffer.concat([frame('one\n'), frame('two\n')]))).toBe('one\ntwo\n');
  });
  it('gives the progress of a pull per layer', () => {
    const progress = createPullProgress('x:1');
    progress.add({ status: 'Pulling from x', id: '1' });
    progress.add({ status: 'Downloading', id: 'aaaaaaaaaaaa', progressDetail: { current: 50, total: 100 } });
    progress.add({ status: 'Already exists', id: 'bbbbbbbbbbbb' });
    expect(progress.now()).toMatchObject({ text: '1 of 2 layers', layers: [{ id: 'aaaaaaaaaaaa', share: 0.5 }, { id: 'bbbbbbbbbbbb', share: 1 }] });
    expect(progress.now().share).toBeCloseTo((0.35 + 1) / 2);
    progress.add({ status: 'Extracting', id: 'aaaaaaaaaaaa', progressDetail: { current: 100, total: 100 } });
    expect(progress.now().share).toBeCloseTo(1);
  });
  it('gives failures inside an answer with status 200', () => {
    expect(() => throwStreamError([{}, { error: 'x', errorDetail: { message: 'manifest unknown' } }])).toThrow('manifest unknown');
    expect(() => throwStreamError([{}])).not.toThrow();
  });
  it('is asked for one tag, never for all of them', () => {
    expect(['a', 'r:5000/a', 'a:1', 'a@sha256:x'].map(withTag)).toEqual(['a:latest', 'r:5000/a:latest', 'a:1', 'a@sha256:x']);
  });
});
