/**
 * The simulated GPU as formulas. Clock F of at most 1950 MHz, times in ms, power in W, temperature in °C.
 *
 *   time of a batch of b items from r requests   (0.6 + 0.03·b + 0.02·r)·(0.35 + 0.65·1950/F): a third waits for memory
 *   batches side by side                         two at full speed; more share it
 *   power                                        28 + 210·u·(F/1950)·V², V = 0.65 + 0.35·F/1950; u = 0.75 for one batch, 1 from two on
 *   temperature                                  towards 35 + 0.24·P with a time constant of 1 s, from 76 at the start of a trial
 *   thermal slowdown                             from 83 °C on at most 1350 MHz, until below 80 °C
 *   processor                                    14 + 9 W for each core in use
 *
 * Why there is an optimum inside: power grows faster than speed at the top, and at the bottom the idle power of card and
 * processor is paid for longer. The fastest clocks slow themselves down in long trials.
 */
import type { GpuClockList, GpuReading } from '../../domain/gpu.ts';

const TOP_MHZ = 1950;
const SLOWED_MHZ = 1350;
const AMBIENT_C = 35;
const HOT_C = 83;
const COOL_C = 80;
const TIME_CONSTANT_MS = 1000;
const STEP_MS = 25;
/** A card that small heats up in a second, so it is read more often than a real one. */
const SAMPLE_MS = 100;
const MEMORY_MHZ = 7000;
const IDLE_W = 28;

/** Cores a batch keeps busy while the GPU computes: handing over and waiting. */
export const GPU_BATCH_BURN = 0.25;

export const SIMULATED_CLOCKS: GpuClockList = {
  cards: ['Simulated GPU'], driver: 'simulated', memoryMhz: MEMORY_MHZ, clocksMhz: Array.from({ length: 10 }, (_, i) => 600 + 150 * i),
};

export function gpuBatchMs(items: number, requests: number): number {
  return 0.6 + 0.03 * items + 0.02 * requests;
}

/** How much longer than at the highest clock. */
export function clockFactor(clockMhz: number): number {
  return 0.35 + (0.65 * TOP_MHZ) / clockMhz;
}

/** W, for so many batches at a time. */
export function gpuPowerW(clockMhz: number, batches: number): number {
  const load = batches === 0 ? 0 : batches === 1 ? 0.75 : 1;
  const voltage = 0.65 + (0.35 * clockMhz) / TOP_MHZ;
  return IDLE_W + 210 * load * (clockMhz / TOP_MHZ) * voltage ** 2;
}

export function processorPowerW(coresInUse: number): number {
  return 14 + 9 * coresInUse;
}

interface Window {
  fromMs: number;
  joules: number;
  busyMs: number;
  slowedMs: number;
  clockMs: number;
  lowMhz: number;
  highMhz: number;
  hottestC: number;
}

/** One card shared by all replicas of a trial, in the replicas' own time. */
export class SimulatedGpu {
  private clockMhz = TOP_MHZ;
  private timeMs = 0;
  private temperatureC = 76;
  private slowed = false;
  private batches = 0;
  private window: Window = this.freshWindow();

  setClock(clockMhz: number): void {
    this.clockMhz = clockMhz;
  }

  get runsAtMhz(): number {
    return this.slowed ? Math.min(this.clockMhz, SLOWED_MHZ) : this.clockMhz;
  }

  /** A batch begins; how long it takes by itself at the highest clock → how long it takes now. */
  begin(nowMs: number, aloneMs: number): number {
    this.advance(nowMs);
    this.batches++;
    return aloneMs * clockFactor(this.runsAtMhz) * Math.max(1, this.batches / 2);
  }

  end(nowMs: number): void {
    this.advance(nowMs);
    this.batches--;
  }

  beginWindow(nowMs: number): void {
    this.advance(nowMs);
    this.window = this.freshWindow();
  }

  /** What happened since `beginWindow`, as a real card would have been read. */
  read(nowMs: number): { readonly reading: Omit<GpuReading, 'clock' | 'movedShare'>; readonly busyClocksMhz: readonly number[]; readonly joules: number } {
    this.advance(nowMs);
    const { fromMs, joules, busyMs, slowedMs, clockMs, lowMhz, highMhz, hottestC } = this.window;
    const spanMs = Math.max(this.timeMs - fromMs, 1e-9);
    const samples = Math.max(1, Math.floor(spanMs / SAMPLE_MS));
    const slowedSamples = Math.round((samples * slowedMs) / spanMs);
    return {
      reading: {
        cards: 1, samples, utilisationPercent: (100 * busyMs) / spanMs, memoryMb: null, powerW: (1000 * joules) / spanMs, temperatureCMax: hottestC,
        smClockMhz: { mean: clockMs / spanMs, low: lowMhz, high: highMhz }, memoryClockMhz: MEMORY_MHZ,
        throttled: slowedSamples > 0 ? { thermal: slowedSamples / samples } : {},
      },
      busyClocksMhz: Array.from({ length: samples }, (_, i) => (i < slowedSamples ? Math.min(this.clockMhz, SLOWED_MHZ) : this.clockMhz)),
      joules,
    };
  }

  private advance(nowMs: number): void {
    while (this.timeMs < nowMs) {
      const spanMs = Math.min(nowMs - this.timeMs, STEP_MS);
      const mhz = this.runsAtMhz;
      const powerW = gpuPowerW(mhz, this.batches);
      const goalC = AMBIENT_C + 0.24 * powerW;
      this.temperatureC = goalC + (this.temperatureC - goalC) * Math.exp(-spanMs / TIME_CONSTANT_MS);
      this.count(spanMs, mhz, powerW);
      if (this.temperatureC >= HOT_C) this.slowed = true;
      else if (this.temperatureC < COOL_C) this.slowed = false;
      this.timeMs += spanMs;
      if (spanMs < STEP_MS) this.timeMs = nowMs;
    }
  }

  private count(spanMs: number, mhz: number, powerW: number): void {
    const { window } = this;
    window.joules += (powerW * spanMs) / 1000;
    window.clockMs += mhz * spanMs;
    if (this.batches > 0) window.busyMs += spanMs;
    if (this.slowed) window.slowedMs += spanMs;
    window.lowMhz = Math.min(window.lowMhz, mhz);
    window.highMhz = Math.max(window.highMhz, mhz);
    window.hottestC = Math.max(window.hottestC, this.temperatureC);
  }

  private freshWindow(): Window {
    return { fromMs: this.timeMs, joules: 0, busyMs: 0, slowedMs: 0, clockMs: 0, lowMhz: this.runsAtMhz, highMhz: this.runsAtMhz, hottestC: this.temperatureC };
  }
}
