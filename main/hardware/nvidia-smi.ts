import { execa } from 'execa';
import type { Machine } from '../domain/machine.ts';

/**
 * The only query asked without the user's wish. Never supported clocks, never `-q`: on some driver and card pairs that
 * read-only question crashes the GPU's firmware and hangs the machine.
 */
const HARMLESS_QUERY = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader,nounits'] as const;
const TIMEOUT_MS = 5000;

export type NvidiaSmiAnswer =
  | { readonly kind: 'found'; readonly gpus: Machine['gpus'] }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Asks for name, memory and driver of every NVIDIA GPU. Never throws. */
export async function queryNvidiaSmi(program = 'nvidia-smi'): Promise<NvidiaSmiAnswer> {
  const result = await execa(program, [...HARMLESS_QUERY], {
    timeout: TIMEOUT_MS, forceKillAfterDelay: 1000, stdin: 'ignore', reject: false, maxBuffer: 100_000,
  });
  if (result.timedOut) return { kind: 'failed', reason: `nvidia-smi did not answer within ${TIMEOUT_MS / 1000} s` };
  if (result.code === 'ENOENT' || result.code === 'ENOTDIR') return { kind: 'absent' };
  if (result.failed) return { kind: 'failed', reason: explainFailure(result.exitCode, `${result.stdout}\n${result.stderr}`) };
  return parseGpus(result.stdout);
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

/** Exit codes of the nvidia-smi manual. */
const EXIT_MEANINGS: Readonly<Record<number, string>> = {
  4: 'no permission to use the GPU',
  9: 'the NVIDIA driver is not loaded',
  12: 'the NVML library was not found',
  13: 'the NVML library is too old for this nvidia-smi',
  15: 'the GPU has fallen off the bus or is otherwise inaccessible',
};

function explainFailure(exitCode: number | undefined, output: string): string {
  const known = exitCode === undefined ? undefined : EXIT_MEANINGS[exitCode];
  const said = output.split('\n').map((line) => line.trim()).find((line) => line !== '') ?? '';
  return known ?? (said === '' ? `nvidia-smi left with exit code ${exitCode ?? 'unknown'}` : said.slice(0, 200));
}
