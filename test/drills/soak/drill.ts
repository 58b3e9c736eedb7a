/**
 * A working day in one program: `npm run drill:soak -- --backend simulated --studies 24 --trials 120` (2,880 trials, eight hours
 * at 10 s a trial). Prints what the program still holds after each study and its growth over the second half.
 */
import { parseArgs } from 'node:util';
import { growthPerThousandTrials, soak } from './soak.ts';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'simulated' }, studies: { type: 'string', default: '24' }, trials: { type: 'string', default: '120' }, requests: { type: 'string', default: '100' },
  },
});
const startedMs = performance.now();
console.log('study  trials  heap MB  resident MB  descriptors  handles  children');
const readings = await soak({
  backend: values.backend === 'local' ? 'local' : 'simulated', studies: Number(values.studies), trialsEach: Number(values.trials), requests: Number(values.requests),
  onReading: ({ study, trials, heapMb, rssMb, descriptors, handles, children }) =>
    console.log([study, trials, heapMb, rssMb, descriptors, handles, children].map((value, i) => String(value).padStart([5, 8, 9, 13, 13, 9, 10][i]!)).join('')),
});
console.log(`${values.backend}: ${readings.at(-1)!.trials} trials in ${((performance.now() - startedMs) / 1000).toFixed(0)} s. Growth per 1,000 trials over the second half:`);
for (const what of ['heapMb', 'rssMb', 'descriptors', 'handles', 'children'] as const) console.log(`  ${what} ${growthPerThousandTrials(readings, what).toFixed(2)}`);
process.exitCode = 0;
