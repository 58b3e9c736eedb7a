import { readdirSync, readFileSync, rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createApp, type App } from '../../../main/compose.ts';
import { createClient, type Client } from '../../../main/contract/client.ts';
import { connectInMemory } from '../../../main/contract/connection.ts';
import { studySpecSchema, usualBackend, type StudySpec } from '../../../main/domain/study-spec.ts';
import { followStudy } from '../../../main/host/cli/follow-study.ts';
import { placesBeside } from '../../../main/host/places.ts';
import { mountServices } from '../../../main/host/router.ts';

export interface SoakPlan {
  readonly backend: 'simulated' | 'local';
  readonly studies: number;
  readonly trialsEach: number;
  readonly requests: number;
  readonly onReading?: (reading: Reading) => void;
}

/** Taken with the project closed and the garbage collected: what is still held then is held for nothing. */
export interface Reading {
  readonly study: number;
  readonly trials: number;
  readonly heapMb: number;
  readonly rssMb: number;
  readonly descriptors: number;
  /** Timers, sockets and other things that keep the event loop busy. */
  readonly handles: number;
  readonly children: number;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Runs study after study in one program, closing each project, and reads after each what the program still holds. */
export async function soak(plan: SoakPlan): Promise<readonly Reading[]> {
  const folder = mkdtempSync(join(tmpdir(), 'servescape-soak-'));
  const before = process.env['SERVESCAPE_DATA'];
  process.env['SERVESCAPE_DATA'] = join(folder, 'data');
  const app = createApp({ ...placesBeside(new URL('../../../main/host/cli.ts', import.meta.url).href), host: 'cli' });
  try {
    await app.start();
    const readings: Reading[] = [];
    for (let study = 1; study <= plan.studies; study++) {
      await runOne(app, plan, study);
      const reading = await read(study, study * plan.trialsEach);
      readings.push(reading);
      plan.onReading?.(reading);
    }
    return readings;
  } finally {
    await app.close();
    if (before === undefined) Reflect.deleteProperty(process.env, 'SERVESCAPE_DATA');
    else process.env['SERVESCAPE_DATA'] = before;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As a page does: a connection, a project, a watched study, its end, everything closed. */
async function runOne(app: App, plan: SoakPlan, study: number): Promise<void> {
  const [page, host] = connectInMemory();
  mountServices(app.services, host);
  const client: Client = createClient(page);
  const { projectId, studies, path } = await client.call('project.create', { template: plan.backend === 'simulated' ? 'simulated' : 'mnist', name: `soak ${study}` });
  const ids = { projectId, studyId: studies[0]!.id };
  await client.call('study.update', { ...ids, spec: specFor(plan, study) });
  const followed = await followStudy(client, ids);
  await client.call('study.start', ids);
  const ended = await followed.ended;
  if (ended.runs.at(-1)?.reason?.kind !== 'budget') throw new Error(`study ${study} ended with ${ended.runs.at(-1)?.reason?.text}`);
  followed.stop();
  await client.call('project.close', { projectId });
  client.close();
  rmSync(path, { force: true });
}

function specFor({ backend, trialsEach, requests }: SoakPlan, seed: number): StudySpec {
  const read = (name: string): StudySpec => studySpecSchema.parse(JSON.parse(readFileSync(new URL(`../../../resources/${name}`, import.meta.url), 'utf8')));
  const example = read(backend === 'simulated' ? 'templates/simulated.json' : 'examples/mnist-digits.json');
  return studySpecSchema.parse({
    ...example, seed, budget: { trials: trialsEach }, sampler: { kind: 'random' },
    measurement: { ...example.measurement, requests: { kind: 'fixed', count: requests } },
    ...(backend === 'local' && {
      backend: usualBackend('local'), fixed: { cpuCores: 0.7, memoryMb: 400 },
      space: [{ kind: 'integer', name: 'replicas', low: 1, high: 2, scale: 'linear' }, { kind: 'real', name: 'batchTimeoutMicros', low: 100, high: 5000, scale: 'log' }],
    }),
  });
}

async function read(study: number, trials: number): Promise<Reading> {
  // Finalisers run between collections.
  for (let i = 0; i < 4; i++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const mb = (bytes: number): number => Math.round((bytes / 2 ** 20) * 100) / 100;
  return {
    study, trials, heapMb: mb(heapUsed + external), rssMb: mb(rss),
    descriptors: readdirSync('/proc/self/fd').length, handles: await settledHandles(), children: childrenOf(process.pid),
  };
}

/** A timer that is about to fire is nothing left behind: the least seen within a few seconds. */
async function settledHandles(): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 20; i++) {
    least = Math.min(least, process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate').length);
    if (least <= settledBefore) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
    least = Math.min(least, process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate').length);
  }
  settledBefore = Math.max(least, 1);
  return least;
}
let settledBefore = 0;

function childrenOf(pid: number): number {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).length;
}

/** Growth per 1,000 trials over the second half, by least squares: the first half fills caches. */
export function growthPerThousandTrials(readings: readonly Reading[], what: 'heapMb' | 'rssMb' | 'descriptors' | 'handles' | 'children'): number {
  const half = readings.slice(Math.floor(readings.length / 2));
  const meanX = half.reduce((sum, { trials }) => sum + trials, 0) / half.length;
  const meanY = half.reduce((sum, reading) => sum + reading[what], 0) / half.length;
  const over = half.reduce((sum, reading) => sum + (reading.trials - meanX) * (reading[what] - meanY), 0);
  const under = half.reduce((sum, { trials }) => sum + (trials - meanX) ** 2, 0);
  return under === 0 ? 0 : (over / under) * 1000;
}
