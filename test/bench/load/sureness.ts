/**
 * `npm run bench:sureness`: the MNIST example measured over the same configurations, drawn at random from the same seed: twice with
 * 3,413 requests each, and until sure with racing, never with more. Prints which configuration each way found best and how far that
 * one lies above the best by the mean of the two fixed measurements (how far the two agree is what more cannot be asked for), and
 * the measuring time.
 * Options: --backend local|simulated --trials 20 --seeds 3 --half-width 3 --at-most 3413
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
    backend: { type: 'string', default: 'local' }, trials: { type: 'string', default: '20' }, seeds: { type: 'string', default: '3' }, 'half-width': { type: 'string', default: '3' }, 'at-most': { type: 'string', default: '3413' },
  },
});
const CLI = fileURLToPath(new URL('../../../main/host/cli.ts', import.meta.url));
const EXAMPLE = new URL('../../../resources/examples/mnist-digits.json', import.meta.url);

const folder = await mkdtemp(join(tmpdir(), 'bench-sureness-'));
const example = studySpecSchema.parse({ ...(JSON.parse(await readFile(EXAMPLE, 'utf8')) as StudySpec), sampler: { kind: 'random' } });
const ways = {
  fixed: example.measurement,
  again: example.measurement,
  quick: { ...example.measurement, requests: { kind: 'until-sure', halfWidthPercent: Number(options['half-width']), atMost: Number(options['at-most']) }, racing: true },
} as const;
type Way = keyof typeof ways;

async function run(way: Way, seed: number): Promise<StudyJson> {
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

const sumOf = (study: StudyJson, of: (seconds: NonNullable<StudyJson['trials'][number]['seconds']>) => number): number =>
  study.trials.reduce((sum, { seconds }) => sum + (seconds ? of(seconds) : 0), 0);
const measuringS = (study: StudyJson): number => sumOf(study, ({ measure }) => measure);
const wholeS = (study: StudyJson): number => sumOf(study, ({ deploy, measure, other }) => deploy + measure + other);
const best = (study: StudyJson): number | null => study.trials.filter(({ value }) => value !== null).toSorted((a, b) => a.value! - b.value!)[0]?.number ?? null;
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

try {
  console.log(`| seed | best of 3,413 requests each | the same again | until sure at ± ${options['half-width']} % | ended early | measuring time | whole time |\n|---|---|---|---|---|---|---|`);
  const total = { fixed: 0, quick: 0, wholeFixed: 0, wholeQuick: 0 };
  const same = { again: 0, quick: 0 };
  for (let seed = 1; seed <= Number(options.seeds); seed++) {
    /** Who goes first changes from seed to seed: a machine gets warmer. */
    const order = (['fixed', 'quick', 'again'] as const).map((_, i, all) => all[(i + seed) % all.length]!);
    const runs = {} as Record<Way, StudyJson>;
    for (const way of order) runs[way] = await run(way, seed);
    const { fixed, again, quick } = runs;
    const both = fixed.trials.map(({ value }, i) => (value! + again.trials[i]!.value!) / 2);
    const above = (study: StudyJson): string => `trial ${best(study)}, ${percent(both[best(study)! - 1]! / Math.min(...both) - 1)}`;
    const raced = quick.trials.filter(({ measurement }) => measurement?.raced !== undefined).length;
    if (best(again) === best(fixed)) same.again++;
    if (best(quick) === best(fixed) || best(quick) === best(again)) same.quick++;
    const fixedS = (measuringS(fixed) + measuringS(again)) / 2;
    const wholeFixedS = (wholeS(fixed) + wholeS(again)) / 2;
    total.fixed += fixedS;
    total.quick += measuringS(quick);
    total.wholeFixed += wholeFixedS;
    total.wholeQuick += wholeS(quick);
    const times = [[measuringS(quick), fixedS], [wholeS(quick), wholeFixedS]].map(([part, all]) => `${part!.toFixed(0)} of ${all!.toFixed(0)} s, ${percent(part! / all!)}`);
    console.log(`| ${[seed, above(fixed), above(again), above(quick), `${raced} of ${quick.trials.length}`, ...times].join(' | ')} |`);
  }
  console.log(`\nBest the same in both fixed measurements: ${same.again} of ${options.seeds}. Until sure the same as in one of them: ${same.quick} of ${options.seeds}, in ${percent(total.quick / total.fixed)} of the measuring time and ${percent(total.wholeQuick / total.wholeFixed)} of the whole.`);
} finally {
  await rm(folder, { recursive: true });
}
