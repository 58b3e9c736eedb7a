import { readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { ServescapeError } from '../../domain/errors.ts';
import type { DockerBackend, ModelSpec } from '../../domain/study-spec.ts';
import type { ModelPlace, ModelPlaces } from '../local/model-folder.ts';
import type { TarEntry } from './tar.ts';

/** `saved-model`: what TensorFlow Serving loads. `onnx`: what the bundled server loads. */
export type ModelFormat = 'saved-model' | 'onnx';

const FILE: Readonly<Record<ModelFormat, string>> = { 'saved-model': 'saved_model.pb', onnx: 'model.onnx' };

/**
 * What a container loads: the study's own folder, else the user's for this workload if there is anything in it, else what
 * comes with the program, which only the bundled server reads.
 */
export function findModelFolder(backend: Pick<DockerBackend, 'modelFolder'>, { modelPath, workload }: Pick<ModelSpec, 'modelPath' | 'workload'>, { modelRoot, ownModelRoot }: ModelPlaces): ModelPlace {
  const chosen = backend.modelFolder ?? modelPath;
  if (chosen !== undefined) return { basePath: chosen, from: 'study' };
  const own = ownModelRoot === null ? null : join(ownModelRoot, workload);
  if (own !== null && (list(own)?.some((name) => !name.startsWith('.')) ?? false)) return { basePath: own, from: 'own-folder' };
  return { basePath: join(modelRoot, workload), from: 'bundled' };
}

/**
 * A model folder before anything is started: it holds at least one numbered version, and the highest, which is the one
 * that is served, holds what this kind of server loads.
 * @throws ServescapeError `model-missing` or `model-unusable`, saying what is missing
 */
export function checkModelFolder(folder: string, format: ModelFormat): void {
  const names = list(folder);
  if (names === null) {
    throw new ServescapeError('model-missing', `There is no model folder ${folder}, or it cannot be read.`, {
      hint: 'Choose the folder that holds the numbered versions of the model.',
    });
  }
  const highest = highestVersion(folder, names);
  if (highest === null) throw noVersion(folder, names, format);
  const inside = list(join(folder, String(highest))) ?? [];
  if (!inside.includes(FILE[format])) throw notThisFormat(join(folder, String(highest)), inside, format);
  if (format === 'saved-model' && !inside.includes('variables')) return;
  if (format === 'saved-model' && !(list(join(folder, String(highest), 'variables')) ?? []).includes('variables.index')) {
    throw new ServescapeError('model-unusable', `${join(folder, String(highest), 'variables')} holds no variables.index: the SavedModel is not complete.`, {
      hint: 'Export the model again, or copy the whole folder.',
    });
  }
}

function noVersion(folder: string, names: readonly string[], format: ModelFormat): ServescapeError {
  if (names.includes(FILE[format])) {
    return new ServescapeError('model-missing', `${folder} holds ${FILE[format]} itself, but no version folder.`, {
      hint: 'Put the model into a numbered folder, for example 1, and choose the folder above it.',
    });
  }
  return new ServescapeError('model-missing', `${folder} holds no version folder called 1, 2, ….`, {
    hint: `The server wants FOLDER/1/${FILE[format]}.`,
  });
}

const FOREIGN: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^model\.onnx$/, 'an ONNX model, which only the bundled server reads'],
  [/\.(pbmm|tflite|scorer)$/, 'a DeepSpeech or TensorFlow Lite model'],
  [/\.(h5|keras)$/, 'a Keras file'],
  [/\.(ckpt|index|data-\d+-of-\d+)$|^checkpoint$/, 'a training checkpoint'],
  [/\.(pt|pth|safetensors)$/, 'a PyTorch model'],
  [/frozen.*\.pb$|graph.*\.pb$/, 'a frozen graph'],
];

/** Says what lies there instead: a folder of another program is the usual mistake. */
function notThisFormat(folder: string, names: readonly string[], format: ModelFormat): ServescapeError {
  if (format === 'onnx') {
    return new ServescapeError('model-unusable', `${folder} holds no model.onnx, which is what the bundled server loads.`, {
      hint: names.includes('saved_model.pb') ? 'This is a SavedModel: choose a tensorflow/serving image for it.' : 'Choose the folder of an ONNX model with its signature.json.',
    });
  }
  const found = FOREIGN.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1];
  const instead = found === undefined ? '' : ` It holds ${found}.`;
  return new ServescapeError('model-unusable', `${folder} is no SavedModel: saved_model.pb is missing.${instead}`, {
    hint: found?.includes('ONNX') === true
      ? 'Choose the bundled server’s image for it, or a folder with a SavedModel.'
      : 'TensorFlow Serving loads SavedModels only. Translate the model first: tf.saved_model.save(model, "FOLDER/1").',
  });
}

/** The version that is served, for an engine that cannot see the folder. What else lies beside it stays here. */
export function modelEntries(folder: string): readonly TarEntry[] {
  const version = highestVersion(folder, list(folder) ?? []);
  if (version === null) return [];
  const root = join(folder, String(version));
  const below = readdirSync(root, { recursive: true, withFileTypes: true }).map((one): TarEntry => {
    const from = join(one.parentPath, one.name);
    const path = relative(folder, from).split(sep).join('/');
    if (one.isDirectory()) return { kind: 'folder', path, mode: 0o755 };
    return { kind: 'file', path, mode: 0o644, from, bytes: statSync(from).size };
  });
  return [{ kind: 'folder', path: String(version), mode: 0o755 }, ...below];
}

function highestVersion(folder: string, names: readonly string[]): number | null {
  return names.filter((name) => /^\d+$/.test(name) && isFolder(join(folder, name))).map(Number).sort((a, b) => a - b).at(-1) ?? null;
}

function list(folder: string): readonly string[] | null {
  try {
    return readdirSync(folder);
  } catch {
    return null;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
