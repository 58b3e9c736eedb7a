import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ServescapeError } from '../../domain/errors.ts';
import type { ModelSpec } from '../../domain/study-spec.ts';

export interface ModelPlaces {
  /** What comes with the program: one folder per workload, and in it numbered versions. */
  readonly modelRoot: string;
  /** The user's own, looked at first; null: nowhere. */
  readonly ownModelRoot: string | null;
}

export interface ModelPlace {
  /** What the server is started with: a folder of numbered versions or an ONNX file. */
  readonly basePath: string;
  readonly from: 'study' | 'own-folder' | 'bundled';
}

/**
 * The study's own model, else the user's folder for this workload if there is anything in it, else what comes with the
 * program. Checked before anything is started, so that a missing model is said in a sentence.
 * @throws ServescapeError `model-missing` or `model-unusable`
 */
export function findModel({ workload, modelPath }: Pick<ModelSpec, 'workload' | 'modelPath'>, { modelRoot, ownModelRoot }: ModelPlaces): ModelPlace {
  if (modelPath !== undefined) return { basePath: usersModel(modelPath), from: 'study' };
  const own = ownModelRoot === null ? null : join(ownModelRoot, workload);
  if (own !== null && (list(own)?.some((name) => !name.startsWith('.')) ?? false)) return { basePath: usersModel(own), from: 'own-folder' };
  return { basePath: bundledModel(modelRoot, workload), from: 'bundled' };
}

/** Whether a file of this name is a model that the built-in server runs. */
export function isModelFile(name: string): boolean {
  return /\.onnx$/i.test(name);
}

function bundledModel(modelRoot: string, workload: string): string {
  if (workload === 'own') {
    throw new ServescapeError('model-missing', 'No model is chosen.', { hint: 'Choose an ONNX file, or a folder with numbered versions.' });
  }
  const basePath = join(modelRoot, workload);
  const names = list(basePath);
  if (names === null) {
    throw new ServescapeError('model-missing', `There is no model “${workload}”: ${basePath} cannot be read.`, {
      hint: 'Reinstall the program, or put the model folder back.',
    });
  }
  if (!names.some((name) => /^\d+$/.test(name))) {
    throw new ServescapeError('model-missing', `The model “${workload}” has no version: ${basePath} holds no folder called 1, 2, ….`, {
      hint: 'A model lies in a numbered version folder, for example 1.',
    });
  }
  return basePath;
}

/** What the user pointed at: an ONNX file, a folder that holds one, or a folder of numbered versions that hold one. */
function usersModel(path: string): string {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) throw new ServescapeError('model-missing', `There is no model at ${path}.`, { hint: 'Choose the file or folder again.' });
  if (facts.isFile()) {
    if (isModelFile(path)) return path;
    throw notOnnx(path, [path]);
  }
  const names = list(path) ?? [];
  const files = names.filter(isModelFile);
  if (files.length === 1) return join(path, files[0]!);
  if (files.length > 1) {
    throw new ServescapeError('model-unusable', `${path} holds ${files.length} ONNX files: ${files.slice(0, 5).join(', ')}.`, { hint: 'Choose one of the files itself.' });
  }
  const version = Math.max(...names.filter((name) => /^\d+$/.test(name)).map(Number));
  if (!Number.isFinite(version)) throw notOnnx(path, names);
  const inside = list(join(path, String(version))) ?? [];
  if (!inside.includes('model.onnx')) throw notOnnx(join(path, String(version)), inside);
  return path;
}

const FOREIGN: readonly (readonly [pattern: RegExp, what: string, hint: string])[] = [
  [/^saved_model\.pb(txt)?$/, 'a TensorFlow SavedModel', 'Let the replicas run in Docker with a tensorflow/serving image: that server loads it as it is.'],
  [/\.(pbmm|tflite|scorer)$/i, 'a DeepSpeech or TensorFlow Lite model', 'Translate it first: to a SavedModel for TensorFlow Serving, or to ONNX.'],
  [/\.(h5|keras)$/i, 'a Keras file', 'Export it as a SavedModel for TensorFlow Serving, or to ONNX.'],
  [/\.(ckpt|index|data-\d+-of-\d+)$|^checkpoint$/i, 'a training checkpoint', 'Export the model first: a checkpoint holds weights without the network.'],
  [/\.(pt|pth|safetensors)$/i, 'a PyTorch model', 'Export it with torch.onnx.export.'],
  [/\.pb$/i, 'a frozen graph', 'Translate it to a SavedModel for TensorFlow Serving, or to ONNX.'],
];

/** Says what lies there instead and how it can be used. */
function notOnnx(path: string, names: readonly string[]): ServescapeError {
  const found = FOREIGN.find(([pattern]) => names.some((name) => pattern.test(name.split(/[/\\]/).at(-1)!)));
  return new ServescapeError('model-unusable', `${path} holds no ONNX model (model.onnx), which is what the built-in server runs.${found ? ` It holds ${found[1]}.` : ''}`, {
    hint: found?.[2] ?? 'Choose an .onnx file, or a folder with numbered versions that hold a model.onnx.',
  });
}

function list(folder: string): readonly string[] | null {
  try {
    return readdirSync(folder);
  } catch {
    return null;
  }
}
