import { z } from 'zod';

/** Facts of the machine a run happened on; stored with every run. */
export const machineSchema = z.strictObject({
  hostname: z.string(),
  platform: z.string(),
  processor: z.string(),
  /** Logical processors. */
  cores: z.int().positive(),
  memoryMb: z.number().positive(),
  gpus: z.array(z.strictObject({ name: z.string(), memoryMb: z.number(), driver: z.string() })),
  nodeVersion: z.string(),
  appVersion: z.string(),
});
export type Machine = z.infer<typeof machineSchema>;

/** What replicas may take together: the rest stays for the load generator, the app and the system. */
export interface Capacity {
  readonly cores: number;
  readonly memoryMb: number;
}

/** One core is kept for load generator and app; on one or two cores a quarter of them, or nothing could be searched. */
export function replicaCapacity(machine: Pick<Machine, 'cores' | 'memoryMb'>): Capacity {
  return {
    cores: machine.cores > 2 ? machine.cores - 1 : machine.cores * 0.75,
    memoryMb: Math.floor(machine.memoryMb * 0.85),
  };
}

/** What a machine took for the same short load; `ratio`: to the first machine's, above 1 is slower. */
export const calibrationSchema = z.strictObject({
  requests: z.int().positive(),
  medianMs: z.number().positive(),
  ratio: z.number().positive(),
  /** One way to the machine and back without any work, median of a few; null when it was not measured. */
  networkMs: z.number().nullable(),
});
export type Calibration = z.infer<typeof calibrationSchema>;

/** One of several machines a run happens on. */
export const fleetMemberSchema = z.strictObject({
  name: z.string(),
  cores: z.int().positive(),
  memoryMb: z.number().positive(),
  calibration: calibrationSchema,
});
export type FleetMember = z.infer<typeof fleetMemberSchema>;
