import type { SmiAnswer } from './nvidia-smi.ts';

/** What a call that sets or resets clocks came to. The text decides; the exit code only where the text says nothing. */
export type ClockOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'permission' | 'unsupported' | 'deprecated' | 'illegal' | 'timed-out' | 'absent' }
  | { readonly kind: 'other'; readonly said: string };

/** Without `-eow` a refusal is "treated as warning" and leaves with 0, so 0 alone proves nothing. */
export function judgeClockCall(answer: SmiAnswer): ClockOutcome {
  if (answer.kind !== 'done') return { kind: answer.kind };
  const { text, exitCode } = answer;
  if (exitCode === 4 || /not have permission|insufficient permissions|password is required|not in the sudoers|may not run|sudo: .*(not found|no new privileges)/i.test(text)) {
    return { kind: 'permission' };
  }
  if (/deprecated/i.test(text) && !/clocks set to/i.test(text)) return { kind: 'deprecated' };
  if (/clock combination .* is not supported/i.test(text)) return { kind: 'illegal' };
  if (exitCode === 3 || /not supported|not available/i.test(text)) return { kind: 'unsupported' };
  if (exitCode === 0 && !/treating as warning/i.test(text)) return { kind: 'done' };
  const said = text.split('\n').map((line) => line.trim()).find((line) => line !== '') ?? `exit code ${exitCode}`;
  return { kind: 'other', said: said.slice(0, 200) };
}
