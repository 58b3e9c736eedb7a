/**
 * Deterministic fault simulation: `npm run drill:faults -- --seeds 5000` (or `--seconds 120`); `--seed N` replays one with
 * its trace. Prints what went wrong, if anything; exit code 1 then.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { simulateLife, type Life } from './simulate.ts';

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '2000' }, from: { type: 'string', default: '0' }, seed: { type: 'string' }, seconds: { type: 'string' } } });
/** In memory where there is such a place: the files' content counts, not the disk. */
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'servescape-faults-'));

try {
  process.exitCode = values.seed === undefined ? await many() : await one(Number(values.seed));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function one(seed: number): Promise<number> {
  const life = await simulateLife(seed, folder);
  console.log(life.trace.join('\n'));
  const again = await simulateLife(seed, folder);
  report(again.digest === life.digest ? life : { ...life, wrong: [...life.wrong, 'a second run of this seed went another way'] });
  return life.wrong.length === 0 && again.digest === life.digest ? 0 : 1;
}

async function many(): Promise<number> {
  const from = Number(values.from);
  const startedMs = performance.now();
  const untilMs = values.seconds === undefined ? Infinity : startedMs + Number(values.seconds) * 1000;
  const reasons = new Map<string, number>();
  let failed = 0;
  let done = 0;
  for (let seed = from; done < Number(values.seeds) && performance.now() < untilMs; seed++, done++) {
    const life = await simulateLife(seed, folder);
    reasons.set(life.reason, (reasons.get(life.reason) ?? 0) + 1);
    // Every twentieth is lived twice.
    const again = seed % 20 === 0 ? await simulateLife(seed, folder) : life;
    if (life.wrong.length === 0 && again.digest === life.digest) continue;
    failed++;
    report(life);
    if (again.digest !== life.digest) console.log(`seed ${seed}: a second run went another way`);
  }
  const ends = [...reasons].sort(([, a], [, b]) => b - a).map(([kind, count]) => `${kind} ${count}`).join(', ');
  console.log(`${done} seeds in ${((performance.now() - startedMs) / 1000).toFixed(1)} s, ${failed} with something wrong. Runs ended: ${ends}.`);
  return failed === 0 ? 0 : 1;
}

function report({ seed, wrong }: Life): void {
  for (const text of wrong) console.log(`seed ${seed}: ${text}`);
  if (wrong.length > 0) console.log(`  npm run drill:faults -- --seed ${seed}`);
}
