import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { usualBackend, type StudySpec } from '../../main/domain/study-spec.ts';
import { createModelRoom, type ModelRoom } from '../../main/host/model-room.ts';
import { listTemplates } from '../../main/host/templates.ts';
import { cifarFile, matFile, wavFile } from '../workloads/fixtures/data-files.ts';
import { idxFile } from '../workloads/idx-file.ts';

/** What Design says about the user's own files: in the documented folders, nothing of the study changes. */
const resources = fileURLToPath(new URL('../../resources', import.meta.url));
let own = '';
let room: ModelRoom;

beforeEach(() => {
  own = mkdtempSync(join(tmpdir(), 'servescape-own-files-'));
  const unused = (): never => { throw new Error('nothing is started to look at files'); };
  room = createModelRoom({ labFor: unused, machineFor: unused, places: { modelRoot: join(resources, 'models'), dataRoot: join(resources, 'data'), ownModelRoot: join(own, 'models'), ownDataRoot: join(own, 'data') } });
});
afterEach(() => rmSync(own, { recursive: true }));

async function template(id: string, change: (spec: StudySpec) => StudySpec = (spec) => spec): Promise<StudySpec> {
  return change((await listTemplates(resources, () => 60)).find((one) => one.id === id)!.spec);
}
const onDocker = (image: string) => (spec: StudySpec): StudySpec => ({ ...spec, backend: { ...usualBackend('docker'), image } as StudySpec['backend'] });

function put(kind: 'models' | 'data', workload: string, name: string, bytes: Buffer | string = ''): void {
  const file = join(own, kind, workload, name);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, bytes);
}

/** Two samples in each model's real format, under the name it is published with. */
const PUBLISHED: readonly (readonly [template: string, workload: string, name: string, bytes: () => Buffer, words: string])[] = [
  ['mnist', 'digits', 't10k-images-idx3-ubyte.gz', () => gzipSync(idxFile([2, 28, 28], (place) => place)), '2 images of 28 × 28 × 1 from t10k-images-idx3-ubyte.gz, MNIST IDX'],
  ['gan-svhn', 'gan-svhn', 'test_32x32.mat', () => matFile({ count: 2, side: 32 }), '2 images of 32 × 32 × 3 from test_32x32.mat, MATLAB 5'],
  ['resnet-cifar10', 'resnet-cifar10', 'cifar-10-batches-bin/test_batch.bin', () => cifarFile(2), '2 images of 32 × 32 × 3 from test_batch.bin, CIFAR-10 binary batch'],
  ['opennmt', 'opennmt', 'newstest2015.en', () => Buffer.from('A first sentence .\nAnd another one .\n'), '2 sentences from newstest2015.en, text'],
  ['deepspeech', 'deepspeech', 'utterance.wav', () => wavFile(), '1 utterance from utterance.wav, WAV'],
];

describe('the user’s own files in their folders', () => {
  it.each(PUBLISHED)('%s uses data and an ONNX model that lie there, on both backends', async (id, workload, name, bytes, words) => {
    const before = await room.check(await template(id));
    expect(before).toMatchObject({ model: { from: 'bundled', problem: null, ownFolder: join(own, 'models', workload) }, data: { from: 'bundled', problem: null, ownFolder: join(own, 'data', workload) } });
    put('data', workload, name, bytes());
    cpSync(join(resources, 'models', workload, '1'), join(own, 'models', workload, '1'), { recursive: true });
    const check = await room.check(await template(id));
    expect(check.data).toMatchObject({ from: 'own-folder', problem: null });
    expect(check.data.words).toContain(words);
    expect(check.model).toMatchObject({ from: 'own-folder', words: `your ONNX model, ${join(own, 'models', workload)}`, problem: null });
    expect((await room.check(await template(id, onDocker('servescape/model-server')))).model).toMatchObject({ from: 'own-folder', problem: null });
  });

  it('a SavedModel goes to TensorFlow Serving, and the built-in server says so', async () => {
    put('models', 'gan-svhn', '1/saved_model.pb');
    put('models', 'gan-svhn', '1/variables/variables.index');
    const folder = join(own, 'models', 'gan-svhn');
    expect((await room.check(await template('gan-svhn', onDocker('tensorflow/serving:2.19.1')))).model).toMatchObject({ words: `your SavedModel model, ${folder}`, from: 'own-folder', problem: null });
    const { problem } = (await room.check(await template('gan-svhn'))).model;
    expect(problem?.message).toContain('It holds a TensorFlow SavedModel.');
    expect(problem?.hint).toContain('Docker');
  });

  it.each([
    ['TensorFlow Serving has no use for what comes along', 'tensorflow/serving:2.19.1', (): void => undefined, 'is no SavedModel: saved_model.pb is missing. It holds an ONNX model'],
    ['a SavedModel without its version folder', 'tensorflow/serving:2.19.1', (): void => put('models', 'gan-svhn', 'saved_model.pb'), 'holds saved_model.pb itself, but no version folder.'],
    ['half a SavedModel', 'tensorflow/serving:2.19.1', (): void => { put('models', 'gan-svhn', '1/saved_model.pb'); put('models', 'gan-svhn', '1/variables/variables.data-00000-of-00001'); }, 'holds no variables.index: the SavedModel is not complete.'],
    ['DeepSpeech as it is published', 'tensorflow/serving:2.19.1', (): void => put('models', 'gan-svhn', '1/deepspeech-0.9.3-models.pbmm'), 'It holds a DeepSpeech or TensorFlow Lite model.'],
  ] as const)('says what is missing: %s', async (_, image, lay, words) => {
    lay();
    const { model } = await room.check(await template('gan-svhn', onDocker(image)));
    expect(model).toMatchObject({ words: '', from: null });
    expect(model.problem?.message).toContain(words);
    expect(model.problem?.hint).not.toBe('');
  });

  it('a study’s own path comes before the folder', async () => {
    put('data', 'opennmt', 'corpus.txt', 'One sentence .\n');
    const path = join(own, 'mine.txt');
    writeFileSync(path, 'A .\nB .\nC .\n');
    const { data } = await room.check(await template('opennmt', (spec) => ({ ...spec, model: { ...spec.model, dataPath: path } })));
    expect(data).toMatchObject({ from: 'study' });
    expect(data.words).toBe(`3 sentences from mine.txt, text; yours, ${path}`);
  });
});

it('every published file is named with its address and its licence', async () => {
  const facts = readFileSync(fileURLToPath(new URL('../../main/domain/workload-facts.ts', import.meta.url)), 'utf8');
  for (const [, address] of facts.matchAll(/where: '([^']*)'/g)) expect(address).toMatch(/^https?:\/\/\S+$/);
});
