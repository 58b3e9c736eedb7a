/**
 * `npm run bench:load`: our load generator beside wrk, ab, h2load (Debian packages) and autocannon (npm) against one loopback
 * server, interleaved: every cell runs all tools one after the other, in turning order, and a ratio is taken inside the cell.
 * Processor time per request is marginal: a program is run for few requests and for many, and the difference of its processor
 * time is divided by the difference of the requests. So starting Node, reading the sources and compiling what is called often
 * are left out for every tool alike; the figures with them stand below the table. Takes about ten minutes on a quiet machine.
 * Writes RESULTS.md beside this file. Options: --seconds 2 --rounds 3 --only throughput|accuracy
 */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { TOOLS, type Figures, type Tool } from './tools.ts';

const { values: options } = parseArgs({ options: { seconds: { type: 'string', default: '2' }, rounds: { type: 'string', default: '3' }, only: { type: 'string', default: 'all' } } });
const SECONDS = Number(options.seconds);
const ROUNDS = Number(options.rounds);
const CONCURRENCY = [1, 5, 20, 60];
const BODY_KB = [1, 20, 256];
/** Requests of the Node programs per body size, in the long run and in the short one, by whose end nearly everything is compiled; wrk runs for the seconds. */
const REQUESTS: Readonly<Record<number, { readonly many: number; readonly few: number }>> = {
  1: { many: 100_000, few: 20_000 }, 20: { many: 80_000, few: 20_000 }, 256: { many: 16_000, few: 4000 },
};
const SERVICE: readonly { readonly concurrency: number; readonly servers: number; readonly serviceMs: number }[] = [
  { concurrency: 1, servers: 1, serviceMs: 5 }, { concurrency: 4, servers: 4, serviceMs: 5 }, { concurrency: 20, servers: 4, serviceMs: 5 },
  { concurrency: 60, servers: 4, serviceMs: 5 }, { concurrency: 1, servers: 1, serviceMs: 20 }, { concurrency: 20, servers: 1, serviceMs: 5 },
];

interface Server {
  readonly url: string;
  reset(serviceMs: number, servers: number): Promise<void>;
  truth(): Promise<{ readonly served: number; readonly meanMs: number }>;
  close(): void;
}

async function startServer(): Promise<Server> {
  const child = fork(new URL('./loopback-server.ts', import.meta.url));
  const { port } = await heard<{ readonly port: number }>(child, 'port');
  const ask = <Answer>(message: object, kind: string): Promise<Answer> => {
    const answer = heard<Answer>(child, kind);
    child.send(message);
    return answer;
  };
  return {
    url: `http://127.0.0.1:${port}/v1/models/m:predict`,
    reset: async (serviceMs, servers) => void (await ask({ kind: 'reset', serviceMs, servers }, 'ready')),
    truth: () => ask({ kind: 'report' }, 'truth'),
    close: () => child.disconnect(),
  };
}

function heard<Answer>(child: ChildProcess, kind: string): Promise<Answer> {
  return new Promise((resolve) => {
    const listen = (message: unknown): void => {
      if ((message as { readonly kind: string }).kind !== kind) return;
      child.off('message', listen);
      resolve(message as Answer);
    };
    child.on('message', listen);
  });
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
};
const geometricMean = (values: readonly number[]): number => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

const folder = await mkdtemp(join(tmpdir(), 'bench-load-'));
const server = await startServer();
const lines: string[] = [];

async function body(kb: number): Promise<string> {
  const file = join(folder, `body-${kb}.json`);
  const content = `{"instances":[${'0.5,'.repeat(kb * 256)}`.slice(0, kb * 1024 - 2) + ']}';
  await writeFile(file, content);
  return file;
}

