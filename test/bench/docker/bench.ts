/**
 * `npm run bench:docker`: what a trial costs outside measurement on this machine's Docker engine, by what changes
 * between trials, and what each way to a replica adds to a round trip. Prints a table; needs an engine, nothing else.
 */
import { request, Agent } from 'node:http';
import type { Endpoint } from '../../../main/study/ports.ts';
import type { ServingConfiguration } from '../../../main/domain/serving-configuration.ts';
import { startImpairmentProxies } from '../../../main/load/impairment-proxy.ts';
import { createDockerHarness, noEngine, predict, SMALL, type DockerHarness } from '../../serving/docker/docker-harness.ts';

const ROUNDS = Number(process.argv[2] ?? 7);
const REQUESTS = 2000;

if (noEngine !== null) throw new Error(noEngine);

interface Case {
  readonly what: string;
  /** Of the n-th trial. */
  readonly serving: (n: number) => Partial<ServingConfiguration>;
  readonly reusable: boolean;
}

const even = (n: number): boolean => n % 2 === 0;
const CASES: readonly Case[] = [
  { what: 'nothing changes', serving: () => ({}), reusable: true },
  { what: 'CPU and memory change: live update', serving: (n) => ({ cpuCores: even(n) ? 0.6 : 0.4, memoryMb: even(n) ? 256 : 288 }), reusable: true },
  { what: 'one replica more, one less: start and park', serving: (n) => ({ replicas: even(n) ? 1 : 2 }), reusable: true },
  { what: 'batching changes: restart', serving: (n) => ({ maxBatchSize: even(n) ? 8 : 4 }), reusable: true },
  { what: 'CPU and memory change: recreate', serving: (n) => ({ cpuCores: even(n) ? 0.6 : 0.4, memoryMb: even(n) ? 256 : 288 }), reusable: false },
];

/** Seconds from the request for a deployment until it answers, plus those for handing it back. */
async function outside(harness: DockerHarness, { serving, reusable }: Case, n: number): Promise<number> {
  const begunMs = performance.now();
  const deployment = await harness.deploy({ ...SMALL, ...serving(n) });
  await deployment.beginObservation();
  const answeredMs = performance.now();
  await Promise.all(deployment.endpoints.map(async (endpoint) => (await predict(endpoint)).text()));
  const measuredMs = performance.now() - answeredMs;
  await deployment.observe();
  await deployment.release({ reusable });
  return (performance.now() - begunMs - measuredMs) / 1000;
}

const medians = new Map<string, number>();
console.log(`| from one trial to the next, ${ROUNDS} times | median s | least | most |\n|---|---|---|---|`);
for (const one of CASES) {
  const harness = createDockerHarness();
  await outside(harness, one, 0);
  const seconds: number[] = [];
  for (let n = 1; n <= ROUNDS; n += 1) seconds.push(await outside(harness, one, n));
  await harness.dispose();
  seconds.sort((a, b) => a - b);
  medians.set(one.what, quantile(seconds, 0.5));
  console.log(`| ${one.what} | ${quantile(seconds, 0.5).toFixed(3)} | ${seconds[0]!.toFixed(3)} | ${seconds.at(-1)!.toFixed(3)} |`);
}
const ratio = medians.get('CPU and memory change: recreate')! / medians.get('CPU and memory change: live update')!;
console.log(`\nA live update is ${ratio.toFixed(0)} times faster than recreating.\n`);

console.log(`| way to a replica, ${REQUESTS} status requests | keep-alive p50 ms | p95 | new connection p50 ms | p95 |\n|---|---|---|---|---|`);
for (const endpoints of ['auto', 'published'] as const) {
  const harness = createDockerHarness({ endpoints });
  const deployment = await harness.deploy({ cpuCores: 1 });
  const [endpoint] = deployment.endpoints;
  const kept = await roundTrips(endpoint!, new Agent({ keepAlive: true, maxSockets: 1 }));
  const fresh = await roundTrips(endpoint!, new Agent({ keepAlive: false }));
  const way = endpoint!.host === '127.0.0.1' ? 'port published on 127.0.0.1' : 'container address';
  console.log(`| ${way} | ${quantile(kept, 0.5).toFixed(2)} | ${quantile(kept, 0.95).toFixed(2)} | ${quantile(fresh, 0.5).toFixed(2)} | ${quantile(fresh, 0.95).toFixed(2)} |`);
  if (endpoints === 'auto') {
    const proxies = await startImpairmentProxies([endpoint!], { delayMs: 0, jitterMs: 0, lossPercent: 0, resetPercent: 0 }, 'bench');
    const through = await roundTrips(proxies.endpoints[0]!, new Agent({ keepAlive: true, maxSockets: 1 }));
    const anew = await roundTrips(proxies.endpoints[0]!, new Agent({ keepAlive: false }));
    await proxies.close();
    console.log(`| the same through a network proxy that does nothing | ${quantile(through, 0.5).toFixed(2)} | ${quantile(through, 0.95).toFixed(2)} | ${quantile(anew, 0.5).toFixed(2)} | ${quantile(anew, 0.95).toFixed(2)} |`);
  }
  await harness.dispose();
}

async function roundTrips({ host, port }: Endpoint, agent: Agent): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < REQUESTS; i += 1) {
    const begunMs = performance.now();
    await new Promise<void>((resolve, reject) => {
      request({ host, port, path: '/v1/models/digits', agent }, (answer) => answer.resume().on('end', resolve)).on('error', reject).end();
    });
    times.push(performance.now() - begunMs);
  }
  agent.destroy();
  return times.sort((a, b) => a - b);
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}
