import { z } from 'zod';
import { configurationSchema } from './parameter.ts';
import { fleetMemberSchema, machineSchema } from './machine.ts';
import { studySpecSchema } from './study-spec.ts';
import { originSchema, outcomeSchema, predictionSchema, stageSecondsSchema } from './trial.ts';

/** Why a run ended; stored and shown. */
export const stopReasonSchema = z.strictObject({
  kind: z.enum(['budget', 'time-limit', 'expected-gain', 'no-gain', 'target', 'regret', 'converged', 'space-exhausted', 'user', 'interrupted', 'fault']),
  /** One sentence for the user. */
  text: z.string(),
});
export type StopReason = z.infer<typeof stopReasonSchema>;

/** Longest note, characters. */
export const NOTE_LENGTH = 4000;

const at = z.iso.datetime();

/** The truth about a study, append-only. The study is the fold of these. */
export const studyEventSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('study-created'), at, studyId: z.string(), spec: studySpecSchema }),
  /** Before the first trial anything may change; after it, name, bounds, budget and stop rules. */
  z.strictObject({ kind: z.literal('spec-changed'), at, spec: studySpecSchema }),
  z.strictObject({ kind: z.literal('run-started'), at, machine: machineSchema, backend: z.string() }),
  /** In a run on several machines at once, before its first trial. */
  z.strictObject({ kind: z.literal('machines-compared'), at, machines: z.array(fleetMemberSchema).max(16) }),
  z.strictObject({
    kind: z.literal('trial-started'), at, trial: z.int().positive(), configuration: configurationSchema,
    origin: originSchema, prediction: predictionSchema.nullable(),
    /** Why this one, where origin and prediction do not say it. */
    reason: z.string().max(500).optional(),
    /** The trial whose configuration the model advised when it chose. */
    advised: z.int().positive().optional(),
    /** Where it runs, in a run on several machines. */
    machine: z.string().max(200).optional(),
  }),
  z.strictObject({
    kind: z.literal('trial-finished'), at, trial: z.int().positive(), outcome: outcomeSchema,
    seconds: stageSecondsSchema.nullable(),
  }),
  /** Words of the user about the study (`trial` null) or one trial; the last ones count, empty takes them back. */
  z.strictObject({ kind: z.literal('note-written'), at, trial: z.int().positive().nullable(), text: z.string().max(NOTE_LENGTH) }),
  z.strictObject({ kind: z.literal('run-paused'), at }),
  z.strictObject({ kind: z.literal('run-continued'), at }),
  z.strictObject({ kind: z.literal('run-ended'), at, reason: stopReasonSchema }),
]);
export type StudyEvent = z.infer<typeof studyEventSchema>;

/** Events are numbered from 1 without gaps; a reader that knows `seq` can continue from it. */
export interface NumberedEvent {
  readonly seq: number;
  readonly event: StudyEvent;
}
