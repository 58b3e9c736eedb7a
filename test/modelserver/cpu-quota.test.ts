import { describe, expect, it } from 'vitest';
import { CPU_QUOTA_FIELD_COUNT, openCpuQuota } from '../../main/modelserver/cpu-quota.ts';

const PERIOD = 100_000;

/** Works whenever it may, in pieces that cannot be interrupted, and looks at the quota between them. */
function work(cores: number, pieceMicros: number, threads: number, totalMicros: number): { share: number; throttledPeriods: number } {
  const quota = openCpuQuota(new Float64Array(CPU_QUOTA_FIELD_COUNT), cores, PERIOD, 0);
  let now = 0;
  let used = 0;
  while (now < totalMicros) {
    const pause = quota.pauseMicros(now, used);
    if (pause > 0) { now += pause; continue; }
    now += pieceMicros;
    used += pieceMicros * threads;
  }
  return { share: used / now, throttledPeriods: quota.facts.throttledPeriods };
}

describe('CpuQuota', () => {
  it.each([0.1, 0.3, 0.5, 0.85, 1])('holds %d cores within 2 %% in small pieces', (cores) => {
    expect(work(cores, 700, 2, 10_000_000).share).toBeCloseTo(cores, 1);
    expect(Math.abs(work(cores, 700, 2, 10_000_000).share / cores - 1)).toBeLessThan(0.02);
  });

  it.each([0.1, 0.5])('pays back a piece longer than the whole period (%d cores)', (cores) => {
    expect(Math.abs(work(cores, 180_000, 1, 60_000_000).share / cores - 1)).toBeLessThan(0.1);
  });

  it('never pauses a process below its quota', () => {
    expect(work(1.5, 1000, 1, 5_000_000)).toEqual({ share: 1, throttledPeriods: 0 });
  });

  it('does not save up unused time', () => {
    const quota = openCpuQuota(new Float64Array(CPU_QUOTA_FIELD_COUNT), 0.5, PERIOD, 0);
    expect(quota.pauseMicros(10 * PERIOD, 0)).toBe(0);
    expect(quota.pauseMicros(10 * PERIOD + 50_000, 50_000)).toBe(50_000);
  });

  it('counts a throttled stretch once, however many threads meet it', () => {
    const quota = openCpuQuota(new Float64Array(CPU_QUOTA_FIELD_COUNT), 0.5, PERIOD, 0);
    quota.pauseMicros(60_000, 60_000);
    quota.pauseMicros(70_000, 60_000);
    quota.pauseMicros(80_000, 60_000);
    expect(quota.facts).toEqual({ periods: 0, throttledPeriods: 1, throttledMicros: 40_000 });
  });
});
