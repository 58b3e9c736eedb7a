/** A program that brings two containers up and then waits to be killed. Prints its project label. */
import { createDockerHarness } from './docker-harness.ts';

const harness = createDockerHarness();
await harness.deploy({ replicas: 2, cpuCores: 0.5 });
process.stdout.write(`${harness.project}\n`);
setInterval(() => undefined, 1000);
