import type { SmiAnswer } from './nvidia-smi.ts';

/** Exit codes of the nvidia-smi manual. */
const EXIT_MEANINGS: Readonly<Record<number, string>> = {
  4: 'no permission to use the GPU',
  9: 'the NVIDIA driver is not loaded',
  12: 'the NVML library was not found',
  13: 'the NVML library is too old for this nvidia-smi',
  15: 'the GPU has fallen off the bus or is otherwise inaccessible',
};

/** What a call that failed says, in words without a full stop. */
export function explainAnswer(answer: SmiAnswer): string {
  switch (answer.kind) {
    case 'absent':
      return 'nvidia-smi is not installed';
    case 'timed-out':
      return `nvidia-smi did not answer within ${answer.seconds} s`;
    case 'done': {
      const known = EXIT_MEANINGS[answer.exitCode];
      const said = answer.text.split('\n').map((line) => line.trim()).find((line) => line !== '') ?? '';
      return known ?? (said === '' ? `nvidia-smi left with exit code ${answer.exitCode}` : said.slice(0, 200));
    }
  }
}
