import { z } from 'zod';
import type { StudySpec } from './study-spec.ts';

/** Clocks the driver lists for the cards of a study; kept in the study, because asking is not harmless on every card. */
export const gpuClockListSchema = z.strictObject({
  /** Names of the cards that were asked. */
  cards: z.array(z.string()).min(1).max(64),
  driver: z.string(),
  /** The memory clock the list belongs to; null when the driver names none. */
  memoryMhz: z.number().positive().nullable(),
  /** Ascending, MHz; legal on every one of the cards. */
  clocksMhz: z.array(z.int().positive()).min(1).max(1000),
});
export type GpuClockList = z.infer<typeof gpuClockListSchema>;

export const THROTTLE_REASONS = ['power-limit', 'slowdown', 'thermal', 'power-brake'] as const;
export type ThrottleReason = (typeof THROTTLE_REASONS)[number];

/** What a GPU did while a trial was under load. Means over the samples; several cards: power and memory summed. */
export const gpuReadingSchema = z.strictObject({
  cards: z.int().positive(),
  samples: z.int().positive(),
  /** 0–100. */
  utilisationPercent: z.number().min(0).nullable(),
  memoryMb: z.number().min(0).nullable(),
  powerW: z.number().min(0).nullable(),
  temperatureCMax: z.number().nullable(),
  smClockMhz: z.strictObject({ mean: z.number(), low: z.number(), high: z.number() }).nullable(),
  memoryClockMhz: z.number().nullable(),
  /** Share of the samples in which the driver named the reason, 0–1; what never happened is left out. */
  throttled: z.partialRecord(z.enum(THROTTLE_REASONS), z.number().min(0).max(1)),
  /** Share of the samples under load in which the clock was not the one that was set, 0–1; null: no clock was set. */
  movedShare: z.number().min(0).max(1).nullable(),
  /** What was asked, what was read back, by which method; null: the clock was left alone. */
  clock: z
    .strictObject({
      requestedMhz: z.number().positive(),
      /** Read back right after setting; null when the driver does not tell. */
      observedMhz: z.number().positive().nullable(),
      method: z.enum(['application', 'locked', 'simulated']),
    })
    .nullable(),
});
export type GpuReading = z.infer<typeof gpuReadingSchema>;
export type ClockSetting = NonNullable<GpuReading['clock']>;

export const ENERGY_SOURCES = ['processor', 'gpu', 'processor-and-gpu', 'none'] as const;
export type EnergySource = (typeof ENERGY_SOURCES)[number];

/** Energy of one trial while it was under load. `none`: only the processor time in use speaks for it. */
export const energyReadingSchema = z.strictObject({
  source: z.enum(ENERGY_SOURCES),
  joules: z.number().min(0).nullable(),
  /** Joules ÷ answered requests, the left-out ones included: they cost energy too. */
  joulesPerRequest: z.number().min(0).nullable(),
});
export type EnergyReading = z.infer<typeof energyReadingSchema>;

export const ENERGY_SOURCE_WORDS: Readonly<Record<EnergySource, string>> = {
  processor: 'processor energy counters (RAPL), everything that ran included',
  gpu: 'GPU power over time, without the processor',
  'processor-and-gpu': 'processor energy counters (RAPL) and GPU power over time',
  none: 'not readable here; CPU in use stands for it',
};

/** Whether the study turns or sets the GPU clock. A clock nobody asked for is never touched. */
export function asksGpuClock(spec: Pick<StudySpec, 'space' | 'fixed'>): boolean {
  return 'gpuClockMhz' in spec.fixed || spec.space.some(({ name }) => name === 'gpuClockMhz');
}

/** Evenly spread values of a long list, both ends kept. */
export function spreadClocks(clocksMhz: readonly number[], most: number): number[] {
  if (clocksMhz.length <= most) return [...clocksMhz];
  const picked = Array.from({ length: most }, (_, i) => clocksMhz[Math.round((i * (clocksMhz.length - 1)) / (most - 1))]!);
  return [...new Set(picked)];
}
