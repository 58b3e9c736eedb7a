import { counted } from '../../main/domain/format.ts';
import { countFinished, runningTrial, type Study } from '../../main/domain/study.ts';
import type { Question } from '../state/prompts.svelte.ts';
import type { Offer } from '../state/commands.svelte.ts';
import type { StudyView } from '../state/study.svelte.ts';

export interface RunActions {
  readonly start: () => void | Promise<void>;
  readonly resume: () => void | Promise<void>;
  readonly stop: () => void | Promise<void>;
  readonly open: (trial: number) => void;
}

/** What the keys do while the Run screen is shown. */
export function runCommands(view: StudyView, actions: RunActions, readOnly: string | null): readonly Offer[] {
  const { study } = view;
  const isRunning = study.state === 'running';
  const isPaused = study.state === 'paused';
  const none = study.trials.length === 0 ? 'There are no trials yet' : null;
  const move = (by: number) => () => selectNext(view, by);
  const selected = view.selectedTrial === null ? null : (study.trials[view.selectedTrial - 1] ?? null);
  return [
    { id: 'start', disabled: readOnly ?? (study.state === 'draft' ? null : 'The study has been started already'), run: actions.start },
    {
      id: 'pause', label: isPaused ? 'Continue' : 'Pause', icon: isPaused ? 'play' : 'pause', disabled: isRunning || isPaused ? null : 'Nothing is running',
      run: () => (isPaused ? view.continueRun() : view.pause()),
    },
    { id: 'step', disabled: stepBlocked(study, readOnly), run: () => view.step() },
    { id: 'stop', disabled: isRunning || isPaused ? null : 'Nothing is running', run: actions.stop },
    // The newest trial stands on top of the list, so that the next one down is older.
    { id: 'next-trial', label: 'Next trial in the list (older)', disabled: none, run: move(-1) },
    { id: 'previous-trial', label: 'Previous trial in the list (newer)', disabled: none, run: move(1) },
    { id: 'open-trial', disabled: none, run: () => actions.open(view.selectedTrial ?? study.trials.length) },
    { id: 'select-best', disabled: study.incumbent === null ? 'There is no best trial yet' : null, run: () => view.select(study.incumbent) },
    { id: 'select-none', label: 'Follow the running trial', disabled: view.selectedTrial === null ? 'Nothing is selected' : null, run: () => view.select(null) },
    { id: 'measure-again', disabled: readOnly ?? (selected === null ? 'Select a trial first' : null), run: () => (selected === null ? undefined : view.tryConfiguration(selected.configuration)) },
  ];
}

export function stepBlocked(study: Study, readOnly: string | null): string | null {
  const { state } = study;
  if (readOnly !== null) return readOnly;
  if (countFinished(study) >= study.spec.budget.trials) return 'All trials are used. Add trials on Results';
  if (state === 'running') return 'Pause first: a step runs exactly one trial and pauses again';
  return null;
}

/** The question before a stop: what is kept, what is lost, and the safe answer. */
export function stopQuestion(view: StudyView): Question {
  const { study, live } = view;
  const done = countFinished(study);
  const running = runningTrial(study);
  const kept = `${counted(done, 'finished trial is', 'finished trials are')} kept.`;
  const share = live !== null && live.planned > 0 ? `, ${Math.floor((live.finished / live.planned) * 100)} % measured,` : '';
  const lost = running === null ? '' : ` Trial ${running.number}${share} is thrown away if you stop now.`;
  return {
    title: 'Stop the study?',
    text: `${kept}${lost} You can continue later.`,
    actions: [
      { id: 'now', label: 'Stop now', tone: 'danger' },
      ...(running === null ? [] : [{ id: 'after-trial', label: `Stop after trial ${running.number}` }]),
      { id: 'keep', label: 'Keep running', tone: 'primary' },
    ],
    safe: 'keep',
  };
}

function selectNext(view: StudyView, by: number): void {
  const last = view.study.trials.length;
  // The first press starts at the newest one.
  if (view.selectedTrial === null) view.select(last);
  else view.select(Math.min(Math.max(view.selectedTrial + by, 1), last));
}
