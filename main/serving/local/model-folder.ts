import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ServescapeError } from '../../domain/errors.ts';

/**
 * Where the versions of a model lie. Checked before anything is started, so that a missing model is said in a sentence.
 * @throws ServescapeError `model-missing`
 */
export function findModelBasePath(modelRoot: string, modelName: string): string {
  const basePath = join(modelRoot, modelName);
  let names: readonly string[];
  try {
    names = readdirSync(basePath);
  } catch (cause) {
    throw new ServescapeError('model-missing', `There is no model “${modelName}”: ${basePath} cannot be read.`, {
      hint: 'Reinstall the program, or put the model folder back.',
      cause,
    });
  }
  if (!names.some((name) => /^\d+$/.test(name))) {
    throw new ServescapeError('model-missing', `The model “${modelName}” has no version: ${basePath} holds no folder called 1, 2, ….`, {
      hint: 'A model lies in a numbered version folder, for example 1.',
    });
  }
  return basePath;
}
