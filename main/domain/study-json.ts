import { z } from 'zod';
import { judgeClaims } from './claims.ts';
import { compareSweep } from './comparison.ts';
import { machineSchema } from './machine.ts';
import { measurementSchema } from './measurement.ts';
import { METRIC_NAMES } from './metric.ts';
import { isBetter } from './objective.ts';
import { configurationSchema } from './parameter.ts';
import { KNOB_NAMES, type KnobName } from './knobs.ts';
import { formatTuple, servingConfiguration } from './serving-configuration.ts';
import { ROUND_TRIP_FAULTS, type RoundTrips } from './round-trips.ts';
import { bestTrial, type Study } from './study.ts';
import { stopReasonSchema } from './study-event.ts';
import { studySpecSchema, type StudySpec } from './study-spec.ts';
import { sideSchema, sweepReasonSchema, varySchema, type Sweep } from './sweep.ts';
import { tableOne } from './table-one.ts';
import { failureSchema, originSchema, predictionSchema, stageSecondsSchema, type Origin, type Trial } from './trial.ts';

/**
 * Studies and sweeps as JSON for other programs: raw numbers, units in the names, nothing rounded. The schemas below are
 * the documentation (`export --schema` prints them). A field is only ever added; anything else
 * is a new EXPORT_VERSION.
 */
export const EXPORT_VERSION = 1;

const servingSchema = z.strictObject(Object.fromEntries(KNOB_NAMES.map((name) => [name, z.number()])) as Record<KnobName, z.ZodNumber>)
  .describe('Every knob with the value the replicas ran with: searched, fixed or the usual one. CPU in cores per replica, memory in MB per replica, timeout in µs, clock in MHz.');
const tuple = z.string().describe('The searched values in the order of the search space, as the report prints them.');
const value = z.number().nullable().describe('The objective in its own unit; null when it was not observed.');

const trialJsonSchema = z.strictObject({
  number: z.int().positive().describe('Counts from 1.'),
  configuration: configurationSchema.describe('The searched values.'),
  tuple, serving: servingSchema,
  origin: originSchema.describe('Who chose it: random sampling, the model, or the user.'),
  prediction: predictionSchema.nullable().describe('What the model said before the trial ran, in the objective’s unit; null for random trials.'),
  reason: z.string().optional().describe('Why this configuration, where origin and prediction do not say it.'),
  advised: z.int().positive().optional().describe('The trial whose configuration the model advised when it chose.'),
  startedAt: z.iso.datetime(), finishedAt: z.iso.datetime().nullable(),
  state: z.enum(['running', 'complete', 'failed', 'aborted']),
  value,
  feasible: z.boolean().describe('Measured and every condition met.'),
  violations: z.array(z.string()).describe('Conditions that were broken, in words.'),
  measurement: measurementSchema.nullable(),
  failure: failureSchema.nullable(),
  abortReason: z.string().nullable(),
  seconds: stageSecondsSchema.nullable().describe('Seconds spent bringing replicas up, measuring, and on everything else.'),
  note: z.string().optional(),
});

const bestJsonSchema = z.strictObject({
  trial: z.int().positive(), configuration: configurationSchema, tuple, serving: servingSchema, metric: z.enum(METRIC_NAMES), value,
  meanRoundTripMs: z.number(), halfWidthMs: z.number().nullable().describe('Half of the 95 % interval of the mean.'),
  verdict: measurementSchema.shape.verdict,
}).nullable();

export const studyJsonSchema = z.strictObject({
  id: z.string(), name: z.string(), createdAt: z.iso.datetime(), note: z.string().optional(),
  state: z.enum(['draft', 'running', 'paused', 'ended']),
  simulated: z.boolean().describe('True: computed in virtual time by a model, nothing was measured.'),
  spec: studySpecSchema.describe('What the study was asked to do.'),
  runs: z.array(z.strictObject({ startedAt: z.iso.datetime(), endedAt: z.iso.datetime().nullable(), backend: z.string(), reason: stopReasonSchema.nullable(), machine: machineSchema })),
  trials: z.array(trialJsonSchema),
  best: bestJsonSchema.describe('The best feasible trial by observed value.'),
  bestRandom: bestJsonSchema.describe('The best among random trials.'),
  bestBayesian: bestJsonSchema.describe('The best among those the model chose.'),
});
export type StudyJson = z.infer<typeof studyJsonSchema>;

const intervalSchema = z.strictObject({ value: z.number(), low: z.number(), high: z.number() }).nullable().describe('Percent, with its 95 % bootstrap interval.');

export const sweepJsonSchema = z.strictObject({
  id: z.string(), name: z.string(), state: z.enum(['waiting', 'running', 'ended']), reason: sweepReasonSchema.nullable(), simulated: z.boolean(),
  vary: varySchema, duel: z.boolean(), repeats: z.int(),
  levels: z.array(z.strictObject({
    value: z.number(), gainPercent: intervalSchema,
    best: z.array(z.strictObject({
      studyId: z.string(), side: sideSchema, repeat: z.int(), trial: z.int().nullable(), value, meanRoundTripMs: z.number().nullable(), halfWidthMs: z.number().nullable(),
    })),
  })),
  medianGainPercent: intervalSchema,
  claims: z.array(z.strictObject({ id: z.enum(['linear', 'beats-random', 'gain-grows']), statement: z.string(), verdict: z.enum(['supported', 'not-supported', 'not-enough-data']), numbers: z.string() })),
  table: z.strictObject({ head: z.array(z.string()), rows: z.array(z.array(z.union([z.number(), z.string(), z.null()]))) }).describe('Table 1 of the report.'),
  studies: z.array(studyJsonSchema),
});
export type SweepJson = z.infer<typeof sweepJsonSchema>;

