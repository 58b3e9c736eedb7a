import { fieldRefusals, type FieldRefusal } from '../../main/contract/refusal.ts';
import { badInput } from '../../main/domain/errors.ts';
import { studySpecSchema, type StudySpec } from '../../main/domain/study-spec.ts';
import { fieldLabel, shownPer } from './field-labels.ts';
import { valueAt, withValue } from './paths.ts';

/** One field that cannot be used as it is. */
export interface Fault {
  /** Where: "space.1.low". */
  readonly path: string;
  /** What would be accepted, one sentence: the command line's, with the field's label for its name. */
  readonly text: string;
  /** A value that would do, offered with one click. */
  readonly repair: { readonly label: string; readonly value: unknown } | null;
}

/** Every fault of a form, in its order, judged by the schema the host uses; one per field. */
export function findFaults(form: unknown): readonly Fault[] {
  const parsed = studySpecSchema.safeParse(form);
  if (parsed.success) return [];
  return fieldRefusals(parsed.error, form).map((refusal) => ({
    path: refusal.field, text: sentence(form as StudySpec, refusal), repair: repairOf(form, refusal),
  }));
}

function sentence(form: StudySpec, { field, value, accepted }: FieldRefusal): string {
  const label = fieldLabel(form, field);
  if (value === undefined || value === null || value === '') return `${label} is missing. Accepted: ${accepted}.`;
  return badInput(label, inField(field, value), inField(field, accepted)).message;
}

/** A number, or the numbers of a sentence, in the unit the field shows. */
function inField<T>(field: string, value: T): T {
  const per = shownPer(field);
  if (per === 1) return value;
  if (typeof value === 'number') return (value / per) as T;
  return typeof value === 'string' ? (value.replace(/\d+(?:\.\d+)?/g, (number) => String(Number(number) / per)) as T) : value;
}

/** "at least 1" → 1; a fraction where a whole number is asked → the nearest one. Only what the schema then takes. */
function repairOf(form: unknown, { field, value, accepted }: FieldRefusal): Fault['repair'] {
  const bound = /\b(?:at least|at most|the) (\d+(?:\.\d+)?)\b/.exec(accepted)?.[1];
  const whole = accepted === 'a whole number' && typeof value === 'number' ? Math.round(value) : undefined;
  const offered = bound !== undefined && typeof valueAt(form, field) !== 'object' ? Number(bound) : whole;
  if (offered === undefined || !Number.isFinite(offered)) return null;
  const after = studySpecSchema.safeParse(withValue(form, field, offered));
  const stillThere = !after.success && after.error.issues.some(({ path }) => path.join('.') === field);
  return stillThere ? null : { label: `Use ${inField(field, offered)}`, value: offered };
}
