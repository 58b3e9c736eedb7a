/**
 * `npm run bench:sureness`: the MNIST example measured twice over the same configurations, drawn at random from the same seed:
 * 3,413 requests each, and until sure at ± 3 % with racing. Prints which configuration each found best, how far apart the two are
 * by the fixed measurement, and the share of its measuring time that the other needed.
 * Options: --backend local|simulated --trials 20 --seeds 3 --half-width 3
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { studySpecSchema, type StudySpec } from '../../../main/domain/study-spec.ts';
import type { StudyJson } from '../../../main/domain/study-json.ts';

const { values: options } = parseArgs({
  options: {
    backend: { type: 'string', default: 'local' }, trials: { type: 'string', default: '20' }, seeds: { type: 'string', default: '3' }, 'half-width': { type: 'string', default: '3' },
  },
});
const CLI = fileURLToPath(new URL('../../../main/host/cli.ts', import.meta.url));
const EXAMPLE = new URL('../../../resources/examples/mnist-digits.json', import.meta.url);

const folder = await mkdtemp(join(tmpdir(), 'bench-sureness-'));
const example = studySpecSchema.parse({ ...(JSON.parse(await readFile(EXAMPLE, 'utf8')) as StudySpec), sampler: { kind: 'random' } });
const ways = {
  fixed: example.measurement,
  quick: { ...example.measurement, requests: { kind: 'until-sure', halfWidthPercent: Number(options['half-width']), atMost: 10_000 }, racing: true },
} as const;

async function run(way: keyof typeof ways, seed: number): Promise<StudyJson> {
  const spec = join(folder, `${way}-${seed}.json`);
  await writeFile(spec, JSON.stringify({ ...example, measurement: ways[way] }));
  const args = [CLI, 'run', spec, '--backend', options.backend, '--trials', options.trials, '--seed', String(seed), '--json', '--out', join(folder, `${way}-${seed}.servescape`)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (piece: Buffer) => (text += piece.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${String(code)}`);
  return JSON.parse(text) as StudyJson;
}

const measuringS = (study: StudyJson): number => study.trials.reduce((sum, { seconds }) => sum + (seconds?.measure ?? 0), 0);
const best = (study: StudyJson): number | null => study.trials.filter(({ value }) => value !== null).toSorted((a, b) => a.value! - b.value!)[0]?.number ?? null;

try {
  console.log(`| seed | best of 3,413 requests each | best until sure at ± ${options['half-width']} % | by the fixed measurement above the best | ended early | measuring time |\n|---|---|---|---|---|---|`);
  const shares: number[] = [];
  let same = 0;
  for (let seed = 1; seed <= Number(options.seeds); seed++) {
    /** Which goes first changes from seed to seed: a machine gets warmer. */
    const [first, second] = seed % 2 === 1 ? (['fixed', 'quick'] as const) : (['quick', 'fixed'] as const);
    const runs = { [first]: await run(first, seed), [second]: await run(second, seed) } as Record<keyof typeof ways, StudyJson>;
    const [fixedBest, quickBest] = [best(runs.fixed), best(runs.quick)];
    const valueOf = (number: number | null): number => runs.fixed.trials.find((trial) => trial.number === number)?.value ?? NaN;
    const raced = runs.quick.trials.filter(({ measurement }) => measurement?.raced !== undefined).length;
    if (fixedBest === quickBest) same++;
    shares.push(measuringS(runs.quick) / measuringS(runs.fixed));
    console.log(`| ${seed} | trial ${fixedBest}, ${valueOf(fixedBest).toFixed(2)} ms | trial ${quickBest} | ${(100 * (valueOf(quickBest) / valueOf(fixedBest) - 1)).toFixed(1)} % | ${raced} of ${runs.quick.trials.length} | ${measuringS(runs.quick).toFixed(1)} of ${measuringS(runs.fixed).toFixed(1)} s, ${(100 * shares.at(-1)!).toFixed(0)} % |`);
  }
  console.log(`\nThe same configuration in ${same} of ${options.seeds}; ${(100 * shares.reduce((sum, share) => sum + share, 0) / shares.length).toFixed(0)} % of the measuring time on average.`);
} finally {
  await rm(folder, { recursive: true });
}
