import type { LiveRun } from '../../contract/values.ts';
import { formatDuration, formatEstimate } from '../../domain/format.ts';
import { bestTrial, countFinished, type Study } from '../../domain/study.ts';
import type { Trial } from '../../domain/trial.ts';
import { formatObjective } from './study-report.ts';
import { terminalText } from './terminal-text.ts';

const BAR_WIDTH = 24;

/** "Trial 7 of 50  ███░░░  12 %  about 4 min left, 38 s gone  best 5.15 ms" */
export function progressLine(study: Study, run: LiveRun, columns: number): string {
  const total = study.spec.budget.trials;
  const done = Math.min(countFinished(study), total);
  const filled = Math.round((done / total) * BAR_WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
  const left = run.secondsLeft === null ? 'time left not known yet' : `${formatEstimate(run.secondsLeft)} left`;
  const best = bestTrial(study);
  const parts = [
    `Trial ${Math.min(done + 1, total)} of ${total}`, bar, `${Math.floor((done / total) * 100)} %`,
    `${left}, ${formatDuration(run.secondsGone)} gone`, best ? `best ${formatObjective(study.spec, best.value)}` : 'no result yet',
  ];
  return [...parts.join('  ')].slice(0, Math.max(columns - 1, 20)).join('');
}

/** "Trial 7 finished: 41.2 ms, best so far." The sentence a screen reader hears. */
export function trialSentence(study: Study, trial: Trial): string {
  switch (trial.state) {
    case 'complete': {
      const best = study.incumbent === trial.number ? ', best so far' : trial.feasible ? '' : ', outside the conditions';
      return `Trial ${trial.number} finished: ${formatObjective(study.spec, trial.value)}${best}.`;
    }
    case 'failed':
      return `Trial ${trial.number} failed: ${trial.failure?.message ?? 'unknown cause'}`;
    case 'aborted':
      return `Trial ${trial.number} was stopped: ${trial.abortReason ?? ''}`;
    case 'running':
      return `Trial ${trial.number} runs.`;
  }
}

export interface ProgressPainter {
  line(text: string): void;
  live(text: string): void;
  done(): void;
}

/** On a terminal the live line is overwritten in place; anywhere else only whole lines are written. */
export function createProgressPainter(stream: NodeJS.WriteStream): ProgressPainter {
  const clear = stream.isTTY ? '\r\u001b[2K' : '';
  let shown = false;
  return {
    line: (text) => {
      stream.write(`${shown ? clear : ''}${terminalText(text)}\n`);
      shown = false;
    },
    live: (text) => {
      if (!stream.isTTY) return;
      stream.write(clear + text);
      shown = true;
    },
    done: () => {
      if (shown) stream.write(clear);
      shown = false;
    },
  };
}
