import type { GpuReading, ThrottleReason } from '../../domain/gpu.ts';
import { csvBits, csvNumber, csvRows } from './csv.ts';
import { followNvidiaSmi, runNvidiaSmi } from './nvidia-smi.ts';

/** Twice the promised rate of one a second: a sample may be late on a busy machine. */
const EVERY_MS = 500;
/** Since driver 535 "throttle" is called "event". */
const EVENT_DRIVER = 535;

const FIELDS = ['index', 'utilization.gpu', 'memory.used', 'power.draw', 'temperature.gpu', 'clocks.sm', 'clocks.mem'] as const;

/** One line of one card. MHz, MB, W, °C. */
export interface GpuSample {
  /** Monotonic ms of its arrival. */
  readonly atMs: number;
  readonly card: number;
  readonly utilisationPercent: number | null;
  readonly memoryMb: number | null;
  readonly powerW: number | null;
  readonly temperatureC: number | null;
  readonly smClockMhz: number | null;
  readonly memoryClockMhz: number | null;
  readonly reasons: readonly ThrottleReason[];
}

/** Bits of clocks_event_reasons.active; the idle, application-clock and sync bits are no trouble. */
const REASON_BITS: readonly (readonly [bigint, ThrottleReason])[] = [
  [0x4n, 'power-limit'], [0x8n, 'slowdown'], [0x20n, 'thermal'], [0x40n, 'thermal'], [0x80n, 'power-brake'],
];

export interface GpuWatch {
  /** Stops and gives every sample. Never throws. */
  end(): Promise<readonly GpuSample[]>;
}

/** Follows the cards with these indices, or all, until `end`. One process for the whole time: starting one per sample would disturb. */
export function watchGpus(program: string, indices: readonly number[] | null, driver: string, nowMs: () => number): GpuWatch {
  const samples: GpuSample[] = [];
  const reasonField = Number.parseInt(driver, 10) < EVENT_DRIVER ? 'clocks_throttle_reasons.active' : 'clocks_event_reasons.active';
  const args = [...(indices === null ? [] : ['-i', indices.join(',')]), `--query-gpu=${[...FIELDS, reasonField].join(',')}`, '--format=csv,noheader,nounits'];
  const take = (line: string): void => {
    const sample = parseSample(line, nowMs());
    if (sample !== null) samples.push(sample);
  };
  const stream = followNvidiaSmi(program, [...args, '-lms', String(EVERY_MS)], take);
  return {
    end: async () => {
      await stream.stop().catch(() => undefined);
      // A load shorter than the first answer: one reading right after it is better than none.
      if (samples.length === 0) {
        const answer = await runNvidiaSmi(program, args);
        if (answer.kind === 'done' && answer.exitCode === 0) for (const line of answer.stdout.split('\n')) take(line);
      }
      return samples;
    },
  };
}

export function parseSample(line: string, atMs: number): GpuSample | null {
  const row = csvRows(line, FIELDS.length + 1)[0] ?? [];
  const card = csvNumber(row[0]);
  if (card === null || row.length !== FIELDS.length + 1) return null;
  const bits = csvBits(row[7]) ?? 0n;
  return {
    atMs, card, utilisationPercent: csvNumber(row[1]), memoryMb: csvNumber(row[2]), powerW: csvNumber(row[3]), temperatureC: csvNumber(row[4]),
    smClockMhz: csvNumber(row[5]), memoryClockMhz: csvNumber(row[6]),
    reasons: [...new Set(REASON_BITS.filter(([bit]) => (bits & bit) !== 0n).map(([, reason]) => reason))],
  };
}

export interface GpuSummary {
  readonly reading: Omit<GpuReading, 'clock' | 'movedShare'>;
  readonly busyClocksMhz: readonly number[];
  /** Power integrated from `fromMs` to `toMs`; null when no card tells its power. */
  readonly joules: number | null;
}

/** Means over the samples, power and memory summed over the cards; null without a sample. */
export function summariseGpus(samples: readonly GpuSample[], fromMs: number, toMs: number): GpuSummary | null {
  if (samples.length === 0) return null;
  const cards = [...new Set(samples.map(({ card }) => card))];
  const perCard = (pick: (sample: GpuSample) => number | null, of: (values: readonly number[]) => number): number | null => {
    const values = cards.map((card) => told(samples.filter((sample) => sample.card === card).map(pick))).filter((list) => list.length > 0).map(of);
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
  };
  const all = (pick: (sample: GpuSample) => number | null): readonly number[] => told(samples.map(pick));
  const clocks = all(({ smClockMhz }) => smClockMhz);
  const energies = cards.map((card) => integrate(samples.filter((sample) => sample.card === card), fromMs, toMs)).filter((joules) => joules !== null);
  const share = (reason: ThrottleReason): number => samples.filter(({ reasons }) => reasons.includes(reason)).length / samples.length;
  const reasons = (['power-limit', 'slowdown', 'thermal', 'power-brake'] as const).map((reason) => [reason, share(reason)] as const).filter(([, part]) => part > 0);
  return {
    reading: {
      cards: cards.length, samples: samples.length,
      utilisationPercent: meanOrNull(all(({ utilisationPercent }) => utilisationPercent)),
      memoryMb: perCard(({ memoryMb }) => memoryMb, (values) => Math.max(...values)),
      powerW: perCard(({ powerW }) => powerW, mean),
      temperatureCMax: largestOrNull(all(({ temperatureC }) => temperatureC)),
      smClockMhz: clocks.length === 0 ? null : { mean: mean(clocks), low: Math.min(...clocks), high: Math.max(...clocks) },
      memoryClockMhz: meanOrNull(all(({ memoryClockMhz }) => memoryClockMhz)),
      throttled: Object.fromEntries(reasons),
    },
    // An idle card may leave its clock; that says nothing about the trial.
    busyClocksMhz: told(samples.filter(({ utilisationPercent }) => utilisationPercent !== null && utilisationPercent > 0).map(({ smClockMhz }) => smClockMhz)),
    joules: energies.length === 0 ? null : energies.reduce((sum, joules) => sum + joules, 0),
  };
}

/** Power over time by trapezoids; the first and last value hold to the ends. W·ms → J. Null when power is not told. */
export function integrate(samples: readonly Pick<GpuSample, 'atMs' | 'powerW'>[], fromMs: number, toMs: number): number | null {
  const points = samples.flatMap(({ atMs, powerW }) => (powerW === null ? [] : [{ atMs: Math.min(Math.max(atMs, fromMs), toMs), powerW }]));
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return null;
  let wattMs = first.powerW * (first.atMs - fromMs) + last.powerW * (toMs - last.atMs);
  for (let i = 1; i < points.length; i++) wattMs += ((points[i - 1]!.powerW + points[i]!.powerW) / 2) * (points[i]!.atMs - points[i - 1]!.atMs);
  return wattMs / 1000;
}

function told(values: readonly (number | null)[]): readonly number[] {
  return values.filter((value) => value !== null);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function meanOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : mean(values);
}

function largestOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.max(...values);
}
