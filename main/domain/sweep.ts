import { z } from 'zod';
import { ServescapeError } from './errors.ts';
import { formatCount, inSentence } from './format.ts';
import { KNOBS, KNOB_NAMES } from './knobs.ts';
import { countFinished, type Study } from './study.ts';
import { studySpecSchema, type StudySpec, nameSchema } from './study-spec.ts';

/** The report's list (source report §5.1). */
export const REPORT_CONCURRENCIES: readonly number[] = [1, 5, 10, 20, 30, 40, 50, 60];

const someNumbers = z.array(z.number()).min(1).max(50).refine((values) => new Set(values).size === values.length, 'each value once');

/** What differs from study to study: the environment, or one knob held at each of several values. */
export const varySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('concurrency'), values: someNumbers.refine((values) => values.every((value) => Number.isInteger(value) && value >= 1 && value <= 1000), 'whole numbers from 1 to 1000') }),
  z.strictObject({ kind: z.literal('network'), field: z.enum(['delayMs', 'lossPercent']), values: someNumbers.refine((values) => values.every((value) => value >= 0), 'numbers from 0') }),
  z.strictObject({ kind: z.literal('knob'), knob: z.enum(KNOB_NAMES), values: someNumbers }),
]);
export type Vary = z.infer<typeof varySchema>;

/** A queue of studies over a list of environments; with `duel`, random and Bayesian search at equal budget at each. */
export const sweepSpecSchema = z.strictObject({
  name: nameSchema,
  vary: varySchema,
  duel: z.boolean(),
  /** Every study again with another seed. */
  repeats: z.int().min(1).max(20).default(1),
  base: studySpecSchema,
});
export type SweepSpec = z.infer<typeof sweepSpecSchema>;
export type SweepSpecDraft = z.input<typeof sweepSpecSchema>;

/** `alone`: no duel, the sampler of the base. */
export const sideSchema = z.enum(['random', 'bayes', 'alone']);
export type SweepSide = z.infer<typeof sideSchema>;

export const sweepMemberSchema = z.strictObject({
  studyId: z.string(), value: z.number(), side: sideSchema, repeat: z.int().min(1),
});
export type SweepMember = z.infer<typeof sweepMemberSchema>;

const at = z.iso.datetime();
export const sweepReasonSchema = z.strictObject({ kind: z.enum(['done', 'user', 'interrupted', 'fault']), text: z.string() });
export type SweepReason = z.infer<typeof sweepReasonSchema>;

/** The truth about a sweep, append-only; what its studies did is in their own events. */
export const sweepEventSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sweep-created'), at, sweepId: z.string(), spec: sweepSpecSchema, members: z.array(sweepMemberSchema).min(1) }),
  z.strictObject({ kind: z.literal('sweep-started'), at }),
  z.strictObject({ kind: z.literal('sweep-ended'), at, reason: sweepReasonSchema }),
]);
export type SweepEvent = z.infer<typeof sweepEventSchema>;

export interface Sweep {
  readonly id: string;
  readonly createdAt: string;
  readonly spec: SweepSpec;
  readonly members: readonly SweepMember[];
  readonly state: 'waiting' | 'running' | 'ended';
  /** Of the last run; null before the first has ended. */
  readonly reason: SweepReason | null;
}

export function applySweepEvent(sweep: Sweep | null, event: SweepEvent): Sweep {
  if (event.kind === 'sweep-created') {
    if (sweep !== null) throw outOfOrder(event);
    return { id: event.sweepId, createdAt: event.at, spec: event.spec, members: event.members, state: 'waiting', reason: null };
  }
  if (sweep === null) throw outOfOrder(event);
  return event.kind === 'sweep-started' ? { ...sweep, state: 'running' } : { ...sweep, state: 'ended', reason: event.reason };
}

/** A study of a sweep before it has a number. */
export interface PlannedMember extends Omit<SweepMember, 'studyId'> {
  readonly spec: StudySpec;
}

/**
 * The studies in the order they run. Both sides of a duel share budget, seed and environment and run one after the other,
 * so that a machine that slows down over the hours slows both. Throws `bad-input` when a study of it would not be acceptable.
 */
export function planSweep(spec: SweepSpec): readonly PlannedMember[] {
  const sides: readonly SweepSide[] = spec.duel ? ['random', 'bayes'] : ['alone'];
  const planned: PlannedMember[] = [];
  for (const value of spec.vary.values) {
    for (let repeat = 1; repeat <= spec.repeats; repeat++) {
      for (const side of sides) planned.push({ value, side, repeat, spec: memberSpec(spec, value, side, repeat) });
    }
  }
  return planned;
}

