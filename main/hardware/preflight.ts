import { statfs } from 'node:fs/promises';
import { errorData, type ErrorData } from '../domain/errors.ts';
import type { GpuCardInfo, PreflightReport } from '../contract/values.ts';
import { probeDocker, type DockerState } from '../serving/docker/docker-probe.ts';
import { startOnce } from '../serving/start-once.ts';
import type { MachineFacts, ServingBackend } from '../study/ports.ts';
import { queryNvidiaSmi, type NvidiaSmiAnswer } from './gpu/find-gpus.ts';
import { readOwnLimits } from './own-limits.ts';
import { readPowerPlan } from './power-plan.ts';
import { reportFindings, type ServerStart } from './preflight-items.ts';

export interface PreflightOptions {
  readonly machine: MachineFacts;
  /** A backend of its own for the one replica that is really started; closed afterwards. */
  readonly backend: () => ServingBackend;
  readonly docker?: () => Promise<DockerState>;
  readonly gpus?: () => Promise<NvidiaSmiAnswer>;
  /** The clocks of cards that were found. */
  readonly cards?: () => Promise<readonly GpuCardInfo[]>;
  /** Where projects are kept. */
  readonly folder?: string;
}

/**
 * What the Welcome screen and `preflight` say about this machine. Background load is measured first, alone: the other
 * checks make work themselves. Never throws: what cannot be found out is said so. Calls while one is under way share it.
 */
export function createPreflight({ machine, backend, docker = () => probeDocker(), gpus = () => queryNvidiaSmi(), cards = async () => [], folder }: PreflightOptions): () => Promise<PreflightReport> {
  const check = async (): Promise<PreflightReport> => {
    const backgroundLoad = await machine.backgroundLoad();
    const [facts, dockerState, gpuAnswer] = await Promise.all([machine.read(), docker(), gpus()]);
    const found = gpuAnswer.kind === 'found' ? await cards().catch((error: unknown) => errorData(error)) : null;
    const server = await tryServer(backend());
    return reportFindings({
      server, docker: dockerState, gpus: gpuAnswer, machine: facts, backgroundLoad, cards: found, freeDiskMb: folder === undefined ? null : await freeMb(folder),
      freeMemoryMb: readOwnLimits().freeMemoryMb, powerPlan: readPowerPlan(),
    });
  };
  let underWay: Promise<PreflightReport> | null = null;
  return () => (underWay ??= check().finally(() => (underWay = null)));
}

async function tryServer(backend: ServingBackend): Promise<ServerStart | ErrorData> {
  try {
    return await startOnce(backend);
  } catch (error) {
    return errorData(error);
  } finally {
    await backend.close();
  }
}

/** Room left where `folder` lies; null where the system does not say. */
async function freeMb(folder: string): Promise<number | null> {
  return statfs(folder).then(({ bavail, bsize }) => (bavail * bsize) / 1024 ** 2, () => null);
}
