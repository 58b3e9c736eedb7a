import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelSpec } from '../domain/study-spec.ts';
import { WORKLOADS } from '../domain/workload-facts.ts';
import { ServescapeError } from '../domain/errors.ts';
import { openDigits } from './digits.ts';
import type { DataSet } from './items.ts';
import { openDataSet } from './readers/open-data-set.ts';
import type { ModelSignature } from './signature.ts';
import { signatureWorkload } from './signature-workload.ts';
import type { Workload } from './workload.ts';

/** Where data lie: one folder per workload in each. */
export interface DataPlaces {
  /** What comes with the program. */
  readonly dataRoot: string;
  /** The user's own, looked at first; null: nowhere. */
  readonly ownDataRoot: string | null;
}

export interface DataPlace {
  readonly path: string;
  readonly from: 'study' | 'own-folder' | 'bundled';
}

/** The study's own path, else the user's folder for this workload if there is anything in it, else what comes with the program. */
export function findData(model: ModelSpec, { dataRoot, ownDataRoot }: DataPlaces): DataPlace {
  if (model.dataPath !== undefined) return { path: model.dataPath, from: 'study' };
  const own = ownDataRoot === null ? null : join(ownDataRoot, model.workload);
  if (own !== null && isFilled(own)) return { path: own, from: 'own-folder' };
  if (WORKLOADS[model.workload].bundledData === null) {
    throw new ServescapeError('model-missing', 'No data are chosen for your own model.', { hint: 'Choose the file or folder with your samples.' });
  }
  return { path: join(dataRoot, model.workload), from: 'bundled' };
}

function isFilled(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => !name.startsWith('.'));
  } catch {
    return false;
  }
}

/** The samples of a study, at most as many as the workload's request set has. */
export async function openData(model: ModelSpec, places: DataPlaces): Promise<DataSet & { readonly place: DataPlace }> {
  const place = findData(model, places);
  return { ...(await openDataSet(place.path, WORKLOADS[model.workload].itemsMax)), place };
}

/** The bundled digits, whose requests are known beforehand. `dataRoot` holds one folder of data per workload. */
export function openWorkload(name: 'digits', dataRoot: string): Promise<Workload> {
  return { digits: openDigits }[name](dataRoot);
}

/**
 * Samples and encoder of a study. The bundled digits are known beforehand; everything else is encoded by what the server
 * says its model takes.
 * @param askSignature called once, when the answer is needed
 */
export async function openStudyWorkload(model: ModelSpec, places: DataPlaces, askSignature: () => Promise<ModelSignature>): Promise<Workload> {
  const isBundledDigits = model.workload === 'digits' && model.modelPath === undefined && model.form !== 'columnar' && findData(model, places).from === 'bundled';
  if (isBundledDigits) return openWorkload('digits', places.dataRoot);
  const [data, signature] = await Promise.all([openData(model, places), askSignature()]);
  return signatureWorkload({ modelName: model.workload, data, signature, form: model.form ?? 'row' });
}
