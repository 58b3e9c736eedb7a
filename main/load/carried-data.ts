import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { ModelSpec } from '../domain/study-spec.ts';
import { missing } from '../workloads/data-error.ts';
import { findData, type DataPlaces } from '../workloads/workloads.ts';

/** Where a station looks for data, under the one folder that is brought to it. */
export const STATION_DATA = { dataRoot: '/data/bundled', ownDataRoot: '/data/own' } as const;

/** A file or folder of this machine, and where it lies beside the replicas. */
export interface CarriedPath {
  readonly from: string;
  readonly to: string;
}

/** The samples a study's requests are made of, and its model as a station knows it. @throws ServescapeError `model-missing` where there are none */
export function carriedData(model: ModelSpec, places: DataPlaces): { readonly paths: readonly CarriedPath[]; readonly model: ModelSpec } {
  const { path, from } = findData(model, places);
  if (!existsSync(path)) throw missing(path);
  if (from === 'study') {
    const to = `/data/study/${basename(path)}`;
    return { paths: [{ from: path, to }], model: { ...model, dataPath: to } };
  }
  const root = from === 'bundled' ? STATION_DATA.dataRoot : STATION_DATA.ownDataRoot;
  return { paths: [{ from: path, to: `${root}/${model.workload}` }], model };
}
