import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '../../../main/contract/client.ts';
import { connectInMemory } from '../../../main/contract/connection.ts';
import { METHODS } from '../../../main/contract/methods.ts';
import { parseOrRefuse } from '../../../main/contract/refusal.ts';
import type { Random } from '../../../main/domain/random.ts';
import { studyEventSchema } from '../../../main/domain/study-event.ts';
import { foldStudy } from '../../../main/domain/study.ts';
import { studySpecSchema } from '../../../main/domain/study-spec.ts';
import { sweepEventSchema } from '../../../main/domain/sweep.ts';
import { parseCards } from '../../../main/hardware/gpu/cards.ts';
import { readMarker } from '../../../main/hardware/gpu/clock-marker.ts';
import { parsePairs } from '../../../main/hardware/gpu/supported-clocks.ts';
import { parseSample } from '../../../main/hardware/gpu/telemetry.ts';
import { parseSmiXml } from '../../../main/hardware/gpu/xml.ts';
import { readSpec } from '../../../main/host/cli/spec-file.ts';
import { mountServices } from '../../../main/host/router.ts';
import { createSettingsFile } from '../../../main/host/settings.ts';
import { createTrust } from '../../../main/host/trust.ts';
import { parseBatchingParameters } from '../../../main/modelserver/batching-parameters.ts';
import { openProjectFile } from '../../../main/project/project-file.ts';
import { createRecentFiles } from '../../../main/project/recent-files.ts';
import { recoverInterrupted } from '../../../main/project/recovery.ts';
import { repairProjectFile } from '../../../main/project/repair.ts';
import { parseOwner } from '../../../main/serving/docker/labels.ts';
import { createPullProgress } from '../../../main/serving/docker/pull-progress.ts';
import { jsonLines, parseStats } from '../../../main/serving/docker/stats.ts';
import { parseServerTotals } from '../../../main/serving/server-metrics.ts';
import { readSignature } from '../../../main/workloads/signature.ts';
import { fakeServices } from '../../host/fake-services.ts';
import { mutateBytes, mutateJson } from './mutate.ts';

export interface Target {
  readonly name: string;
  /** One mutation, tried. What it throws must be a typed refusal; it must not take long. */
  readonly attempt: (random: Random, folder: string) => unknown;
}

const from = (path: string): Buffer => readFileSync(new URL(`../../../${path}`, import.meta.url));
const json = (path: string): unknown => JSON.parse(from(path).toString('utf8'));
const spec = json('resources/examples/mnist-digits.json');
const AT = '2026-01-01T00:00:00.000Z';
const machine = { hostname: 'h', platform: 'l', processor: 'p', cores: 8, memoryMb: 1000, gpus: [], nodeVersion: 'v', appVersion: '1' };
const events: readonly unknown[] = [
  { kind: 'study-created', at: AT, studyId: 's', spec },
  { kind: 'run-started', at: AT, machine, backend: 'local' },
  { kind: 'trial-started', at: AT, trial: 1, configuration: { replicas: 1 }, origin: 'random', prediction: null },
  { kind: 'trial-finished', at: AT, trial: 1, seconds: { deploy: 1, measure: 2, other: 3 }, outcome: { state: 'failed', measurement: null, failure: { code: 'not-ready', message: 'm', log: ['l'] } } },
  { kind: 'run-ended', at: AT, reason: { kind: 'budget', text: 'done' } },
];
const sweepEvents: readonly unknown[] = [
  { kind: 'sweep-created', at: AT, sweepId: 'w', spec: { name: 'n', vary: { kind: 'concurrency', values: [1, 5] }, duel: false, repeats: 1, base: spec }, members: [{ studyId: 's', value: 1, side: null, repeat: 0 }] },
  { kind: 'sweep-ended', at: AT, reason: { kind: 'done', text: 't' } },
];
const statsMessage = { read: '2026-01-01T00:00:00Z', cpu_stats: { cpu_usage: { total_usage: 5e9 }, throttling_data: { periods: 3, throttled_periods: 1 } }, memory_stats: { usage: 1e8, stats: { cache: 5 } } };
const projects = ['test/project/fixtures/format-1.servescape', 'test/project/fixtures/format-2.servescape', 'test/project/fixtures/format-3.servescape', 'resources/examples/table-1.servescape'].map(from);

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.integer(0, values.length - 1)]!;
}

/** Parameters that a method takes, roughly: what is wrong with them is the point. */
function someParams(random: Random): unknown {
  return mutateJson(random, pick(random, [
    {}, { projectId: 'p' }, { projectId: 'p', studyId: 's' }, { projectId: 'p', studyId: 's', spec }, { path: '/tmp/x.servescape' }, { spec },
    { projectId: 'p', studyId: 's', trial: 1, limit: 10 }, { projectId: 'p', studyId: 's', configuration: { replicas: 1 } },
  ]));
}

/** Opens, reads all of it, recovers it as the program does; then the repair, which must cope with anything too. */
function readProject(random: Random, folder: string): void {
  const path = join(folder, 'fuzzed.servescape');
  for (const rest of ['', '-wal', '-shm', '-lock']) rmSync(path + rest, { force: true });
  writeFileSync(path, mutateBytes(random, pick(random, projects)));
  try {
    const project = openProjectFile(path);
    try {
      for (const { id } of project.studies()) for (const { number } of project.study(id).trials) project.roundTrips(id, number);
      project.sweeps();
      recoverInterrupted(project, AT);
    } finally {
      project.close();
    }
  } catch (error) {
    const to = join(folder, 'repaired.servescape');
    rmSync(to, { force: true });
    if ((error as { code?: string }).code === 'project-damaged') openProjectFile(repairProjectFile(path, to).path).close();
    throw error;
  }
}

