/**
 * Kills the program at seeded random points: `npm run drill:kill -- --backend simulated --points 400 [--seed S]`. Prints where
 * the kills fell and what was wrong at the next start; exit code 1 then.
 */
import { parseArgs } from 'node:util';
import { backendKindSchema } from '../../../main/domain/study-spec.ts';
import { drillKills } from './kill-drill.ts';

const { values } = parseArgs({ options: { backend: { type: 'string', default: 'simulated' }, points: { type: 'string', default: '400' }, seed: { type: 'string', default: '1' } } });
const backend = backendKindSchema.parse(values.backend);
const startedMs = performance.now();
const { killed, finished, where, wrong } = await drillKills({
  backend, points: Number(values.points), seed: values.seed,
  onPoint: (done, after) => { if (done % 10 === 0) console.log(`${done} killed, the last one after “${after}”`); },
});
for (const text of wrong) console.log(text);
console.log(Object.entries(where).sort(([, a], [, b]) => b - a).map(([after, count]) => `${after} ${count}`).join(', '));
console.log(`${backend}: ${killed} killed in ${((performance.now() - startedMs) / 1000).toFixed(0)} s, ${finished} studies brought to their end, ${wrong.length} wrong.`);
process.exitCode = wrong.length === 0 ? 0 : 1;
