/**
 * What a chart shows, as plain data: the screen, the table twin, CSV and PNG all come from one value.
 * Values are in the unit printed on the axis. Nothing here knows a canvas.
 */
export type Role =
  | 'random' | 'bayes' | 'user' | 'best' | 'failed' | 'infeasible' | 'neutral' | 'baseline' | 'acquisition' | 'accent';

export interface Tick {
  readonly value: number;
  readonly text: string;
}

export interface Axis {
  readonly label: string;
  readonly unit: string;
  readonly scale: 'linear' | 'log';
  readonly min: number;
  readonly max: number;
  /** Six labels at most. */
  readonly ticks: readonly Tick[];
}

export interface Mark {
  readonly x: number;
  readonly y: number;
  /** 95 % interval; drawn as a line through the mark. */
  readonly low?: number;
  readonly high?: number;
  /** Selecting the mark selects this trial everywhere. */
  readonly trial?: number;
  /** Position in the data the mark came from; what `describe` looks up. */
  readonly index: number;
}

export type Series =
  | { readonly kind: 'points'; readonly role: Role; readonly label: string; readonly marks: readonly Mark[]; readonly size: 'mark' | 'dot' | 'star'; readonly hollow: boolean }
  | { readonly kind: 'line'; readonly role: Role; readonly label: string; readonly points: readonly Point[]; readonly stepped: boolean; readonly dashed: boolean }
  | { readonly kind: 'band'; readonly role: Role; readonly label: string; readonly low: readonly Point[]; readonly high: readonly Point[]; readonly opacity: number }
  | { readonly kind: 'threads'; readonly role: Role; readonly label: string; readonly threads: readonly Thread[]; readonly strong: boolean };

/** A trial as a line through several axes. */
export interface Thread {
  readonly points: readonly Point[];
  /** Where it ends: what hover and arrow keys reach. */
  readonly mark: Mark;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export type Annotation =
  | { readonly kind: 'vertical'; readonly x: number; readonly role: Role; readonly dashed: boolean; readonly text?: string; readonly side?: 'left' | 'right' }
  | { readonly kind: 'horizontal'; readonly y: number; readonly from?: number; readonly to?: number; readonly role: Role; readonly dashed: boolean; readonly text?: string; readonly at?: 'start' | 'end' }
  | { readonly kind: 'region'; readonly from: number; readonly to: number; readonly fill: 'future' | 'infeasible'; readonly text?: string }
  | { readonly kind: 'text'; readonly x: number; readonly y: number; readonly role: Role; readonly text: string; readonly align: 'start' | 'center' | 'end'; readonly place: 'above' | 'below' | 'beside' | 'at'; readonly strong: boolean }
  | { readonly kind: 'bar'; readonly y: number; readonly to: number; readonly low: number; readonly high: number; readonly role: Role }
  | { readonly kind: 'box'; readonly y: number; readonly low: number; readonly q1: number; readonly median: number; readonly q3: number; readonly high: number; readonly role: Role }
  | { readonly kind: 'bracket'; readonly from: number; readonly to: number; readonly text: string }
  /** An axis of its own at `x`, its ticks at heights of the panel. */
  | { readonly kind: 'scale'; readonly x: number; readonly title: string; readonly ticks: readonly Tick[]; readonly side: 'left' | 'right' }
  /** A stretch of such an axis that is in focus. */
  | { readonly kind: 'brush'; readonly x: number; readonly low: number; readonly high: number; readonly text: string }
  | Field;

/** Values on a grid, as bands of one colour; `values` row by row from the lowest y. Blocked cells are hatched. */
export interface Field {
  readonly kind: 'field';
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  readonly values: readonly number[];
  readonly blocked: readonly boolean[];
  /** Borders between the five bands, from the best to the worst. */
  readonly levels: readonly [number, number, number, number];
  /** What each band holds, the best first. */
  readonly texts: readonly string[];
  readonly best: 'lowest' | 'highest';
}

export interface Panel {
  /** Title of the panel where there is more than one. */
  readonly title?: string;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly annotations: readonly Annotation[];
  /** Ticks at the foot: things that happened but have no value. */
  readonly rug: { readonly text: string; readonly marks: readonly Mark[] };
  /** Share of the height, next to the other panels. */
  readonly weight: number;
}

export interface MarkText {
  readonly title: string;
  readonly lines: readonly string[];
  /** The formula with its numbers in it. */
  readonly formula: readonly string[];
}

export interface Table {
  readonly head: readonly string[];
  /** Numbers stay numbers: the screen formats them, CSV keeps them whole. */
  readonly rows: readonly (readonly (string | number | null)[])[];
}

export interface ChartValue {
  /** Names files and is stable over updates. */
  readonly id: string;
  readonly title: string;
  readonly finding: string;
  /** One sentence for a screen reader. */
  readonly name: string;
  readonly x: Axis;
  readonly panels: readonly Panel[];
  /** Trials outside the brush: drawn faint, left out of the table. */
  readonly outside?: ReadonlySet<number>;
  readonly describe: (mark: Mark) => MarkText;
  readonly table: () => Table;
}

/** Roles that appear, in order of first use, for a legend; empty where one name stands for several of them. */
export function legendOf(chart: ChartValue): readonly { readonly role: Role; readonly text: string }[] {
  const seen = new Map<Role, string>();
  for (const { series, rug } of chart.panels) {
    for (const one of series) {
      const drawn = one.kind === 'points' ? one.marks.length : one.kind === 'threads' ? one.threads.length : 0;
      if (drawn > 0 && !seen.has(one.role)) seen.set(one.role, one.label);
    }
    if (rug.marks.length > 0) seen.set('failed', 'failed');
  }
  const isTold = new Set(seen.values()).size === seen.size;
  return isTold ? [...seen].map(([role, text]) => ({ role, text })) : [];
}

/** Every mark that can be hit or reached by arrow keys, from left to right. */
export function marksOf(panel: Panel): readonly Mark[] {
  const marks = panel.series.flatMap((series) => (series.kind === 'points' ? series.marks : series.kind === 'threads' && series.role !== 'failed' ? series.threads.map(({ mark }) => mark) : []));
  return [...marks, ...panel.rug.marks].sort((a, b) => a.x - b.x || a.y - b.y);
}

export function axisTitle({ label, unit, scale }: Axis): string {
  if (label === '') return unit;
  const parts = [unit, scale === 'log' ? 'log scale' : ''].filter((part) => part !== '');
  return parts.length === 0 ? label : `${label} (${parts.join(', ')})`;
}

/** The table twin: without the trials outside the brush. */
export function shownTable({ table, outside }: ChartValue): Table {
  const whole = table();
  const trial = whole.head.indexOf('Trial');
  if (outside === undefined || trial < 0) return whole;
  return { ...whole, rows: whole.rows.filter((row) => typeof row[trial] !== 'number' || !outside.has(row[trial])) };
}

/** Drawn faint: another trial is in focus. */
export function isOutside({ outside }: Pick<ChartValue, 'outside'>, { trial }: Mark): boolean {
  return outside !== undefined && trial !== undefined && outside.has(trial);
}

export const NO_RUG: Panel['rug'] = { text: '', marks: [] };

export function spoken({ title, lines }: MarkText): string {
  return [title, ...lines].join('. ');
}
