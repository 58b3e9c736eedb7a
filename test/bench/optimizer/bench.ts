import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { createSampler } from '../../../main/optimizer/registry.ts';
import type { Sampler } from '../../../main/optimizer/sampler.ts';
import { drawnSet } from './drawn-set.ts';
import { HOLDOUT_SET } from './holdout-set.ts';
import { SECOND_SEEN_SET } from './second-seen-set.ts';
import { SEEN_SET } from './seen-set.ts';
import { isHit, medianOf, recommendedCosts, regret, yardstick, type Surface, type Yardstick } from './surface.ts';
import { textbookGp } from './textbook-gp.ts';
import { TUNING_SET } from './tuning-set.ts';

/**
 * Median normalised regret of samplers on made-up systems, as a Markdown table:
 *   npm run bench:optimizer -- [--set tuning,seen,holdout,drawn-7] [--seeds 10] [--from 0] [--trials 30] [--parallel 1] [--threads 2] [--detail] [--paired bayes] [name[:key=value,…] …]
 * `--paired`: every other sampler against the one named, on the same surfaces, seeds and noise, which tells small differences apart.
 */
const SETS: Readonly<Record<string, readonly Surface[]>> = { tuning: TUNING_SET, seen: [...SEEN_SET, ...SECOND_SEEN_SET], holdout: HOLDOUT_SET };
const USUAL = ['random', 'sobol', 'epsilon-greedy', 'tpe', 'paper', 'textbook-gp', 'plain-ei', 'bayes'];
/** In paired comparisons regrets below count as this much: who is closer is told apart by noise alone. */
const LEAST_REGRET = 0.005;

interface Task {
  readonly contender: string;
  readonly surface: number;
}
interface Shared {
  readonly set: string;
  readonly seeds: number;
  readonly from: number;
  readonly checkpoints: readonly number[];
  readonly parallel: number;
}
interface Outcome extends Task {
  /** Per checkpoint. */
  readonly medians: readonly number[];
  /** Per seed and checkpoint. */
  readonly regrets: readonly (readonly number[])[];
  readonly hits: number;
}

function play({ contender, surface: index }: Task, { set, seeds, from, checkpoints, parallel }: Shared): Outcome {
  const surface = surfacesOf(set)[index]!;
  const scale = scales.get(index) ?? yardstick(surface);
  scales.set(index, scale);
  const runs = Array.from({ length: seeds }, (_, seed) =>
    recommendedCosts(surface, samplerOf(contender), from + seed, checkpoints, parallel),
  );
  const regrets = runs.map((run) => run.map((cost) => regret(scale, cost)));
  const medians = checkpoints.map((_, i) => medianOf(regrets.map((run) => run[i]!)));
  return { contender, surface: index, medians, regrets, hits: runs.filter((run) => isHit(scale, run[checkpoints.length - 1]!)).length };
}

const scales = new Map<number, Yardstick>();

function surfacesOf(sets: string): readonly Surface[] {
  return sets.split(',').flatMap((set) => {
    const found = SETS[set] ?? (set.startsWith('drawn-') ? drawnSet(set.slice('drawn-'.length)) : undefined);
    if (found === undefined) throw new Error(`--set is ${Object.keys(SETS).join(', ')} or drawn- and any word, not ${set}`);
    return found;
  });
}

function samplerOf(contender: string): Sampler {
  if (contender === 'textbook-gp') return textbookGp();
  const [name, pairs = ''] = contender.split(':');
  const options = Object.fromEntries(pairs.split(',').filter(Boolean).map((pair) => pair.split('=') as [string, string]));
  return createSampler(name!, options, { startupTrials: null });
}

if (isMainThread) await main();
else {
  const shared = workerData as Shared;
  parentPort!.on('message', (task: Task) => parentPort!.postMessage(play(task, shared)));
}

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const take = (name: string, usual: string): string => {
    const found = words.indexOf(`--${name}`);
    return found < 0 ? usual : words.splice(found, 2)[1]!;
  };
  const set = take('set', 'tuning');
  const [seeds, from, trials, threads] = [Number(take('seeds', '10')), Number(take('from', '0')), Number(take('trials', '30')), Number(take('threads', '2'))];
  const parallel = Number(take('parallel', '1'));
  const paired = take('paired', '');
  const detailAt = words.indexOf('--detail');
  if (detailAt >= 0) words.splice(detailAt, 1);
  const contenders = words.length > 0 ? words : USUAL;
  const checkpoints = [10, 20, 30, 50].filter((count) => count <= trials);
  // Surface by surface, so that what is on standard error compares even before the end.
  const tasks = surfacesOf(set).flatMap((_, surface) => contenders.map((contender): Task => ({ contender, surface })));
  const outcomes = await runAll(tasks, { set, seeds, from, checkpoints, parallel }, threads);
  print(contenders, surfacesOf(set).map(({ name }) => name), outcomes, checkpoints, seeds, detailAt >= 0);
  if (paired !== '') printPaired(contenders, paired, outcomes, checkpoints);
}

