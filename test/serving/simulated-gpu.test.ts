import { describe, expect, it } from 'vitest';
import { studySpecSchema, type StudySpec } from '../../main/domain/study-spec.ts';
import type { Trial } from '../../main/domain/trial.ts';
import { clockFactor, gpuPowerW, SIMULATED_CLOCKS, SimulatedGpu } from '../../main/serving/simulated/simulated-gpu.ts';
import { createSimulatedLab } from '../../main/serving/simulated/simulated-lab.ts';
import { startStudyRun } from '../../main/study/study-runner.ts';
import { memoryStore, randomChooser } from '../study/doubles.ts';
import template from '../../resources/templates/simulated-gpu.json' with { type: 'json' };

const base = studySpecSchema.parse(template);

/** One trial per clock, everything else fixed. */
async function runClocks(clocks: readonly number[], requests: number, change: (spec: StudySpec) => StudySpec = (spec) => spec): Promise<readonly Trial[]> {
  const spec = change({
    ...base, fixed: { replicas: 3, cpuCores: 1, maxBatchSize: 4, batchTimeoutMicros: 300 }, space: [{ kind: 'ordinal', name: 'gpuClockMhz', values: [...clocks], scale: 'linear' }],
    sampler: { kind: 'random' }, budget: { ...base.budget, trials: clocks.length }, measurement: { ...base.measurement, requests: { kind: 'fixed', count: requests } },
  });
  const store = memoryStore(spec);
  let next = 0;
  await startStudyRun({
    study: store.study(), projectId: 'p', store, labs: [createSimulatedLab({ appVersion: '0', gpu: true })], wallMs: () => 0, onEvent: () => undefined, onLive: () => undefined,
    chooser: { ...randomChooser(), ask: async () => ({ configuration: { gpuClockMhz: clocks[next++]! }, origin: 'random', prediction: null, largestExpectedGain: null }) },
  }).ended;
  return store.study().trials;
}

describe('the simulated GPU', () => {
  it('is slower and thriftier at a lower clock, with the least energy per request in between', async () => {
    const trials = await runClocks(SIMULATED_CLOCKS.clocksMhz, 1500);
    const of = (pick: (trial: Trial) => number | null | undefined): number[] => trials.map((trial) => pick(trial) ?? NaN);
    const times = of(({ measurement }) => measurement?.meanRoundTripMs);
    const powers = of(({ measurement }) => measurement?.gpu?.powerW);
    const energies = of(({ measurement }) => measurement?.energy?.joulesPerRequest);
    expect(times[0]).toBeGreaterThan(times.at(-1)! * 1.8);
    expect(powers[0]).toBeLessThan(powers.at(-1)! / 2);
    const best = energies.indexOf(Math.min(...energies));
    expect(best).toBeGreaterThan(0);
    expect(best).toBeLessThan(energies.length - 1);
    expect(trials.every(({ measurement }) => measurement?.energy?.source === 'processor-and-gpu')).toBe(true);
  });

  it('slows itself down when a long trial at the highest clock makes it hot', async () => {
    const [top, low] = await runClocks([1950, 900], 20_000);
    expect(top?.measurement?.verdict).toMatchObject({ kind: 'throttled', reason: expect.stringMatching(/because of heat \(up to 83 °C\)/) });
    expect(top?.measurement?.gpu?.smClockMhz).toMatchObject({ low: 1350, high: 1950 });
    expect(low?.measurement?.verdict.kind).toBe('valid');
  });

  it('gives the same figures for the same seed, whatever ran before', async () => {
    const [, second] = await runClocks([600, 1200], 800);
    const again = (await runClocks([1950, 1200], 800))[1];
    expect(second?.measurement).toEqual(again?.measurement);
  });

  it('refuses a clock it does not have', async () => {
    const [trial] = await runClocks([777], 100, ({ gpuClocks: _, ...spec }) => spec);
    expect(trial?.failure).toMatchObject({ code: 'clock-refused', message: expect.stringContaining('777 MHz') });
  });

  it('keeps its books: energy is power over time', () => {
    const gpu = new SimulatedGpu();
    gpu.setClock(900);
    gpu.beginWindow(0);
    const tookMs = gpu.begin(0, 100);
    expect(tookMs).toBeCloseTo(100 * clockFactor(900), 9);
    gpu.end(tookMs);
    const { joules, reading } = gpu.read(2 * tookMs);
    expect(joules).toBeCloseTo((gpuPowerW(900, 1) * tookMs + gpuPowerW(900, 0) * tookMs) / 1000, 6);
    expect(reading.utilisationPercent).toBeCloseTo(50, 6);
  });
});

describe('a simulated study without GPU clock', () => {
  it('has the energy of its processor', async () => {
    const { gpuClocks: _, ...rest } = base;
    const spec = studySpecSchema.parse({ ...rest, space: base.space.filter(({ name }) => name !== 'gpuClockMhz'), objective: { metric: 'meanRoundTripMs', direction: 'minimise' }, sampler: { kind: 'random' }, budget: { trials: 1 } });
    const store = memoryStore(spec);
    await startStudyRun({
      study: store.study(), projectId: 'p', store, labs: [createSimulatedLab({ appVersion: '0' })], wallMs: () => 0, onEvent: () => undefined, onLive: () => undefined,
      chooser: { ...randomChooser(), ask: async () => ({ configuration: { replicas: 2, cpuCores: 1, maxBatchSize: 8, batchTimeoutMicros: 300 }, origin: 'random', prediction: null, largestExpectedGain: null }) },
    }).ended;
    const { measurement } = store.study().trials[0]!;
    expect(measurement).not.toHaveProperty('gpu');
    expect(measurement?.energy?.source).toBe('processor');
    // At least idle, at most two busy cores.
    const watts = measurement!.energy!.joules! / measurement!.durationS;
    expect(watts).toBeGreaterThan(14);
    expect(watts).toBeLessThan(14 + 9 * 2.1);
  });
});
