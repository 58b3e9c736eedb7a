import type { Machine } from '../../domain/machine.ts';
import { QUERY_TIMEOUT_MS, runNvidiaSmi } from './nvidia-smi.ts';
import { explainAnswer } from './exit-codes.ts';

/**
 * The only query asked without the user's wish. Never supported clocks, never `-q`: on some driver and card pairs that
 * read-only question crashes the GPU's firmware and hangs the machine.
 */
const HARMLESS_QUERY = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader,nounits'] as const;

export type NvidiaSmiAnswer =
  | { readonly kind: 'found'; readonly gpus: Machine['gpus'] }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Asks for name, memory and driver of every NVIDIA GPU. Never throws. */
export async function queryNvidiaSmi(program = 'nvidia-smi'): Promise<NvidiaSmiAnswer> {
  const answer = await runNvidiaSmi(program, HARMLESS_QUERY, { timeoutMs: QUERY_TIMEOUT_MS });
  if (answer.kind === 'absent') return { kind: 'absent' };
  if (answer.kind === 'timed-out' || answer.exitCode !== 0) return { kind: 'failed', reason: explainAnswer(answer) };
  return parseGpus(answer.stdout);
}

/** Lines of "name, memory in MB, driver". A memory the driver does not report counts as 0. */
export function parseGpus(csv: string): NvidiaSmiAnswer {
  const lines = csv.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  if (lines.some((line) => /^no devices were found/i.test(line))) return { kind: 'absent' };
  const gpus = lines.map((line) => {
    const fields = line.split(',').map((field) => field.trim());
    const [driver, memory] = [fields.at(-1) ?? '', fields.at(-2) ?? ''];
    return { name: fields.slice(0, -2).join(', '), memoryMb: Number.parseFloat(memory) || 0, driver };
  });
  if (gpus.some(({ name }) => name === '')) return { kind: 'failed', reason: `nvidia-smi said something unexpected: ${lines[0] ?? ''}` };
  return gpus.length === 0 ? { kind: 'absent' } : { kind: 'found', gpus };
}
