import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ServescapeError } from '../../main/domain/errors.ts';
import { findLatestVersion, readModelVersion } from '../../main/modelserver/model-folder.ts';
import { DIGITS } from './server-process.ts';
import { writeEchoModel } from './tiny-onnx.ts';

const folder = mkdtempSync(join(tmpdir(), 'servescape-folder-'));
afterAll(() => { rmSync(folder, { recursive: true }); });

const ECHO = [{ name: 'x', dtype: 'DT_FLOAT', shape: [-1] }] as const;
const withSignature = (text: string) => (base: string): void => {
  writeEchoModel(base, 1, ECHO);
  writeFileSync(join(base, '1', 'signature.json'), text);
};

it('reads the bundled classifier and picks the highest version', () => {
  expect(readModelVersion(DIGITS, findLatestVersion('digits', DIGITS)).signatures?.['serving_default']?.inputs['images']?.shape).toEqual([-1, 28, 28, 1]);
  const base = join(folder, 'several');
  for (const version of [2, 10, 9]) writeEchoModel(base, version, ECHO);
  mkdirSync(join(base, 'assets'));
  expect(findLatestVersion('several', base)).toBe(10);
});

it.each<[string, (base: string) => void, string, string]>([
  ['nothing there', () => undefined, 'Could not find base path', 'Point --model_base_path at'],
  ['no version', (base) => { mkdirSync(base); }, 'No versions of servable m found under base path', "Did you forget to name your leaf directory as a number (eg. '/1/')?"],
  ['a model without a version folder', (base) => { cpSync(join(DIGITS, '1'), base, { recursive: true }); }, 'No versions of servable m', 'move it into a folder called 1'],
  ['an empty version', (base) => { mkdirSync(join(base, '3'), { recursive: true }); }, 'holds no model.onnx', 'Put model.onnx there'],
  ['a SavedModel', (base) => { mkdirSync(join(base, '1'), { recursive: true }); writeFileSync(join(base, '1', 'saved_model.pb'), ''); },
    'holds a TensorFlow SavedModel (saved_model.pb); this server runs ONNX models', 'Serve it with the Docker backend'],
  ['a signature that is no JSON', withSignature('{'), 'signature.json: ', ''],
  ['a signature of something else', withSignature('[]'), 'the file is []. Accepted: an object', ''],
  ['an unknown type', withSignature('{"signatures": {"serving_default": {"inputs": {"x": {"dtype": "float"}}}}}'),
    'signatures.serving_default.inputs.x.dtype is "float". Accepted: DT_FLOAT', ''],
  ['a wrong shape', withSignature('{"signatures": {"s": {"inputs": {"x": {"dtype": "DT_FLOAT", "shape": "any"}}}}}'), 'signatures.s.inputs.x.shape is "any"', ''],
  ['no outputs', withSignature('{"signatures": {"s": {"inputs": {"x": {"dtype": "DT_FLOAT", "shape": [1], "tensorName": "x"}}, "outputs": {}}}}'),
    'signatures.s.outputs is {}. Accepted: at least one tensor', ''],
])('refuses %s', (name, build, message, hint) => {
  const base = join(folder, name.replaceAll(' ', '-'));
  build(base);
  const read = (): unknown => readModelVersion(base, findLatestVersion('m', base));
  expect(read).toThrowError(ServescapeError);
  expect(read).toThrowError(message);
  expect(read).toThrowError(expect.objectContaining(hint === '' ? {} : { details: expect.objectContaining({ hint: expect.stringContaining(hint) as string }) as object }) as Error);
});
