import { formatMs, formatValue } from './format.ts';
import { METRICS } from './metric.ts';
import type { Study } from './study.ts';
import type { StudyEvent } from './study-event.ts';

/** What a screen reader hears: "Trial 7 finished: 41.2 ms, best so far." Empty for events that need no words. */
export function spokenEvent(event: StudyEvent, study: Study): string {
  switch (event.kind) {
    case 'run-started':
      return 'Study started.';
    case 'run-paused':
      return 'Study paused.';
    case 'run-continued':
      return 'Study continues.';
    case 'run-ended':
      return `Study ended. ${event.reason.text}`;
    case 'trial-finished': {
      const { outcome, trial } = event;
      if (outcome.state === 'failed') return `Trial ${trial} failed: ${outcome.failure.message}`;
      if (outcome.state === 'aborted') return `Trial ${trial} was stopped.`;
      const { unit } = METRICS[study.spec.objective.metric];
      const value = unit === 'ms' ? formatMs(outcome.value) : `${formatValue(outcome.value)} ${unit}`;
      return `Trial ${trial} finished: ${value}${study.incumbent === trial ? ', best so far' : ''}.`;
    }
    default:
      return '';
  }
}
