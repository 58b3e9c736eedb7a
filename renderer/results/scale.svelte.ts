import type { Client } from '../../main/contract/client.ts';
import type { ScaleCalibration, ScaleLevel } from '../../main/domain/scale-level.ts';
import type { ScaleAssumptions, ScaleField } from '../../main/domain/scale-plan.ts';
import type { StudyView } from '../state/study.svelte.ts';

/** One simulation past the lab, and what has been changed of its assumptions; kept while other views are shown. */
export class ScaleSimulation {
  levels: readonly ScaleLevel[] = $state.raw([]);
  calibration: ScaleCalibration | null = $state.raw(null);
  /** What it is doing; null: nothing. */
  working: { readonly text: string; readonly share: number } | null = $state.raw(null);
  fault = $state('');
  /** Typed values in place of what is assumed otherwise. */
  edits: Partial<Record<ScaleField, unknown>> = $state.raw({});
  showsAssumptions = $state(false);
  /** What the figures on screen belong to; null before the first simulation. */
  shown: { readonly trial: number; readonly assumptions: ScaleAssumptions } | null = $state.raw(null);
  readonly #view: StudyView;
  readonly #client: () => Client;
  #leave: (() => void) | null = null;

  constructor(view: StudyView, client: () => Client) {
    this.#view = view;
    this.#client = client;
  }

  start(trial: number, assumptions: ScaleAssumptions): void {
    this.stop();
    [this.levels, this.calibration, this.fault] = [[], null, ''];
    this.shown = { trial, assumptions };
    this.working = { text: 'Starting', share: 0 };
    const { projectId, studyId } = this.#view;
    this.#leave = this.#client().watch('scale.simulate', { projectId, studyId, trial, assumptions }, {
      onItem: (update) => {
        if (update.kind === 'working') this.working = update;
        else if (update.kind === 'level') this.levels = [...this.levels, update.level];
        else this.calibration = update;
      },
      onEnd: () => this.#ended(''),
      onError: ({ message, details }) => this.#ended([message, details.hint].filter(Boolean).join(' ')),
    });
  }

  /** Gives up; what has been simulated stays. */
  stop(): void {
    this.#leave?.();
    this.#ended('');
  }

  /** Whether the figures belong to this trial and these assumptions. */
  isOf(trial: number, assumptions: ScaleAssumptions): boolean {
    return this.shown?.trial === trial && JSON.stringify(this.shown.assumptions) === JSON.stringify(assumptions);
  }

  #ended(fault: string): void {
    this.#leave = this.working = null;
    this.fault = fault;
  }
}