/** The page sends anything; the host answers or cuts the link, and serves the next page as before. */
async function talkToHost(random: Random): Promise<void> {
  const [page, host] = connectInMemory();
  mountServices(fakeServices(), host);
  const frame = pick(random, [
    { kind: 'call', id: 1, method: pick(random, Object.keys(METHODS)), params: someParams(random) },
    { kind: 'watch', id: 2, method: pick(random, Object.keys(METHODS)), params: someParams(random) }, { kind: 'unwatch', id: 3 },
  ]);
  const text = random.next() < 0.5 ? JSON.stringify(mutateJson(random, frame)) : mutateBytes(random, Buffer.from(JSON.stringify(frame))).toString('utf8');
  page.send(text ?? 'null');
  await new Promise((resolve) => setImmediate(resolve));
  page.close();
}

/** A broken host must not break the page. */
async function talkToPage(random: Random): Promise<void> {
  const [page, host] = connectInMemory();
  const client = createClient(page);
  const asked = client.call('app.info', {}).catch(() => undefined);
  host.send(mutateBytes(random, Buffer.from(JSON.stringify(mutateJson(random, { kind: 'result', id: 1, result: { version: '1' } })) ?? 'null')).toString('utf8'));
  await new Promise((resolve) => setImmediate(resolve));
  host.close();
  await asked;
}

const text = (sample: string, parse: (text: string) => unknown) => (random: Random): unknown => parse(mutateBytes(random, Buffer.from(sample)).toString('utf8'));
const file = (name: string, sample: string, read: (folder: string) => unknown) => (random: Random, folder: string): unknown => {
  const place = join(folder, 'settings');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, name), mutateBytes(random, Buffer.from(sample)));
  return read(place);
};

const CARD = '0, NVIDIA RTX A5000, 550.54.15, 00000000:01:00.0, Disabled, 1500, 2100, 1500, 7601, 1500, 7601, 80.1, 45';

export const TARGETS: readonly Target[] = [
  { name: 'study specification', attempt: (random) => parseOrRefuse(studySpecSchema, mutateJson(random, spec)) },
  { name: 'study event', attempt: (random) => parseOrRefuse(studyEventSchema, mutateJson(random, pick(random, events))) },
  { name: 'study history', attempt: (random) => foldStudy([mutateJson(random, events)].flat().filter((event) => studyEventSchema.safeParse(event).success) as never) },
  { name: 'sweep event', attempt: (random) => parseOrRefuse(sweepEventSchema, mutateJson(random, pick(random, sweepEvents))) },
  { name: 'parameters of every method', attempt: (random) => parseOrRefuse(METHODS[pick(random, Object.keys(METHODS) as (keyof typeof METHODS)[])].params as never, someParams(random)) },
  { name: 'frames to the host', attempt: talkToHost },
  { name: 'frames to the page', attempt: talkToPage },
  { name: 'project file', attempt: readProject },
  {
    name: 'study file of the command line',
    attempt: async (random, folder) => {
      writeFileSync(join(folder, 'spec.json'), mutateBytes(random, Buffer.from(JSON.stringify(spec))));
      return readSpec('SPEC', join(folder, 'spec.json'), { trials: undefined, seed: undefined, backend: undefined });
    },
  },
  { name: 'batching file', attempt: text('max_batch_size { value: 8 }\nbatch_timeout_micros { value: 500 }\nallowed_batch_sizes: 4\nallowed_batch_sizes: 8\n', parseBatchingParameters) },
  { name: 'model signature', attempt: (random) => readSignature(mutateJson(random, json('resources/models/digits/1/signature.json'))) },
  { name: 'nvidia-smi, cards', attempt: text(`${CARD}\n${CARD}`, parseCards) },
  { name: 'nvidia-smi, clocks', attempt: text('7601, 1740\n7601, 1500\n405, 420\n', parsePairs) },
  { name: 'nvidia-smi, samples', attempt: text('0, 80, 5000, 120.5, 60, 1500, 7601, 0x0000000000000004', (line) => parseSample(line, 1)) },
  { name: 'nvidia-smi, XML', attempt: text(from('test/hardware/gpu/fixtures/report-v12.xml').toString('utf8'), parseSmiXml) },
  { name: 'Docker, statistics', attempt: (random) => jsonLines((value) => parseStats(value))(mutateBytes(random, Buffer.from(`${JSON.stringify(statsMessage)}\n${JSON.stringify(statsMessage)}\n`))) },
  { name: 'Docker, pull', attempt: (random) => createPullProgress('x').add(mutateJson(random, { status: 'Downloading', id: 'a', progressDetail: { current: 1, total: 2 } }) as never) },
  { name: 'Docker, labels', attempt: text('["host",123,"456"]', parseOwner) },
  { name: 'metrics page', attempt: text('# TYPE x histogram\nx_bucket{le="1"} 5\nx_sum 3\nx_count 4\n', parseServerTotals) },
  { name: 'list of recent files', attempt: file('recent.json', `[{"path":"/x.servescape","at":"${AT}"}]`, (folder) => createRecentFiles(folder).list()) },
  { name: 'settings', attempt: file('settings.json', '{"theme":"dark"}', (folder) => createSettingsFile(folder).read()) },
  { name: 'list of what is allowed', attempt: file('trusted.json', '[{"kind":"image","value":"x"}]', (folder) => createTrust(folder)) },
  { name: 'note of changed clocks', attempt: file('gpu-clocks.json', '{"version":1,"pid":1,"cards":[]}', (folder) => readMarker(folder)) },
];
