import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface RunOf {
  readonly url: string;
  readonly bodyFile: string;
  readonly concurrency: number;
  readonly seconds: number;
  /**
   * Send this many instead, where the tool can: compiling JavaScript is paid once, so that its share must not depend on how many
   * requests a busy machine lets through in a given time.
   */
  readonly requests?: number;
  /** Scratch folder. */
  readonly folder: string;
}

export interface Figures {
  /** Requests answered. */
  readonly requests: number;
  readonly rps: number;
  readonly meanMs: number;
  /** Processor time of the whole client, start-up included, s. */
  readonly cpuS: number;
}

export interface Tool {
  readonly name: string;
  /** Whether it runs for a number of requests, and pays for starting and compiling first. */
  readonly counts: boolean;
  run(run: RunOf): Promise<Figures>;
}

const CLI = fileURLToPath(new URL('../../../main/host/cli.ts', import.meta.url));
const AUTOCANNON = createRequire(import.meta.url).resolve('autocannon');

export const TOOLS: readonly Tool[] = [
  {
    name: 'servescape',
    counts: true,
    run: async ({ url, bodyFile, concurrency, seconds, requests, folder }) => {
      const out = join(folder, 'servescape.json');
      const { cpuS } = await timed([process.execPath, CLI, 'load', '--url', url, '--body', bodyFile, '-c', String(concurrency), ...(requests === undefined ? ['--duration', String(seconds)] : ['--requests', String(requests)]), '--out', out]);
      const result = JSON.parse(await readFile(out, 'utf8')) as { n: number; rps: number; mean_ms: number };
      return { requests: result.n, rps: result.rps, meanMs: result.mean_ms, cpuS };
    },
  },
  {
    name: 'wrk',
    counts: false,
    run: async ({ url, bodyFile, concurrency, seconds, folder }) => {
      const script = join(folder, 'wrk.lua');
      await writeFile(script, `
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local file = io.open("${bodyFile}", "rb")
wrk.body = file:read("*a")
function done(summary, latency) io.write("FIGURES " .. summary.requests .. " " .. summary.duration .. " " .. latency.mean .. "\\n") end
`);
      const { cpuS, text } = await timed(['wrk', '-t', '1', '-c', String(concurrency), '-d', `${seconds}s`, '-s', script, url]);
      const [, requests, micros, meanMicros] = /FIGURES (\S+) (\S+) (\S+)/.exec(text)!.map(Number) as [number, number, number, number];
      return { requests, rps: (requests / micros) * 1e6, meanMs: meanMicros / 1000, cpuS };
    },
  },
  {
    name: 'autocannon',
    counts: true,
    run: async ({ url, bodyFile, concurrency, seconds, requests }) => {
      const amount = requests === undefined ? ['-d', String(seconds)] : ['-a', String(requests)];
      const { cpuS, text } = await timed([process.execPath, AUTOCANNON, '-c', String(concurrency), ...amount, '-m', 'POST', '-i', bodyFile, '-H', 'content-type=application/json', '--json', '--no-progress', url]);
      const result = JSON.parse(text.slice(text.indexOf('{'))) as { requests: { total: number }; duration: number; latency: { average: number } };
      return { requests: result.requests.total, rps: result.requests.total / result.duration, meanMs: result.latency.average, cpuS };
    },
  },
  {
    name: 'ab',
    counts: false,
    run: async ({ url, bodyFile, concurrency, seconds }) => {
      const { cpuS, text } = await timed(['ab', '-k', '-q', '-c', String(concurrency), '-t', String(seconds), '-n', '100000000', '-p', bodyFile, '-T', 'application/json', url]);
      const requests = Number(/Complete requests:\s+(\d+)/.exec(text)![1]);
      return { requests, rps: Number(/Requests per second:\s+([\d.]+)/.exec(text)![1]), meanMs: Number(/Time per request:\s+([\d.]+) \[ms\] \(mean\)/.exec(text)![1]), cpuS };
    },
  },
  {
    name: 'h2load',
    counts: false,
    run: async ({ url, bodyFile, concurrency, seconds }) => {
      const { cpuS, text } = await timed(['h2load', '--h1', '-c', String(concurrency), '-t', '1', '-D', String(seconds), '-d', bodyFile, '-H', 'content-type: application/json', url]);
      const requests = Number(/(\d+) done/.exec(text)![1]);
      const row = /time for request:\s+\S+\s+\S+\s+(\S+)/.exec(text)![1]!;
      const unit = row.endsWith('us') ? 0.001 : row.endsWith('ms') ? 1 : 1000;
      return { requests, rps: requests / seconds, meanMs: parseFloat(row) * unit, cpuS };
    },
  },
];

/** Runs a command; its processor time as the shell counts it. */
async function timed(command: readonly string[]): Promise<{ readonly cpuS: number; readonly text: string }> {
  const child = spawn('bash', ['-c', 'TIMEFORMAT="CPU %U %S"; time "$@"', 'bash', ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  let errors = '';
  child.stdout.on('data', (piece: Buffer) => (text += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (errors += piece.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  const cpu = /CPU ([\d.]+) ([\d.]+)\s*$/.exec(errors);
  if (code !== 0 || cpu === null) throw new Error(`${command.join(' ')} ended with ${String(code)}:\n${errors}\n${text}`);
  return { cpuS: Number(cpu[1]) + Number(cpu[2]), text };
}
