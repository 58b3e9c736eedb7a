/**
 * Long lists of like objects travel by columns: the names of fields once instead of once per object, and what all have in
 * common once. The JSON of ten thousand trials is a quarter then. What comes out is what JSON alone would have given.
 */
export type Column =
  | { readonly same: unknown }
  | { readonly values: readonly unknown[] }
  /** Few different texts or switches: one character for each value, counted from `FIRST`. */
  | { readonly choices: readonly unknown[]; readonly at: string }
  /** One character for each value: there, null or absent; the column holds those that are there. */
  | { readonly gaps: string; readonly column: Column }
  | { readonly lengths: Column; readonly elements: Column }
  | { readonly fields: readonly string[]; readonly columns: readonly Column[] };

export interface ListInColumns {
  readonly length: number;
  readonly column: Column;
}

const LEAST_LENGTH = 200;
const MOST_FIELDS = 100;
const MOST_CHOICES = 40;
const FIRST = '0'.charCodeAt(0);
const [THERE, NULL, ABSENT] = ['.', 'n', '-'] as const;
/** A study of a sweep lies three steps deep. */
const MOST_STEPS = 3;

type Fields = Record<string, unknown>;
type Path = readonly string[];

/** The item with its long lists by columns, and where those are. */
export function withColumns(item: unknown): { readonly item: unknown; readonly columns: readonly Path[] } {
  const found: Path[] = [];
  const look = (value: unknown, path: Path): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value) && value.length >= LEAST_LENGTH) {
      if (!value.every(isFields)) return value;
      found.push(path);
      return { length: value.length, column: columnOf(value) } satisfies ListInColumns;
    }
    if (path.length === MOST_STEPS) return value;
    const before = found.length;
    const looked = Object.entries(value).map(([key, inner]) => [key, look(inner, [...path, key])] as const);
    if (found.length === before) return value;
    return Array.isArray(value) ? looked.map(([, inner]) => inner) : Object.fromEntries(looked);
  };
  return { item: look(item, []), columns: found };
}

/** Puts the lists back; changes `item`, which comes fresh out of JSON. */
export function withoutColumns(item: unknown, columns: readonly Path[]): unknown {
  const whole = { item };
  for (const path of columns) {
    let holder = whole as Fields;
    const steps = ['item', ...path];
    for (const step of steps.slice(0, -1)) holder = holder[step] as Fields;
    const last = steps.at(-1)!;
    const { length, column } = holder[last] as ListInColumns;
    holder[last] = valuesOf(column, length);
  }
  return whole.item;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function columnOf(values: readonly unknown[]): Column {
  const count = { gaps: 0, lists: 0, fields: 0 };
  for (const value of values) {
    if (value === null || value === undefined) count.gaps++;
    else if (typeof value === 'object') count[Array.isArray(value) ? 'lists' : 'fields']++;
  }
  if (count.gaps > 0) {
    if (count.gaps === values.length && !values.includes(undefined)) return { same: null };
    return {
      gaps: values.map((value) => (value === null ? NULL : value === undefined ? ABSENT : THERE)).join(''),
      column: columnOf(values.filter((value) => value !== null && value !== undefined)),
    };
  }
  if (values.length > 0 && count.lists === values.length) {
    const lists = values as readonly (readonly unknown[])[];
    return { lengths: columnOf(lists.map(({ length }) => length)), elements: columnOf(lists.flatMap((list) => list.map((element) => element ?? null))) };
  }
  if (values.length > 0 && count.fields === values.length) return fieldsOf(values as readonly Fields[]);
  const choices = count.lists + count.fields > 0 ? null : choicesOf(values);
  if (choices?.length === 1) return { same: choices[0] };
  if (choices === null) return { values };
  const at = new Map(choices.map((choice, i) => [choice, String.fromCharCode(FIRST + i)]));
  return { choices, at: values.map((value) => at.get(value)).join('') };
}

function fieldsOf(values: readonly Fields[]): Column {
  const places = new Map<string, number>();
  const fields: string[] = [];
  const columns: unknown[][] = [];
  for (const [i, value] of values.entries()) {
    let next = 0;
    for (const name in value) {
      // As a rule the fields come in the order they came in before.
      let at = fields[next] === name ? next : places.get(name);
      if (at === undefined) {
        // A table of any names is no list of like objects; and “constructor” is in every one of them.
        if (fields.length === MOST_FIELDS || name in {}) return { values };
        at = fields.push(name) - 1;
        places.set(name, at);
        columns.push(new Array<unknown>(values.length).fill(undefined));
      }
      columns[at]![i] = value[name];
      next = at + 1;
    }
  }
  const used = columns.map((column) => column.some((value) => value !== undefined));
  return { fields: fields.filter((_, k) => used[k]), columns: columns.filter((_, k) => used[k]).map(columnOf) };
}

/** The different values, if they are few; of numbers only whether they are one. */
function choicesOf(values: readonly unknown[]): readonly unknown[] | null {
  const most = typeof values[0] === 'number' ? 1 : MOST_CHOICES;
  const found = new Set<unknown>();
  for (const value of values) if (found.add(value).size > most) return null;
  return [...found];
}

function valuesOf(column: Column, length: number): readonly unknown[] {
  if ('values' in column) return column.values;
  if ('same' in column) return new Array<unknown>(length).fill(column.same);
  if ('choices' in column) return Array.from({ length }, (_, i) => column.choices[column.at.charCodeAt(i) - FIRST]);
  if ('gaps' in column) return withGaps(column.gaps, valuesOf(column.column, column.gaps.split(THERE).length - 1));
  if ('lengths' in column) {
    const lengths = valuesOf(column.lengths, length) as readonly number[];
    const elements = valuesOf(column.elements, lengths.reduce((sum, each) => sum + each, 0));
    let from = 0;
    return lengths.map((each) => elements.slice(from, (from += each)));
  }
  const { fields } = column;
  const columns = column.columns.map((each) => valuesOf(each, length));
  // Copies of one object have room for their fields from the start.
  const blank: Fields = Object.fromEntries(fields.filter((_, k) => !columns[k]!.includes(undefined)).map((name) => [name, null]));
  return Array.from({ length }, (_, i) => {
    const whole = { ...blank };
    for (let k = 0; k < fields.length; k++) {
      const value = columns[k]![i];
      if (value !== undefined) whole[fields[k]!] = value;
    }
    return whole;
  });
}

function withGaps(gaps: string, there: readonly unknown[]): readonly unknown[] {
  let next = 0;
  return Array.from({ length: gaps.length }, (_, i) => (gaps[i] === THERE ? there[next++] : gaps[i] === NULL ? null : undefined));
}