async function throughput(): Promise<void> {
  const tools = TOOLS.filter(({ name }) => ['servescape', 'wrk', 'autocannon'].includes(name));
  const perCpu = { wrk: [] as number[], autocannon: [] as number[] };
  const whole = { wrk: [] as number[], autocannon: [] as number[] };
  const rates: number[] = [];
  await server.reset(0, 1);
  const little: number[] = [];
  lines.push('## Server as fast as it can', '', '| c | body | requests/s: ours | wrk | autocannon | per client CPU second: ours | wrk | autocannon | ours ÷ wrk | ours ÷ autocannon | Little’s ratio |', '|---|---|---|---|---|---|---|---|---|---|---|');
  for (const kb of BODY_KB) {
    const bodyFile = await body(kb);
    const { many, few } = REQUESTS[kb]!;
    for (const concurrency of CONCURRENCY) {
      const seen = new Map<string, Figures[]>(tools.map(({ name }) => [name, []]));
      const short = new Map<string, Figures[]>(tools.map(({ name }) => [name, []]));
      for (let round = 0; round < ROUNDS; round++) {
        for (const tool of turned(tools, round)) {
          await server.reset(0, 1);
          const run = { url: server.url, bodyFile, concurrency, seconds: SECONDS, folder };
          seen.get(tool.name)!.push(await tool.run({ ...run, requests: many }));
          short.get(tool.name)!.push(tool.counts ? await tool.run({ ...run, requests: few }) : { requests: 0, rps: 0, meanMs: 0, cpuS: 0 });
        }
      }
      const marginal = (name: string): number[] => seen.get(name)!.map(({ requests, cpuS }, round) => {
        const before = short.get(name)![round]!;
        return (requests - before.requests) / (cpuS - before.cpuS);
      });
      const entire = (name: string): number[] => seen.get(name)!.map(({ requests, cpuS }) => requests / cpuS);
      const against = (name: string, cost: (name: string) => number[]): number => median(cost('servescape').map((ours, round) => ours / cost(name)[round]!));
      for (const name of ['wrk', 'autocannon'] as const) {
        perCpu[name].push(against(name, marginal));
        whole[name].push(against(name, entire));
      }
      const rate = (name: string): number => median(seen.get(name)!.map(({ rps }) => rps));
      const ownLittle = median(seen.get('servescape')!.map(({ meanMs, rps }) => (meanMs * rps) / 1000 / concurrency));
      rates.push(median(seen.get('servescape')!.map(({ rps }, round) => rps / seen.get('wrk')![round]!.rps)));
      little.push(ownLittle);
      const count = (value: number): string => Math.round(value).toLocaleString('en');
      lines.push(`| ${concurrency} | ${kb} KB | ${count(rate('servescape'))} | ${count(rate('wrk'))} | ${count(rate('autocannon'))} | ${count(median(marginal('servescape')))} | ${count(median(marginal('wrk')))} | ${count(median(marginal('autocannon')))} | ${perCpu.wrk.at(-1)!.toFixed(2)} | ${perCpu.autocannon.at(-1)!.toFixed(2)} | ${ownLittle.toFixed(3)} |`);
      console.log(lines.at(-1));
    }
  }
  lines.push('', `Geometric means over the cells: ${geometricMean(rates).toFixed(2)} × wrk’s requests per second, ${geometricMean(perCpu.wrk).toFixed(2)} × wrk’s and ${geometricMean(perCpu.autocannon).toFixed(2)} × autocannon’s requests per client CPU second (over the whole life of the programs, starting and compiling included: ${geometricMean(whole.wrk).toFixed(2)} and ${geometricMean(whole.autocannon).toFixed(2)}). Little’s ratio (mean × rate ÷ c) ${Math.min(...little).toFixed(3)} to ${Math.max(...little).toFixed(3)}.`, '');
}

async function accuracy(): Promise<void> {
  const tools = TOOLS.filter(({ name }) => name !== 'autocannon');
  lines.push('## Known service times', '', 'Error of the mean against the server’s own account of the same requests, median of the rounds, percent.', '', '| c | served at once | service | by theory | server’s own mean | ours | wrk | ab | h2load |', '|---|---|---|---|---|---|---|---|---|');
  const bodyFile = await body(1);
  for (const { concurrency, servers, serviceMs } of SERVICE) {
    const errors = new Map<string, number[]>(tools.map(({ name }) => [name, []]));
    const truths: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const tool of turned(tools, round)) {
        await server.reset(serviceMs, servers);
        const { meanMs } = await tool.run({ url: server.url, bodyFile, concurrency, seconds: SECONDS, folder });
        const truth = await server.truth();
        errors.get(tool.name)!.push((100 * (meanMs - truth.meanMs)) / truth.meanMs);
        truths.push(truth.meanMs);
      }
    }
    const shown = (name: string): string => { const error = median(errors.get(name)!); return `${error >= 0 ? '+' : '−'}${Math.abs(error).toFixed(2)}`; };
    lines.push(`| ${concurrency} | ${servers} | ${serviceMs} ms | ${(serviceMs * Math.max(1, concurrency / servers)).toFixed(0)} ms | ${median(truths).toFixed(2)} ms | ${['servescape', 'wrk', 'ab', 'h2load'].map(shown).join(' | ')} |`);
    console.log(lines.at(-1));
  }
  lines.push('');
}

function turned(tools: readonly Tool[], round: number): readonly Tool[] {
  return tools.map((_, i) => tools[(i + round) % tools.length]!);
}

const loadBefore = loadavg()[0]!;
try {
  if (options.only !== 'accuracy') await throughput();
  if (options.only !== 'throughput') await accuracy();
} finally {
  server.close();
  await rm(folder, { recursive: true });
}
const head = [
  '# Load generator beside others', '',
  `Made by \`npm run bench:load -- --seconds ${SECONDS} --rounds ${ROUNDS}\` on ${new Date().toISOString().slice(0, 16)}Z; ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.version}, load average ${loadBefore.toFixed(1)} before and ${loadavg()[0]!.toFixed(1)} after.`,
  'Interleaved; ratios are medians of the rounds’ paired ratios. Processor time is that of the whole client process. Ours and autocannon send 100,000, 80,000 and 16,000 requests of the three sizes, and their processor time per request is that of the requests beyond the first 20,000, 20,000 and 4,000 (a second run right after): starting Node, reading the sources and compiling are paid once. wrk sends for the time given.', '',
];
if (options.only === 'all') await writeFile(new URL('./RESULTS.md', import.meta.url), `${[...head, ...lines].join('\n')}`);
else console.log([...head, ...lines].join('\n'));
