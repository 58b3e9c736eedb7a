/**
 * Trials at the same time on several simulated machines against one machine: trials per minute of virtual time, and what the
 * search has found after the same number of trials. `node test/bench/parallel/bench.ts [--seeds N] [--machines 2,4]` writes results.md.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { countFinished, type Study } from '../../../main/domain/study.ts';
import type { StudySpec } from '../../../main/domain/study-spec.ts';
import { suggestForStudy } from '../../../main/optimizer/study-sampler.ts';
import { createSimulatedFleet } from '../../../main/serving/simulated/simulated-lab.ts';
import { startStudyRun } from '../../../main/study/study-runner.ts';
import { memoryStore, randomChooser, specOf } from '../../study/doubles.ts';

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '12' }, machines: { type: 'string', default: '1,2,4' }, trials: { type: 'string', default: '40' } } });
const seeds = Number(values.seeds);
const machineCounts = values.machines.split(',').map(Number);
const TRIALS = Number(values.trials);
const REQUESTS = 1500;

interface Found {
  readonly perMinute: number;
  /** Best value after each trial, in the order they finished. */
  readonly bestAfter: readonly number[];
}

async function search(machines: number, seed: number): Promise<Found> {
  const spec = specOf((usual): StudySpec => ({
    ...usual, seed, backend: { kind: 'simulated', machines }, budget: { ...usual.budget, trials: TRIALS }, measurement: { ...usual.measurement, requests: { kind: 'fixed', count: REQUESTS } },
    sampler: { kind: 'bayes', startupTrials: 10, acquisition: 'expected-improvement', xi: 1e-4 },
  }));
  const store = memoryStore(spec);
  const labs = createSimulatedFleet({ appVersion: 'bench' }, machines);
  const chooser = { ...randomChooser(), ask: async (study: Study, capacity: { cores: number; memoryMb: number }) => suggestForStudy(study, capacity) };
  const reason = await startStudyRun({ study: store.study(), projectId: 'bench', store, labs, chooser, wallMs: () => 0, onEvent: () => undefined, onLive: () => undefined }).ended;
  if (reason.kind !== 'budget' || countFinished(store.study()) !== TRIALS) throw new Error(`seed ${seed}: ${reason.text}`);
  const { trials } = store.study();
  const at = (time: string | null): number => Date.parse(time ?? '');
  // From the first trial on: the comparison of the machines before it is paid once.
  const minutes = (Math.max(...trials.map(({ finishedAt }) => at(finishedAt))) - Math.min(...trials.map(({ startedAt }) => at(startedAt)))) / 60_000;
  let best = Infinity;
  const inOrder = trials.toSorted((a, b) => at(a.finishedAt) - at(b.finishedAt) || a.number - b.number);
  return { perMinute: TRIALS / minutes, bestAfter: inOrder.map(({ feasible, value }) => (best = feasible && value !== null ? Math.min(best, value) : best)) };
}

const started = performance.now();
const found = new Map<number, Found[]>(machineCounts.map((count) => [count, []]));
for (let seed = 1; seed <= seeds; seed += 1) {
  for (const count of machineCounts) found.get(count)!.push(await search(count, seed));
  process.stderr.write(`seed ${seed} of ${seeds}, ${Math.round((performance.now() - started) / 1000)} s\n`);
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
const alone = found.get(1)!;
/** The best any of the runs with this seed found: what regret is counted from. */
const bestOfSeed = alone.map((_, i) => Math.min(...[...found.values()].map((runs) => runs[i]!.bestAfter.at(-1)!)));
const regretAfter = (runs: readonly Found[], trials: number): number => mean(runs.map(({ bestAfter }, i) => bestAfter[trials - 1]! / bestOfSeed[i]! - 1)) * 100;
/** Sample efficiency: trials until a value within 5 % of the best is reached, mean over seeds. */
const trialsTo = (runs: readonly Found[], within: number): number => mean(runs.map(({ bestAfter }, i) => {
  const reached = bestAfter.findIndex((value) => value <= bestOfSeed[i]! * (1 + within));
  return reached < 0 ? TRIALS : reached + 1;
}));
const area = (runs: readonly Found[]): number => mean(runs.map(({ bestAfter }, i) => mean(bestAfter.slice(10).map((value) => value / bestOfSeed[i]!))));

const rows = machineCounts.map((count) => {
  const runs = found.get(count)!;
  const perMinute = mean(runs.map((one) => one.perMinute));
  const ratio = perMinute / mean(alone.map((one) => one.perMinute));
  return `| ${count} | ${perMinute.toFixed(1)} | ${ratio.toFixed(2)} | ${regretAfter(runs, 20).toFixed(1)} % | ${regretAfter(runs, TRIALS).toFixed(1)} % | ${trialsTo(runs, 0.05).toFixed(1)} | ${(trialsTo(runs, 0.05) / trialsTo(alone, 0.05)).toFixed(2)} | ${(area(runs) / area(alone)).toFixed(3)} |`;
});
const text = `# Trials at the same time on several machines

\`node test/bench/parallel/bench.ts --seeds ${seeds} --machines ${values.machines} --trials ${TRIALS}\`, ${new Date().toISOString().slice(0, 10)}, Node ${process.version}. Simulated machines in one
virtual time: the figures follow from the seeds and do not depend on the machine. ${TRIALS} trials of ${REQUESTS} requests, Bayesian search after 10 random
trials, seeds 1 to ${seeds}. Choosing takes no virtual time. Regret: how far above the best value any of the runs with the same seed found.

| machines | trials per minute | × one | regret after 20 trials | after ${TRIALS} | trials to within 5 % | × one | mean best after trial 10, × one |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}

Sample efficiency is the last three columns: 1.00 is that of one machine, whose sampler always knows every earlier trial.
`;
writeFileSync(new URL('results.md', import.meta.url), text);
process.stdout.write(text);
