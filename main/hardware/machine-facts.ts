import { cpus, hostname } from 'node:os';
import type { Machine } from '../domain/machine.ts';
import type { MachineFacts } from '../study/ports.ts';
import { measureBackgroundLoad } from './background-load.ts';
import { queryNvidiaSmi, type NvidiaSmiAnswer } from './gpu/find-gpus.ts';
import { readOwnLimits } from './own-limits.ts';

export interface MachineFactsOptions {
  readonly appVersion: string;
  readonly queryGpus?: () => Promise<NvidiaSmiAnswer>;
}

/** Facts of this machine as far as this process may use it: inside a container, the container's share. */
export function createMachineFacts({ appVersion, queryGpus = queryNvidiaSmi }: MachineFactsOptions): MachineFacts {
  let gpus: Promise<Machine['gpus']> | null = null;
  const findGpus = async (): Promise<Machine['gpus']> => {
    const answer = await queryGpus();
    return answer.kind === 'found' ? answer.gpus : [];
  };
  return {
    read: async () => {
      const { cores, memoryMb } = readOwnLimits();
      return {
        hostname: hostname(),
        platform: `${process.platform} ${process.arch}`,
        processor: cpus()[0]?.model.trim() || 'unknown',
        cores,
        memoryMb,
        gpus: await (gpus ??= findGpus()),
        nodeVersion: process.version,
        appVersion,
      };
    },
    backgroundLoad: measureBackgroundLoad,
  };
}