function memberSpec({ base, vary, repeats }: SweepSpec, value: number, side: SweepSide, repeat: number): StudySpec {
  const { trials } = base.budget;
  const sampler: StudySpec['sampler'] =
    side === 'random' ? { kind: 'random' } : side === 'alone' || base.sampler.kind === 'bayes' ? base.sampler : bayesFor(trials);
  const words = [describeValue(vary, value), ...(side === 'alone' ? [] : [side === 'random' ? 'random' : 'Bayesian']), ...(repeats > 1 ? [`seed ${repeat}`] : [])];
  const draft = { ...varied(base, vary, value), sampler, seed: (base.seed + repeat - 1) % 4_294_967_296, name: `${baseName(base)}, ${words.join(', ')}` };
  const parsed = studySpecSchema.safeParse(draft);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new ServescapeError('bad-input', `At ${describeValue(vary, value)}: ${issue.path.join('.')}, ${issue.message}.`, { field: 'vary.values', value, accepted: issue.message });
}

/** Without the concurrency that templates put at the end of their name: here it differs. */
export function baseName({ name }: StudySpec): string {
  return name.replace(/,? \d+ concurrent$/, '').slice(0, 80);
}

function varied(base: StudySpec, vary: Vary, value: number): StudySpec {
  switch (vary.kind) {
    case 'concurrency':
      return { ...base, environment: { ...base.environment, concurrency: value } };
    case 'network':
      return { ...base, environment: { ...base.environment, network: { ...base.environment.network, [vary.field]: value } } };
    case 'knob':
      return { ...base, space: base.space.filter(({ name }) => name !== vary.knob), fixed: { ...base.fixed, [vary.knob]: value } };
  }
}

function bayesFor(trials: number): StudySpec['sampler'] {
  return { kind: 'bayes', startupTrials: Math.max(1, Math.floor(trials / 2)), acquisition: 'expected-improvement', xi: 1e-4 };
}

/** "Concurrent requests", "Delay", "Replicas": what the x axis of the sweep is, with its unit. */
export function variedAxis(vary: Vary): { readonly label: string; readonly unit: string } {
  switch (vary.kind) {
    case 'concurrency':
      return { label: 'Concurrent requests', unit: '' };
    case 'network':
      return vary.field === 'delayMs' ? { label: 'Network delay', unit: 'ms' } : { label: 'Lost messages', unit: '%' };
    case 'knob':
      return { label: KNOBS[vary.knob].label, unit: KNOBS[vary.knob].unit };
  }
}

/** One step of what is varied, after "per": a slope is "0.17 ms per request", "−28 ms per core". */
export function stepOf(vary: Vary): string {
  if (vary.kind === 'concurrency') return 'request';
  if (vary.kind === 'knob' && vary.knob === 'replicas') return 'replica';
  return variedAxis(vary).unit.replace(/^(core|item|thread)s$/, '$1');
}

/** "20 concurrent", "2 % lost", "4 replicas" */
export function describeValue(vary: Vary, value: number): string {
  if (vary.kind === 'concurrency') return `${formatCount(value)} concurrent`;
  if (vary.kind === 'network') return vary.field === 'delayMs' ? `${value} ms delay` : `${value} % lost`;
  const { label, unit } = KNOBS[vary.knob];
  return `${inSentence(label)} ${value} ${unit}`.trim();
}

/** "Duel, 8 concurrency levels", "Sweep, 6 values of CPU per replica": for lists. */
export function describeSweep({ vary, duel, repeats }: Pick<SweepSpec, 'vary' | 'duel' | 'repeats'>): string {
  const count = vary.values.length;
  const levels = count === 1 ? describeValue(vary, vary.values[0]!) : `${count} ${vary.kind === 'concurrency' ? 'concurrency levels' : `values of ${inSentence(variedAxis(vary).label)}`}`;
  return `${duel ? 'Duel' : 'Sweep'}, ${levels}${repeats > 1 ? `, ${repeats} seeds` : ''}`;
}

/** Nothing is left to run in this study: its budget is spent or a rule of its own ended it. */
export function isStudyDone(study: Study): boolean {
  if (countFinished(study) >= study.spec.budget.trials) return study.state === 'ended';
  const reason = study.runs[study.runs.length - 1]?.reason?.kind;
  return study.state === 'ended' && (reason === 'space-exhausted' || reason === 'expected-gain' || reason === 'time-limit');
}

function outOfOrder(event: SweepEvent): ServescapeError {
  return new ServescapeError('project-damaged', `The sweep's history is out of order at “${event.kind}”.`, { hint: 'Open the backup copy beside the file, or start a new sweep.' });
}
