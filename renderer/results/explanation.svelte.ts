import { countFinished } from '../../main/domain/study.ts';
import type { StudyExplanation } from '../../main/domain/suggestion.ts';
import type { StudyView } from '../state/study.svelte.ts';

/** Importance and check of the model, asked again when a trial has finished; one question at a time. */
export class Explanation {
  value: StudyExplanation | null = $state.raw(null);
  fault = $state('');
  asked = $state(false);
  readonly #view: StudyView;
  #known = -1;
  #busy = false;

  constructor(view: StudyView) {
    this.#view = view;
  }

  read(): void {
    const finished = countFinished(this.#view.study);
    if (this.#busy || finished === this.#known || finished === 0) return;
    this.#busy = true;
    this.#view.explain().then(
      (value) => ([this.value, this.fault] = [value, '']),
      (error: unknown) => (this.fault = error instanceof Error ? error.message : String(error)),
    ).finally(() => {
      this.#busy = false;
      this.#known = finished;
      this.asked = true;
      this.read();
    });
  }

  /** Shown in place of a chart; empty when there is something to draw. */
  get empty(): string {
    if (this.value !== null) return '';
    return this.fault || (this.asked ? 'The model needs four measured trials.' : 'Asking the model.');
  }
}
