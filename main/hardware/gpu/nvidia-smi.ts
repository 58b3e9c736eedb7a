import { execa } from 'execa';

/** What came of one call. `text` is everything it said, both streams. */
export type SmiAnswer =
  | { readonly kind: 'done'; readonly exitCode: number; readonly text: string; readonly stdout: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'timed-out'; readonly seconds: number };

export interface SmiOptions {
  readonly timeoutMs?: number;
  /** Through `sudo -n`: as the administrator where that needs no password, never asking for one. */
  readonly asRoot?: boolean;
}

export const QUERY_TIMEOUT_MS = 5000;

/** One call of nvidia-smi: an argument array, no shell, a time-out. Never throws. */
export async function runNvidiaSmi(program: string, args: readonly string[], { timeoutMs = QUERY_TIMEOUT_MS, asRoot = false }: SmiOptions = {}): Promise<SmiAnswer> {
  const [file, whole] = asRoot ? ['sudo', ['-n', '--', program, ...args]] : [program, [...args]];
  const result = await execa(file, whole, {
    timeout: timeoutMs, forceKillAfterDelay: 1000, stdin: 'ignore', reject: false, maxBuffer: 5_000_000, env: { LC_ALL: 'C' },
  });
  if (result.timedOut) return { kind: 'timed-out', seconds: timeoutMs / 1000 };
  if (result.code === 'ENOENT' || result.code === 'ENOTDIR') return { kind: 'absent' };
  return { kind: 'done', exitCode: result.exitCode ?? 255, text: `${result.stdout}\n${result.stderr}`.trim(), stdout: result.stdout };
}

export interface SmiStream {
  /** Ends the program and waits until it is gone. */
  stop(): Promise<void>;
}

/** A call that goes on saying lines until it is stopped. If it ends by itself, no more lines come. */
export function followNvidiaSmi(program: string, args: readonly string[], onLine: (line: string) => void): SmiStream {
  const running = execa(program, [...args], { stdin: 'ignore', stderr: 'ignore', reject: false, buffer: false, forceKillAfterDelay: 500, env: { LC_ALL: 'C' } });
  let rest = '';
  running.stdout.setEncoding('utf8');
  running.stdout.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onLine(line.trim());
  });
  return {
    stop: async () => {
      running.kill('SIGTERM');
      await running;
    },
  };
}