function runAll(tasks: readonly Task[], shared: Shared, threads: number): Promise<readonly Outcome[]> {
  const waiting = [...tasks];
  const outcomes: Outcome[] = [];
  return new Promise((resolve, reject) => {
    const workers = Array.from({ length: threads }, () => new Worker(new URL(import.meta.url), { workerData: shared }));
    const next = (worker: Worker): void => {
      const task = waiting.shift();
      if (task) worker.postMessage(task);
      else void worker.terminate();
      if (outcomes.length === tasks.length) resolve(outcomes);
    };
    for (const worker of workers) {
      worker.on('message', (outcome: Outcome) => {
        outcomes.push(outcome);
        process.stderr.write(`${surfacesOf(shared.set)[outcome.surface]!.name}: ${outcome.contender} ${outcome.medians.map((value) => value.toFixed(3)).join(' ')}, ${outcome.hits} hits\n`);
        next(worker);
      });
      worker.on('error', reject);
      next(worker);
    }
  });
}

function print(
  contenders: readonly string[], surfaces: readonly string[], outcomes: readonly Outcome[], checkpoints: readonly number[],
  seeds: number, detail: boolean,
): void {
  const last = checkpoints.length - 1;
  const of = (contender: string, surface: number): Outcome =>
    outcomes.find((outcome) => outcome.contender === contender && outcome.surface === surface)!;
  const out = (line: string): void => void process.stdout.write(`${line}\n`);
  out(`| sampler | ${checkpoints.map((count) => `regret @${count}`).join(' | ')} | within 5 % | mean rank | worse than random on |`);
  out(`|---|${checkpoints.map(() => '---|').join('')}---|---|---|`);
  for (const contender of contenders) {
    const mine = surfaces.map((_, surface) => of(contender, surface));
    const means = checkpoints.map((_, i) => Math.exp(mine.reduce((sum, { medians }) => sum + Math.log(Math.max(medians[i]!, 1e-3)), 0) / mine.length));
    const hits = mine.reduce((sum, outcome) => sum + outcome.hits, 0) / (seeds * surfaces.length);
    const ranks = surfaces.map((_, surface) => 1 + contenders.filter((other) => of(other, surface).medians[last]! < of(contender, surface).medians[last]!).length);
    const worse = contenders.includes('random') ? surfaces.filter((_, s) => of(contender, s).medians[last]! > of('random', s).medians[last]! * 1.0001) : [];
    out(`| ${contender} | ${means.map((mean) => mean.toFixed(3)).join(' | ')} | ${(100 * hits).toFixed(0)} % | ${(ranks.reduce((a, b) => a + b, 0) / ranks.length).toFixed(1)} | ${worse.join(', ') || '–'} |`);
  }
  if (!detail) return;
  out(`\n| regret @${checkpoints[last]} | ${contenders.join(' | ')} |`);
  out(`|---|${contenders.map(() => '---|').join('')}`);
  surfaces.forEach((name, surface) => out(`| ${name} | ${contenders.map((contender) => of(contender, surface).medians[last]!.toFixed(3)).join(' | ')} |`));
}

/** Mean ± standard error, over the runs, of the logarithm of the regret against the base's: −0.1 is a tenth less regret. */
function printPaired(contenders: readonly string[], base: string, outcomes: readonly Outcome[], checkpoints: readonly number[]): void {
  const logs = (contender: string, checkpoint: number): readonly number[] => [...outcomes]
    .filter((outcome) => outcome.contender === contender).sort((a, b) => a.surface - b.surface)
    .flatMap(({ regrets }) => regrets.map((run) => Math.log(Math.max(run[checkpoint]!, LEAST_REGRET))));
  process.stdout.write(`\n| log regret against ${base} | ${checkpoints.map((count) => `@${count}`).join(' | ')} |\n|---|${checkpoints.map(() => '---|').join('')}\n`);
  for (const contender of contenders.filter((one) => one !== base)) {
    const cells = checkpoints.map((_, i) => {
      const bases = logs(base, i);
      const differences = logs(contender, i).map((log, run) => log - bases[run]!);
      const mean = differences.reduce((sum, v) => sum + v, 0) / differences.length;
      const error = Math.sqrt(differences.reduce((sum, v) => sum + (v - mean) ** 2, 0)) / differences.length;
      return `${mean < 0 ? '−' : '+'}${Math.abs(mean).toFixed(2)} ± ${error.toFixed(2)}`;
    });
    process.stdout.write(`| ${contender} | ${cells.join(' | ')} |\n`);
  }
}
