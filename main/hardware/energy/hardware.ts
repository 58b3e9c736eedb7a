import type { EnergySource } from '../../domain/gpu.ts';
import type { GpuClocks, Hardware, HardwareReading } from '../../study/ports.ts';
import { summariseGpus, watchGpus, type GpuSummary } from '../gpu/telemetry.ts';
import { watchRapl } from './rapl.ts';

export interface HardwareOptions {
  readonly clocks: GpuClocks;
  /** The cards that take part, with their driver's version; null: none does. */
  readonly gpus: () => Promise<{ readonly indices: readonly number[] | null; readonly driver: string } | null>;
  readonly nowMs: () => number;
  readonly program?: string;
  readonly raplRoot?: string;
}

/** Reads GPUs and processor energy while a trial is under load. */
export function createHardware({ clocks, gpus, nowMs, program = 'nvidia-smi', raplRoot }: HardwareOptions): Hardware {
  // Asked once, before the first load.
  const known = gpus().catch(() => null);
  return {
    clocks,
    watch: () => {
      const fromMs = nowMs();
      const rapl = watchRapl(raplRoot);
      const watching = known.then((found) => (found === null ? null : watchGpus(program, found.indices, found.driver, nowMs)));
      return {
        end: async (): Promise<HardwareReading> => {
          const toMs = nowMs();
          const processorJ = rapl?.end() ?? null;
          const samples = (await (await watching)?.end()) ?? [];
          const gpu = summariseGpus(samples, fromMs, toMs);
          return { gpu: gpu?.reading ?? null, busyClocksMhz: gpu?.busyClocksMhz ?? [], energy: energyOf(processorJ, gpu) };
        },
      };
    },
  };
}

/** Counters of the processor and power of the GPU add up; what cannot be read is left out and the source says so. */
export function energyOf(processorJ: number | null, gpu: Pick<GpuSummary, 'joules'> | null): HardwareReading['energy'] {
  const gpuJ = gpu?.joules ?? null;
  const source: EnergySource = processorJ !== null ? (gpuJ !== null ? 'processor-and-gpu' : 'processor') : gpuJ !== null ? 'gpu' : 'none';
  return { source, joules: source === 'none' ? null : (processorJ ?? 0) + (gpuJ ?? 0) };
}
