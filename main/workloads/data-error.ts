import { ServescapeError } from '../domain/errors.ts';

/** A data file that cannot be used: what is wrong with it, in the words that end "cannot be used: …". */
export function unusable(name: string, why: string, options: { readonly hint?: string; readonly cause?: unknown } = {}): ServescapeError {
  return new ServescapeError('model-unusable', `The data file ${name} cannot be used: ${why}.`, {
    ...(options.cause !== undefined && { cause: options.cause }),
    hint: options.hint ?? 'Replace it by an undamaged copy.',
  });
}

export function missing(name: string, cause?: unknown): ServescapeError {
  return new ServescapeError('model-missing', `The data file ${name} cannot be read.`, {
    ...(cause !== undefined && { cause }),
    hint: 'Choose another file, or put it where the study expects it.',
  });
}
