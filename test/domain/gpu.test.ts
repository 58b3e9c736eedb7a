import { describe, expect, it } from 'vitest';
import { brokenRule, feasibilityRules } from '../../main/domain/feasibility.ts';
import { asksGpuClock, spreadClocks, type GpuReading } from '../../main/domain/gpu.ts';
import { measure } from '../../main/domain/measure.ts';
import { measurementSchema, metricValue, type Measurement } from '../../main/domain/measurement.ts';
import { judge } from '../../main/domain/objective.ts';
import { servingConfiguration } from '../../main/domain/serving-configuration.ts';
import { studySpecSchema } from '../../main/domain/study-spec.ts';
import { specOf, steadyLoad } from '../study/doubles.ts';

const spec = specOf();
const GPU: GpuReading = {
  cards: 1, samples: 20, utilisationPercent: 90, memoryMb: 800, powerW: 150, temperatureCMax: 84, smClockMhz: { mean: 1400, low: 1350, high: 1500 },
  memoryClockMhz: 7601, throttled: {}, movedShare: 0, clock: { requestedMhz: 1500, observedMhz: 1500, method: 'application' },
};

function measured(gpu: GpuReading | null, joules: number | null = null): Measurement {
  const { trips, durationS, lagMsP99, cpuShare, sure } = steadyLoad();
  return measure({
    trips, durationS, lagMsP99, cpuShare, sure, spec, replicas: [{ cpuCores: 0.5, memoryMb: 100, throttledShare: 0 }], server: null, enforcement: 'test',
    gpu, energy: joules === null ? null : { source: 'gpu', joules },
  });
}

describe('verdicts about the GPU', () => {
  it.each<[string, Partial<GpuReading>, string, RegExp, RegExp]>([
    ['heat', { throttled: { thermal: 0.3 } }, 'throttled', /because of heat \(up to 84 °C\) in 30 % of the readings/, /search lower clocks/],
    ['hardware', { throttled: { slowdown: 0.3 } }, 'throttled', /by its hardware in 30 %/, /power supply/],
    ['a little heat', { throttled: { thermal: 0.05 } }, 'valid', /^$/, /^$/],
    ['another clock', { movedShare: 0.4 }, 'clocks-moved', /was set to 1500 MHz and ran at 1350 to 1500 MHz in 40 %/, /nothing else sets the clock/],
    ['another clock at the power limit', { movedShare: 0.4, throttled: { 'power-limit': 0.5 } }, 'clocks-moved', /1500 MHz/, /power limit: search lower clocks/],
    ['a power limit that moved nothing', { throttled: { 'power-limit': 0.5 } }, 'valid', /^$/, /^$/],
    ['no clock was set', { movedShare: null, clock: null }, 'valid', /^$/, /^$/],
  ])('%s', (_, change, kind, reason, remedy) => {
    const { verdict } = measured({ ...GPU, ...change });
    expect(verdict.kind).toBe(kind);
    expect(verdict.reason).toMatch(reason);
    expect(verdict.remedy).toMatch(remedy);
  });
});

describe('energy', () => {
  it('is told per trial and per answered request, the left-out ones included', () => {
    const measurement = measured(GPU, 20);
    expect(measurement.energy).toEqual({ source: 'gpu', joules: 20, joulesPerRequest: 20 / 400 });
    expect([metricValue(measurement, 'energyJ'), metricValue(measurement, 'joulesPerRequest'), metricValue(measurement, 'gpuPowerW')]).toEqual([20, 0.05, 150]);
  });

  it('can be minimised and bounded; what was not observed is not feasible', () => {
    const objective = { metric: 'joulesPerRequest', direction: 'minimise', constraints: [{ metric: 'gpuPowerW', relation: 'at-most', bound: 140 }] } as const;
    expect(judge({ ...objective, constraints: [...objective.constraints] }, measured(GPU, 20))).toEqual({ value: 0.05, feasible: false, violations: ['GPU power ≤ 140 W'] });
    expect(judge({ ...objective, constraints: [] }, measured(null))).toMatchObject({ value: null, feasible: false });
  });

  it('is absent from trials of older files, which stay valid', () => {
    const old = measured(null);
    expect(old).not.toHaveProperty('gpu');
    expect(measurementSchema.parse(old)).toEqual(old);
    expect(metricValue(old, 'energyJ')).toBeNull();
    expect(measurementSchema.parse(measured(GPU, 20))).toEqual(measured(GPU, 20));
  });
});

describe('the clocks of a card', () => {
  const list = { cards: ['card'], driver: '1', memoryMhz: null, clocksMhz: [600, 900] };
  const asking = studySpecSchema.parse({ ...spec, gpuClocks: list, space: [...spec.space, { kind: 'integer', name: 'gpuClockMhz', low: 600, high: 900 }] });
  const facts = { capacity: { cores: 64, memoryMb: 1_000_000 } };
  const at = (gpuClockMhz: number): ReturnType<typeof brokenRule> =>
    brokenRule(feasibilityRules(asking, facts), servingConfiguration(asking, { replicas: 1, cpuCores: 1, memoryMb: 500, maxBatchSize: 8, batchTimeoutMicros: 100, gpuClockMhz }));

  it('rule out everything that is not in the list', () => {
    expect(at(900)).toBeNull();
    expect(at(750)).toMatchObject({ name: 'gpu-clock', text: 'GPU clock in the card’s list of 2' });
  });

  it('rule out nothing when the clock is left alone', () => {
    expect(asksGpuClock(spec)).toBe(false);
    expect(feasibilityRules({ ...spec, gpuClocks: list }, facts).map(({ name }) => name)).not.toContain('gpu-clock');
  });

  it('are spread evenly, both ends kept', () => {
    expect(spreadClocks([1, 2, 3], 5)).toEqual([1, 2, 3]);
    expect(spreadClocks(Array.from({ length: 100 }, (_, i) => 600 + i * 15), 4)).toEqual([600, 1095, 1590, 2085]);
  });
});
