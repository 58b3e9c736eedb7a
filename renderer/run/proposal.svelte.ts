import { applyStudyEvent, countFinished, runningTrial, type Study } from '../../main/domain/study.ts';
import type { Trial } from '../../main/domain/trial.ts';
import type { StudyView } from '../state/study.svelte.ts';

/** What a step would run, asked for whenever the study waits: the model commits itself before the result is known. */
export class Proposal {
  trial: Trial | null = $state.raw(null);
  #asked = '';

  /** Call from an effect; asks again when the study has moved on. */
  read(view: StudyView): void {
    const { study } = view;
    const key = waits(study) ? `${study.id}/${study.state}/${study.trials.length}` : '';
    if (key === this.#asked) return;
    this.#asked = key;
    this.trial = null;
    if (key === '') return;
    view.next().then(
      (next) => {
        if (key !== this.#asked || next === null) return;
        const { largestExpectedGain: _gain, regretBound: _regret, ...suggestion } = next;
        const started = { kind: 'trial-started', at: '', trial: study.trials.length + 1, ...suggestion } as const;
        this.trial = applyStudyEvent(study, started).trials.at(-1)!;
      },
      () => undefined,
    );
  }
}

/** Between two trials with some left to run, and something to learn from. */
function waits(study: Study): boolean {
  if (runningTrial(study) !== null || study.trials.length === 0) return false;
  return study.state === 'paused' || (study.state === 'ended' && countFinished(study) < study.spec.budget.trials);
}
