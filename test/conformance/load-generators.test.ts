import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { describe } from 'vitest';
import { createStationLoadGenerator } from '../../main/load/station-load-generator.ts';
import { createThreadLoadGenerator } from '../../main/load/thread-load-generator.ts';
import { findEngineAddress } from '../../main/serving/docker/engine-address.ts';
import { loadPlan } from '../load/load-plan.ts';
import { startStation } from '../load/station-process.ts';
import { noEngine, onEngine } from '../serving/docker/docker-harness.ts';
import { loadBeside } from '../serving/docker/load-beside.ts';
import { writeDigits } from '../workloads/idx-file.ts';
import { describeLoadGenerator, type LoadBench } from './load-generators.ts';

const workerUrl = new URL('../../main/load/load-worker.ts', import.meta.url);
const { model } = loadPlan([]);

describeLoadGenerator('threads of this process', () => bench((dataRoot) => createThreadLoadGenerator({ workerUrl, dataRoot }), async () => []));

describeLoadGenerator('another process, over its input and output', () => {
  const running = new Set<number>();
  return bench((dataRoot) => createStationLoadGenerator({
    model, dataRoot, ownDataRoot: null,
    open: async () => {
      const { child, stream } = startStation(dataRoot);
      running.add(child.pid!);
      child.on('exit', () => running.delete(child.pid!));
      return { stream, engine: 'another process' };
    },
  }), async () => [...running].map((pid) => `process ${pid}`));
});

describe.skipIf(noEngine !== null)(onEngine('a real engine'), () => {
  const docker = new Docker({ ...findEngineAddress().options });
  describeLoadGenerator('a container beside the replicas', () => bench((dataRoot) => loadBeside(findEngineAddress, dataRoot), () => remainsOf(docker)));
});

async function bench(make: (dataRoot: string) => ReturnType<typeof createThreadLoadGenerator>, remains: LoadBench['remains']): Promise<LoadBench> {
  const folder = mkdtempSync(join(tmpdir(), 'servescape-load-'));
  await writeDigits(folder);
  return { make: (dataRoot = folder) => make(dataRoot), remains, dispose: async () => rmSync(folder, { recursive: true }) };
}

/** Containers and volumes of load generators that this process owns. */
async function remainsOf(docker: Docker): Promise<readonly string[]> {
  const filters = { label: ['io.servescape.project=load'] };
  const mine = ({ Labels }: { readonly Labels?: Readonly<Record<string, string>> | null }): boolean => (JSON.parse(Labels?.['io.servescape.owner'] ?? '[]') as unknown[])[1] === process.pid;
  const containers = (await docker.listContainers({ all: true, filters })).filter(mine);
  const { Volumes } = await docker.listVolumes({ filters });
  return [...containers.map(({ Names }) => `container ${Names.join()}`), ...(Volumes ?? []).filter(mine).map(({ Name }) => `volume ${Name}`)];
}