/** Columns of equal length, in order of completion. */
const roundTripsJsonSchema = z.strictObject({
  startMs: z.array(z.number()).describe('Send time after the first request.'), roundTripMs: z.array(z.number()),
  replica: z.array(z.int()).describe('Index of the replica that was asked, from 0.'),
  fault: z.array(z.enum(ROUND_TRIP_FAULTS)).describe('“ok” or what went wrong.'),
  excluded: z.array(z.int().min(0).max(1)).describe('1: left out of the mean.'),
  width: z.array(z.int()).optional().describe('Steps the items of the request were padded to.'),
});
export type RoundTripsJson = z.infer<typeof roundTripsJsonSchema>;

/** A whole project. */
export const exportSchema = z.strictObject({
  format: z.literal('servescape-export'), version: z.literal(EXPORT_VERSION), project: z.string(),
  studies: z.array(studyJsonSchema),
  sweeps: z.array(sweepJsonSchema.omit({ studies: true })),
  roundTrips: z.array(roundTripsJsonSchema.extend({ studyId: z.string(), trial: z.int().positive() })).optional(),
});
export type ExportJson = z.infer<typeof exportSchema>;

/** JSON Schema of an export, draft 2020-12. */
export function exportJsonSchema(): object {
  return z.toJSONSchema(exportSchema, { unrepresentable: 'any', io: 'output', reused: 'ref' });
}

export function projectAsJson(project: string, studies: readonly Study[], sweeps: readonly Sweep[], roundTrips?: ExportJson['roundTrips']): ExportJson {
  return {
    format: 'servescape-export', version: EXPORT_VERSION, project, studies: studies.map(studyAsJson),
    sweeps: sweeps.map((sweep) => {
      const { studies: _members, ...alone } = sweepAsJson(sweep, studies.filter(({ id }) => sweep.members.some(({ studyId }) => studyId === id)));
      return alone;
    }),
    ...(roundTrips !== undefined && { roundTrips }),
  };
}

export function roundTripsAsJson({ startMs, roundTripMs, replica, fault, excluded, width }: RoundTrips): RoundTripsJson {
  return {
    startMs: [...startMs], roundTripMs: [...roundTripMs], replica: [...replica], fault: [...fault].map((index) => ROUND_TRIP_FAULTS[index]!),
    excluded: [...excluded], ...(width && { width: [...width] }),
  };
}

export function studyAsJson(study: Study): StudyJson {
  const { spec } = study;
  return {
    id: study.id, name: spec.name, createdAt: study.createdAt, ...(study.note ? { note: study.note } : {}), state: study.state,
    simulated: spec.backend.kind === 'simulated', spec,
    runs: study.runs.map(({ startedAt, endedAt, backend, reason, machine }) => ({ startedAt, endedAt, backend, reason, machine })),
    trials: study.trials.map((trial) => ({ ...trial, violations: [...trial.violations], tuple: formatTuple(spec, trial.configuration), serving: servingConfiguration(spec, trial.configuration) })),
    best: bestAsJson(spec, bestTrial(study)),
    bestRandom: bestAsJson(spec, bestOfOrigin(study, 'random')),
    bestBayesian: bestAsJson(spec, bestOfOrigin(study, 'bayes')),
  };
}

export function sweepAsJson(sweep: Sweep, studies: readonly Study[]): SweepJson {
  const comparison = compareSweep(sweep, studies);
  const { head, rows } = tableOne(sweep, comparison);
  return {
    id: sweep.id, name: sweep.spec.name, state: sweep.state, reason: sweep.reason, simulated: sweep.spec.base.backend.kind === 'simulated',
    vary: sweep.spec.vary, duel: sweep.spec.duel, repeats: sweep.spec.repeats,
    levels: comparison.levels.map(({ value, gain, random, bayes, alone }) => ({
      value, gainPercent: gain,
      best: [...random, ...bayes, ...alone].map(({ study, side, repeat, best }) => ({
        studyId: study.id, side, repeat, trial: best?.number ?? null, value: best?.value ?? null,
        meanRoundTripMs: best?.measurement?.meanRoundTripMs ?? null, halfWidthMs: best?.measurement?.halfWidthMs ?? null,
      })),
    })),
    medianGainPercent: comparison.medianGain, claims: [...judgeClaims(sweep, comparison)],
    table: { head: [...head], rows: rows.map((row) => [...row]) }, studies: studies.map(studyAsJson),
  };
}

/** The best feasible trial of one origin; null when it has none. */
export function bestOfOrigin(study: Study, origin: Origin): Trial | null {
  let best: Trial | null = null;
  for (const trial of study.trials) {
    if (trial.origin !== origin || trial.state !== 'complete' || !trial.feasible || trial.value === null) continue;
    if (best?.value == null || isBetter(study.spec.objective, trial.value, best.value)) best = trial;
  }
  return best;
}

function bestAsJson(spec: StudySpec, trial: Trial | null): StudyJson['best'] {
  if (trial === null || trial.measurement === null) return null;
  const { measurement } = trial;
  return {
    trial: trial.number, configuration: trial.configuration, tuple: formatTuple(spec, trial.configuration),
    serving: servingConfiguration(spec, trial.configuration), metric: spec.objective.metric, value: trial.value,
    meanRoundTripMs: measurement.meanRoundTripMs, halfWidthMs: measurement.halfWidthMs, verdict: measurement.verdict,
  };
}
