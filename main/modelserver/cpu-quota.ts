/** Where the account keeps its numbers: plain memory in tests, memory shared by all threads in the server. */
const PERIOD_START = 0;
const USED_AT_START = 1;
const QUOTA = 2;
const PERIOD = 3;
const PERIODS = 4;
const THROTTLED_PERIODS = 5;
const THROTTLED_MICROS = 6;
const THROTTLED_UNTIL = 7;
export const CPU_QUOTA_FIELD_COUNT = 8;

export interface ThrottlingFacts {
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly throttledMicros: number;
}

/**
 * The arithmetic of the kernel's CFS bandwidth control: `quotaMicros` of processor time in every `periodMicros`,
 * unused time is not saved up. We can only look between two pieces of work, so what a long piece spent beyond the
 * quota is taken from the periods after it.
 */
export class CpuQuota {
  readonly #fields: Float64Array;

  /** @param fields CPU_QUOTA_FIELD_COUNT numbers, set up by `openCpuQuota` */
  constructor(fields: Float64Array) {
    this.#fields = fields;
  }

  /**
   * @param nowMicros wall time
   * @param usedMicros processor time the whole process has used so far
   * @returns how long the caller must pause now; 0 when there is budget
   */
  pauseMicros(nowMicros: number, usedMicros: number): number {
    const f = this.#fields;
    const quota = f[QUOTA] as number;
    const period = f[PERIOD] as number;
    const elapsed = Math.floor((nowMicros - (f[PERIOD_START] as number)) / period);
    if (elapsed > 0) {
      const debt = Math.max(0, usedMicros - (f[USED_AT_START] as number) - quota * elapsed);
      f[PERIOD_START] = (f[PERIOD_START] as number) + elapsed * period;
      f[USED_AT_START] = usedMicros - debt;
      f[PERIODS] = (f[PERIODS] as number) + elapsed;
    }
    const spent = usedMicros - (f[USED_AT_START] as number);
    if (spent < quota) return 0;
    const periods = Math.floor(spent / quota);
    const until = (f[PERIOD_START] as number) + periods * period;
    this.#note(nowMicros, until);
    return until - nowMicros;
  }

  get facts(): ThrottlingFacts {
    const f = this.#fields;
    return {
      periods: f[PERIODS] as number,
      throttledPeriods: f[THROTTLED_PERIODS] as number,
      throttledMicros: Math.round(f[THROTTLED_MICROS] as number),
    };
  }

  /** Counts each throttled stretch once, however many threads run into it. */
  #note(nowMicros: number, until: number): void {
    const f = this.#fields;
    const known = f[THROTTLED_UNTIL] as number;
    if (until <= known) return;
    f[THROTTLED_MICROS] = (f[THROTTLED_MICROS] as number) + until - Math.max(nowMicros, known);
    f[THROTTLED_PERIODS] = (f[THROTTLED_PERIODS] as number)
      + Math.ceil((until - Math.max(nowMicros, known)) / (f[PERIOD] as number));
    f[THROTTLED_UNTIL] = until;
  }
}

/** Starts an account at `startMicros`, when the process had used nothing. */
export function openCpuQuota(fields: Float64Array, cores: number, periodMicros: number, startMicros: number): CpuQuota {
  fields.fill(0);
  fields[PERIOD_START] = startMicros;
  fields[QUOTA] = cores * periodMicros;
  fields[PERIOD] = periodMicros;
  return new CpuQuota(fields);
}
