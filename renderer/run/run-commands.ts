import { countFinished, runningTrial, type Study } from '../../main/domain/study.ts';
import type { Question } from '../state/prompts.svelte.ts';
import type { Command } from '../state/commands.svelte.ts';
import type { StudyView } from '../state/study.svelte.ts';

export interface RunActions {
  readonly start: () => void | Promise<void>;
  readonly resume: () => void | Promise<void>;
  readonly stop: () => void | Promise<void>;
  readonly open: (trial: number) => void;
}

/** What the keys do while the Run screen is shown. */
export function runCommands(view: StudyView, actions: RunActions, readOnly: string | null): readonly Command[] {
  const { study } = view;
  const isRunning = study.state === 'running';
  const isPaused = study.state === 'paused';
  const none = study.trials.length === 0 ? 'There are no trials yet' : null;
  const move = (by: number) => () => selectNext(view, by);
  return [
    { id: 'run-start', label: 'Start study', icon: 'play', shortcut: 'Mod+Enter', disabled: readOnly ?? (study.state === 'draft' ? null : 'The study has been started already'), run: actions.start },
    {
      id: 'run-pause', label: isPaused ? 'Continue' : 'Pause', icon: isPaused ? 'play' : 'pause', shortcut: 'Space',
      disabled: isRunning || isPaused ? null : 'Nothing is running', run: () => (isPaused ? view.continueRun() : view.pause()),
    },
    { id: 'run-step', label: 'Step: one trial, then pause', icon: 'step', shortcut: '.', disabled: stepBlocked(study, readOnly), run: () => view.step() },
    { id: 'run-stop', label: 'Stop…', icon: 'stop', shortcut: 'Mod+.', disabled: isRunning || isPaused ? null : 'Nothing is running', run: actions.stop },
    { id: 'next-trial', label: 'Newer trial', shortcut: 'K', disabled: none, run: move(1) },
    { id: 'previous-trial', label: 'Older trial', shortcut: 'J', disabled: none, run: move(-1) },
    { id: 'next-trial-arrow', label: 'Newer trial', shortcut: 'ArrowUp', disabled: none, run: move(1) },
    { id: 'previous-trial-arrow', label: 'Older trial', shortcut: 'ArrowDown', disabled: none, run: move(-1) },
    { id: 'open-trial', label: 'Open the trial', icon: 'enlarge', shortcut: 'Enter', disabled: none, run: () => actions.open(view.selectedTrial ?? study.trials.length) },
    { id: 'select-best', label: 'Select the best', icon: 'star', shortcut: 'B', disabled: study.incumbent === null ? 'There is no best trial yet' : null, run: () => view.select(study.incumbent) },
    { id: 'select-none', label: 'Follow the running trial', shortcut: 'Escape', disabled: view.selectedTrial === null ? 'Nothing is selected' : null, run: () => view.select(null) },
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
  const kept = `${done} finished ${done === 1 ? 'trial is' : 'trials are'} kept.`;
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
