import { z } from 'zod';
import { badInput, ServescapeError, type ErrorDetails } from '../domain/errors.ts';

/** One field that cannot be used, in the words that the form, the router and the command line share. */
export interface FieldRefusal {
  /** Path in the input: `space.0.high`; empty for the input as a whole. */
  readonly field: string;
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  /** What would be accepted, as the end of a sentence: "a whole number", "at least 1". */
  readonly accepted: string;
  /** The whole sentence. */
  readonly message: string;
}

/** Every issue of a failed validation of `input`, in the order of the schema, one per field. */
export function fieldRefusals(error: z.ZodError, input: unknown): readonly FieldRefusal[] {
  const byField = new Map<string, FieldRefusal>();
  for (const issue of error.issues.flatMap((issue) => spread(issue, input))) {
    const refusal = toRefusal(issue, input);
    if (!byField.has(refusal.field)) byField.set(refusal.field, refusal);
  }
  return [...byField.values()];
}

/** The first refused field as an error; the hint says which others there are. */
export function refusalFromZod(error: z.ZodError, input: unknown): ServescapeError {
  const [first, ...others] = fieldRefusals(error, input);
  if (!first) return new ServescapeError('bad-input', 'This cannot be used.');
  const details: ErrorDetails = {
    field: first.field, value: first.value, accepted: first.accepted,
    ...(others.length > 0 && { hint: `Also to be put right: ${nameSome(others)}.` }),
  };
  return new ServescapeError('bad-input', first.message, details);
}

/** Validates `input`, or throws `refusalFromZod`. */
export function parseOrRefuse<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw refusalFromZod(parsed.error, input);
}

const NAMED_AT_MOST = 5;

function nameSome(refusals: readonly FieldRefusal[]): string {
  const names = refusals.slice(0, NAMED_AT_MOST).map(({ field }) => field);
  const more = refusals.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

type Issue = z.core.$ZodIssue;

/** A union says what each branch refused: keep the branch that got furthest. Unknown keys become one issue each. */
function spread(issue: Issue, input: unknown): Issue[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ ...issue, keys: [key], path: [...issue.path, key] }));
  }
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const branch = issue.errors.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length)[0]!;
  return branch.flatMap((inner) => spread({ ...inner, path: [...issue.path, ...inner.path] } as Issue, input));
}

function depth(issues: readonly Issue[]): number {
  return Math.max(0, ...issues.map(({ path }) => path.length));
}

function toRefusal(issue: Issue, input: unknown): FieldRefusal {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  const field = path.join('.');
  const value = valueAt(input, path);
  const accepted = acceptedBy(issue);
  const name = field === '' ? 'the input' : field;
  const message = issue.code === 'unrecognized_keys' ? `${name} is not known here. Accepted: ${accepted}.` : badInput(name, shorten(value), accepted).message;
  return { field, path, value, accepted, message };
}

function shorten(value: unknown): unknown {
  if (typeof value === 'string') return value.length > 80 ? `${value.slice(0, 77)}…` : value;
  if (typeof value !== 'object' || value === null) return value;
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : value;
}

function valueAt(input: unknown, path: readonly (string | number)[]): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

function acceptedBy(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_WORDS[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return oneOf(issue.values.map(String));
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options) ? oneOf(issue.options.map(String)) : 'another kind of value';
    case 'too_small':
      return limit(issue.inclusive === false ? 'more than' : 'at least', issue.minimum, issue.origin);
    case 'too_big':
      return limit(issue.inclusive === false ? 'less than' : 'at most', issue.maximum, issue.origin);
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return 'only the fields of the format; take this one out';
    case 'custom':
      return issue.message;
    default:
      return issue.message.replace(/^Invalid /, 'a valid ');
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  int: 'a whole number', number: 'a number', string: 'text', boolean: 'true or false', object: 'an object', array: 'a list',
  record: 'an object', null: 'null',
};

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? values[0]! : `${values.slice(0, -1).join(', ')} or ${values.at(-1)!}`;
}

function limit(relation: string, bound: number | bigint, origin: string): string {
  const unit = origin === 'string' ? (bound === 1 ? ' character' : ' characters') : origin === 'array' ? (bound === 1 ? ' entry' : ' entries') : '';
  return `${relation} ${bound}${unit}`;
}
