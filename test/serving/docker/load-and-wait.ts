import type { Endpoint } from '../../../main/study/ports.ts';
import { loadPlan } from '../../load/load-plan.ts';
import { loadBeside } from './load-beside.ts';

/** A program whose load generator runs beside the replicas of its argument; says so at its first tick and goes on until it is killed. */
const endpoints = JSON.parse(process.argv[2]!) as Endpoint[];
let told = false;
await loadBeside().run(loadPlan(endpoints, {}, 1_000_000), {
  signal: new AbortController().signal,
  onTick: () => {
    if (!told) console.log('sending');
    told = true;
  },
});
