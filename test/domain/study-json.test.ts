import { expect, it } from 'vitest';
import { applyStudyEvent } from '../../main/domain/study.ts';
import { exportJsonSchema, exportSchema, projectAsJson, roundTripsAsJson, sweepJsonSchema, sweepAsJson } from '../../main/domain/study-json.ts';
import { sampleRoundTrips } from '../project/sample-study.ts';
import { buildStudy } from '../renderer/fixtures/build-study.ts';
import { finishedStudies, sampleSweep } from './sweep-samples.ts';

const crossed = <Value>(value: Value): unknown => JSON.parse(JSON.stringify(value));
const note = { kind: 'note-written', at: '2026-11-28T10:00:00.000Z', trial: 3, text: 'fan was loud' } as const;

it('an export of failed, running, noted and measured trials is what its schema says', () => {
  const study = applyStudyEvent(buildStudy({ trials: 33, failEvery: 9, running: true }), note);
  const trips = { studyId: study.id, trial: 4, ...roundTripsAsJson(sampleRoundTrips(20, 4)) };
  const read = exportSchema.parse(crossed(projectAsJson('lab', [study], [], [trips])));
  const json = read.studies[0]!;
  expect(json.trials.map(({ state }) => state)).toEqual(study.trials.map(({ state }) => state));
  expect(json.trials[2]!.note).toBe('fan was loud');
  expect(json.best).toMatchObject({ trial: study.incumbent, value: study.trials[study.incumbent! - 1]!.value });
  expect(json.trials[0]!.serving.batchThreads).toBeGreaterThan(0);
  expect(new Set([trips.startMs, trips.roundTripMs, trips.replica, trips.fault, trips.excluded].map(({ length }) => length))).toEqual(new Set([20]));
  expect(read.roundTrips![0]!.fault.every((word) => typeof word === 'string')).toBe(true);
});

it('a sweep’s export holds levels, claims, Table 1 and its studies', () => {
  const sweep = sampleSweep();
  const studies = finishedStudies(sweep, (value, side) => value + (side === 'random' ? 2 : 1));
  const json = sweepJsonSchema.parse(crossed(sweepAsJson(sweep, studies)));
  expect(json.levels).toHaveLength(sweep.spec.vary.values.length);
  expect(json.claims).toHaveLength(3);
  expect(json.table.rows.every((row) => row.length === json.table.head.length)).toBe(true);
  expect(json.studies).toHaveLength(studies.length);
});

it('the JSON Schema names a type for every property', () => {
  const untyped: string[] = [];
  const look = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    for (const [name, property] of Object.entries((schema as { properties?: Record<string, object> }).properties ?? {})) {
      if (Object.keys(property).filter((key) => key !== 'description' && key !== 'default').length === 0) untyped.push(`${path}.${name}`);
    }
    for (const [key, value] of Object.entries(schema)) look(value, `${path}.${key}`);
  };
  look(exportJsonSchema(), '');
  expect(untyped.map((path) => path.replace(/^.*\./, ''))).toEqual(['code']);
});
