import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ServescapeError } from '../domain/errors.ts';
import { readSignatureFile, type Signatures } from './signature.ts';

export interface ModelVersion {
  readonly version: number;
  readonly modelPath: string;
  /** Null: there is no `signature.json`, the graph itself says what it takes. */
  readonly signatures: Signatures | null;
}

const MODEL_FILE = 'model.onnx';
const SIGNATURE_FILE = 'signature.json';
const TENSORFLOW_FILES = ['saved_model.pb', 'saved_model.pbtxt'];

/**
 * The newest version under a base path: the highest folder name that is a whole number. A base path that is an ONNX file
 * itself is version 1.
 * @throws ServescapeError `model-missing` when there is none
 */
export function findLatestVersion(modelName: string, basePath: string): number {
  if (isModelFile(basePath)) return 1;
  if (!existsSync(basePath)) {
    throw missing(`Could not find base path ${basePath} for servable ${modelName}.`, 'Point --model_base_path at the folder that holds the version folders.');
  }
  const versions = readdirSync(basePath, { withFileTypes: true })
    .filter((entry) => /^\d+$/.test(entry.name) && !entry.isFile())
    .map((entry) => Number(entry.name));
  if (versions.length === 0) {
    const hint = existsSync(join(basePath, MODEL_FILE)) || TENSORFLOW_FILES.some((file) => existsSync(join(basePath, file)))
      ? `The model lies in ${basePath} itself: move it into a folder called 1.`
      : "Did you forget to name your leaf directory as a number (eg. '/1/')?";
    throw missing(`No versions of servable ${modelName} found under base path ${basePath}.`, hint);
  }
  return Math.max(...versions);
}

/**
 * @throws ServescapeError `model-missing` or `model-unusable`, saying which file is missing or wrong
 */
export function readModelVersion(basePath: string, version: number): ModelVersion {
  if (isModelFile(basePath)) return { version, modelPath: basePath, signatures: null };
  const folder = join(basePath, String(version));
  const modelPath = join(folder, MODEL_FILE);
  if (!existsSync(modelPath)) {
    const savedModel = TENSORFLOW_FILES.find((file) => existsSync(join(folder, file)));
    if (savedModel !== undefined) {
      throw new ServescapeError('model-unusable',
        `${folder} holds a TensorFlow SavedModel (${savedModel}); this server runs ONNX models and finds no ${MODEL_FILE} there.`,
        { hint: `Serve it with the Docker backend, or convert it and put ${MODEL_FILE} and ${SIGNATURE_FILE} beside it.` });
    }
    throw missing(`${folder} holds no ${MODEL_FILE}.`, `Put ${MODEL_FILE} there, and ${SIGNATURE_FILE} if its inputs are to be called otherwise than in the graph.`);
  }
  return { version, modelPath, signatures: readSignatures(join(folder, SIGNATURE_FILE)) };
}

/** A base path may be a model file: version 1 of itself. */
function isModelFile(path: string): boolean {
  return path.toLowerCase().endsWith('.onnx') && (statSync(path, { throwIfNoEntry: false })?.isFile() ?? false);
}

function readSignatures(path: string): Signatures | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new ServescapeError('model-missing', `${path} cannot be read.`, { cause });
  }
  try {
    return readSignatureFile(JSON.parse(text));
  } catch (cause) {
    throw new ServescapeError('model-unusable', `${path}: ${(cause as Error).message}.`, { cause });
  }
}

function missing(message: string, hint: string): ServescapeError {
  return new ServescapeError('model-missing', message, { hint });
}
