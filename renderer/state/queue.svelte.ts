import { inSentence } from '../../main/domain/format.ts';
import { baseName, describeSweep, sweepSpecSchema, type SweepSpec, type Vary } from '../../main/domain/sweep.ts';
import type { StudySpec } from '../../main/domain/study-spec.ts';

export const VARY_KINDS = ['concurrency', 'delayMs', 'lossPercent', 'replicas', 'cpuCores', 'memoryMb'] as const;
export type VaryKind = (typeof VARY_KINDS)[number];

/** What Design asks for beyond one study: the same again over a list of values, and random beside Bayesian search. */
export class Queue {
  kind: VaryKind = $state('concurrency');
  values: readonly number[] = $state.raw([]);
  duel = $state(false);
  repeats: number | string | null = $state(1);

  /** Null: one study, as ever. */
  specFor(base: StudySpec): SweepSpec | null {
    if (!this.isAsked) return null;
    const vary = { ...this.#vary(), values: this.values.length === 0 ? [base.environment.concurrency] : [...this.values] } as Vary;
    const draft = { name: 'sweep', vary, duel: this.duel, repeats: this.repeats, base };
    const parsed = sweepSpecSchema.safeParse(draft);
    if (!parsed.success) return null;
    return { ...parsed.data, name: `${baseName(base)}, ${inSentence(describeSweep(parsed.data))}` };
  }

  /** What keeps it from starting, a sentence; null when nothing does. */
  faultFor(base: StudySpec): string | null {
    if (!this.isAsked) return null;
    if (this.values.length === 0 && this.kind !== 'concurrency') return 'Add the values to go through.';
    return this.specFor(base) === null ? 'A value of the list, or the number of seeds, is outside what a study takes.' : null;
  }

  get isAsked(): boolean {
    return this.values.length > 0 || this.duel || (this.repeats !== 1 && this.repeats !== null);
  }

  #vary(): { kind: string; field?: string; knob?: string } {
    if (this.values.length === 0 || this.kind === 'concurrency') return { kind: 'concurrency' };
    return this.kind === 'delayMs' || this.kind === 'lossPercent' ? { kind: 'network', field: this.kind } : { kind: 'knob', knob: this.kind };
  }
}
