import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { findModel } from '../../../main/serving/local/model-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'servescape-own-model-'));
afterAll(() => { rmSync(folder, { recursive: true }); });
const put = (...files: string[]): string => {
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
  return join(folder, files[0]!.split('/')[0]!);
};
put('bundled/digits/1/model.onnx');
const places = { modelRoot: join(folder, 'bundled'), ownModelRoot: join(folder, 'mine') };
const find = (modelPath?: string) => findModel({ workload: 'digits', ...(modelPath !== undefined && { modelPath }) }, places);

it('the study’s path comes first, then the user’s folder, then what comes along', () => {
  expect(find()).toEqual({ basePath: join(folder, 'bundled/digits'), from: 'bundled' });
  put('mine/digits/2/model.onnx');
  expect(find()).toEqual({ basePath: join(folder, 'mine/digits'), from: 'own-folder' });
  const file = join(put('single/net.onnx'), 'net.onnx');
  expect(find(file)).toEqual({ basePath: file, from: 'study' });
  expect(find(dirname(file))).toEqual({ basePath: file, from: 'study' });
});

it.each<[string, readonly string[], string, string]>([
  ['a SavedModel', ['saved/1/saved_model.pb'], 'It holds a TensorFlow SavedModel.', 'Docker'],
  ['DeepSpeech', ['deep/output_graph.pbmm', 'deep/alphabet.txt'], 'It holds a DeepSpeech or TensorFlow Lite model.', 'Translate it first'],
  ['a checkpoint', ['ckpt/model.ckpt-1.index', 'ckpt/checkpoint'], 'It holds a training checkpoint.', 'Export the model first'],
  ['a frozen graph', ['frozen/graph.pb'], 'It holds a frozen graph.', 'Translate it'],
  ['nothing', ['nothing/readme.txt'], 'holds no ONNX model', 'Choose an .onnx file'],
  ['several', ['several/a.onnx', 'several/b.onnx'], 'holds 2 ONNX files: a.onnx, b.onnx', 'Choose one'],
])('%s is refused with what lies there and what to do', (_, files, why, hint) => {
  const path = put(...files);
  expect(() => find(path)).toThrowError(expect.objectContaining({
    code: 'model-unusable', message: expect.stringContaining(why) as string, details: expect.objectContaining({ hint: expect.stringContaining(hint) as string }) as object,
  }) as Error);
});

it('what is not there is said', () => {
  expect(() => find(join(folder, 'none'))).toThrowError(expect.objectContaining({ code: 'model-missing' }) as Error);
  expect(() => findModel({ workload: 'own' }, places)).toThrowError('No model is chosen.');
});
