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
  | { readonly kind: 'band'; readonly role: Role; readonly label: string; readonly low: readonly Point[]; readonly high: readonly Point[]; readonly opacity: number };

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
  | { readonly kind: 'bracket'; readonly from: number; readonly to: number; readonly text: string };

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
  readonly describe: (mark: Mark) => MarkText;
  readonly table: () => Table;
}

/** Roles that appear, in order of first use, for a legend. */
export function legendOf(chart: ChartValue): readonly { readonly role: Role; readonly text: string }[] {
  const seen = new Map<Role, string>();
  for (const { series, rug } of chart.panels) {
    for (const one of series) {
      if (one.kind === 'points' && one.marks.length > 0 && !seen.has(one.role)) seen.set(one.role, one.label);
    }
    if (rug.marks.length > 0) seen.set('failed', 'failed');
  }
  return [...seen].map(([role, text]) => ({ role, text }));
}

/** Every mark that can be hit or reached by arrow keys, from left to right. */
export function marksOf(panel: Panel): readonly Mark[] {
  const marks = panel.series.flatMap((series) => (series.kind === 'points' ? series.marks : []));
  return [...marks, ...panel.rug.marks].sort((a, b) => a.x - b.x || a.y - b.y);
}

export function axisTitle({ label, unit, scale }: Axis): string {
  if (label === '') return unit;
  const parts = [unit, scale === 'log' ? 'log scale' : ''].filter((part) => part !== '');
  return parts.length === 0 ? label : `${label} (${parts.join(', ')})`;
}

export const NO_RUG: Panel['rug'] = { text: '', marks: [] };

export function spoken({ title, lines }: MarkText): string {
  return [title, ...lines].join('. ');
}
