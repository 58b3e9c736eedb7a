/** Damaged input of every kind: `npm run drill:fuzz -- --mutations 20000 [--only "project file"] [--seed 17]`. Exit code 1 when something is wrong. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';
import { TARGETS } from './targets.ts';

const { values } = parseArgs({ options: { mutations: { type: 'string', default: '20000' }, only: { type: 'string' }, seed: { type: 'string' } } });
const folder = mkdtempSync(join(tmpdir(), 'servescape-fuzz-'));
let mutations = 0;
let failed = 0;
try {
  for (const target of TARGETS.filter(({ name }) => values.only === undefined || name === values.only)) {
    // A project file takes a hundred times longer than a line of text.
    const many = values.seed !== undefined ? 1 : Math.ceil(Number(values.mutations) / (target.name === 'project file' ? 20 : 1));
    const report = await fuzz(target, many, folder, Number(values.seed ?? 0));
    mutations += report.mutations;
    failed += report.wrong.length;
    console.log(`${report.name.padEnd(34)} ${String(report.mutations).padStart(7)} mutations, ${String(report.refused).padStart(7)} refused, slowest ${report.slowestMs.toFixed(0)} ms, ${report.wrong.length} wrong`);
    for (const text of report.wrong.slice(0, 5)) console.log(`  ${text}`);
  }
  console.log(`${mutations} mutations, ${failed} wrong.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
