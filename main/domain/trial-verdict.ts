import type { ErrorCode } from './errors.ts';
import type { VerdictKind } from './measurement.ts';
import type { Trial } from './trial.ts';

export interface VerdictWords {
  /** Short enough for a column. */
  readonly word: string;
  readonly tone: 'quiet' | 'warn' | 'bad' | 'now';
  /** What was seen. */
  readonly reason: string;
  /** What to do about it. */
  readonly remedy: string;
}

const MEASURED: Readonly<Record<VerdictKind, string>> = {
  valid: 'valid', unstable: 'unstable', saturated: 'saturated', errors: 'errors', 'too-few': 'too few', busy: 'busy', throttled: 'GPU slowed', 'clocks-moved': 'clock moved',
};

const FAILED: Readonly<Partial<Record<ErrorCode, string>>> = {
  'out-of-memory': 'no memory', 'not-ready': 'not ready', 'exited-at-start': 'no start', 'crashed-under-load': 'crashed',
  'no-answers': 'no answers', 'tcp-timeout': 'TCP timeout', 'port-taken': 'port taken', 'limit-above-machine': 'too large',
  'model-missing': 'no model', 'model-unusable': 'bad model', 'image-missing': 'no image', 'gpu-unavailable': 'no GPU',
};

/** The verdict column: exceptions carry colour, the normal case stays quiet. */
export function verdictOf(trial: Trial): VerdictWords {
  if (trial.state === 'running') return { word: 'measuring', tone: 'now', reason: '', remedy: '' };
  if (trial.failure !== null) {
    const { code, message, hint } = trial.failure;
    return { word: FAILED[code] ?? 'failed', tone: 'bad', reason: message, remedy: hint ?? '' };
  }
  if (trial.state === 'aborted') return { word: 'stopped', tone: 'quiet', reason: trial.abortReason ?? '', remedy: '' };
  const verdict = trial.measurement?.verdict;
  if (!trial.feasible && trial.violations.length > 0) {
    return { word: 'over limit', tone: 'warn', reason: `Not met: ${trial.violations.join(', ')}.`, remedy: '' };
  }
  if (verdict === undefined) return { word: 'no value', tone: 'warn', reason: 'The objective was not observed.', remedy: '' };
  const { kind, reason, remedy } = verdict;
  return { word: MEASURED[kind], tone: kind === 'valid' ? 'quiet' : 'warn', reason, remedy };
}
