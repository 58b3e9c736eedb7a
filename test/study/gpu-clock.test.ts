import { describe, expect, it } from 'vitest';
import { ServescapeError } from '../../main/domain/errors.ts';
import { servingConfiguration } from '../../main/domain/serving-configuration.ts';
import { gpuReading, setGpuClock } from '../../main/study/gpu-clock.ts';
import { startStudyRun } from '../../main/study/study-runner.ts';
import type { Hardware, HardwareReading, Lab } from '../../main/study/ports.ts';
import type { StudySpec } from '../../main/domain/study-spec.ts';
import { memoryStore, outOfMemory, randomChooser, scriptedLab, specOf, untilAborted, type LabScript, type MemoryStore } from './doubles.ts';

const READING: HardwareReading = {
  gpu: { cards: 1, samples: 4, utilisationPercent: 90, memoryMb: 800, powerW: 150, temperatureCMax: 66, smClockMhz: { mean: 1200, low: 1200, high: 1200 }, memoryClockMhz: 7601, throttled: {} },
  busyClocksMhz: [1200, 1200, 1200, 1200],
  energy: { source: 'gpu', joules: 39.8 },
};

/** Notes in order what happens to the hardware. */
function scriptedHardware(log: string[], more: Partial<{ set: () => void; restore: readonly string[]; reading: HardwareReading }> = {}): Hardware {
  return {
    clocks: {
      supported: async () => ({ cards: ['card'], driver: '1', memoryMhz: 7601, clocksMhz: [1200] }),
      set: async (clockMhz, memoryMhz) => {
        log.push(`set ${clockMhz} ${memoryMhz}`);
        more.set?.();
        return { requestedMhz: clockMhz, observedMhz: clockMhz, method: 'application' };
      },
      restore: async () => {
        log.push('restore');
        return more.restore ?? [];
      },
    },
    watch: () => {
      log.push('watch');
      return { end: async () => (log.push('read'), more.reading ?? READING) };
    },
  };
}

const withClock = specOf((spec) => ({
  ...spec, fixed: { gpuClockMhz: 1200 }, gpuClocks: { cards: ['card'], driver: '1', memoryMhz: 7601, clocksMhz: [1200] },
  budget: { ...spec.budget, trials: 2 }, sampler: { kind: 'random' },
}));

function run(spec: StudySpec, hardware: Hardware, script: LabScript, log: string[]): { readonly store: MemoryStore; readonly runner: ReturnType<typeof startStudyRun> } {
  const store = memoryStore(spec);
  const { lab } = scriptedLab({
    ...script,
    deploy: async (trial, signal) => (log.push('deploy'), await script.deploy?.(trial, signal)),
  });
  const whole: Lab = { ...lab, hardware };
  const runner = startStudyRun({ study: store.study(), projectId: 'p', store, labs: [whole], chooser: randomChooser(), wallMs: () => 0, onEvent: () => undefined, onLive: () => undefined });
  return { store, runner };
}

describe('a trial over the GPU clock', () => {
  it('sets the clock before the load, watches while it lasts, gives back after it', async () => {
    const log: string[] = [];
    const { store, runner } = run(withClock, scriptedHardware(log), {}, log);
    expect((await runner.ended).kind).toBe('budget');
    const trial = ['deploy', 'set 1200 7601', 'watch', 'read', 'restore'];
    expect(log).toEqual([...trial, ...trial, 'restore']);
    const { measurement } = store.study().trials[0]!;
    expect(measurement?.gpu).toMatchObject({ clock: { requestedMhz: 1200, observedMhz: 1200, method: 'application' }, movedShare: 0 });
    expect(measurement?.energy).toEqual({ source: 'gpu', joules: 39.8, joulesPerRequest: 39.8 / 400 });
    expect(measurement?.verdict.kind).toBe('valid');
  });

  it('gives back after a failure and after a stop', async () => {
    const log: string[] = [];
    const failing = run(withClock, scriptedHardware(log), { load: () => { throw outOfMemory(); } }, log);
    await failing.runner.ended;
    expect(log.filter((word) => word.startsWith('set'))).toHaveLength(2);
    expect(log.lastIndexOf('restore')).toBe(log.length - 1);

    const stopped: string[] = [];
    const stopping = run(withClock, scriptedHardware(stopped), { load: async (_trial, signal) => (stopping.runner.stop('now'), untilAborted(signal)) }, stopped);
    expect((await stopping.runner.ended).kind).toBe('user');
    expect(stopped).toEqual(['deploy', 'set 1200 7601', 'watch', 'read', 'restore', 'restore']);
  });

  it('ends the run when the clock is refused: the next trial could not set it either', async () => {
    const log: string[] = [];
    const refuse = (): never => {
      throw new ServescapeError('clock-refused', 'Setting the clock needs administrator rights.', { hint: 'Do this.' });
    };
    const { store, runner } = run(withClock, scriptedHardware(log, { set: refuse }), {}, log);
    expect(await runner.ended).toEqual({ kind: 'fault', text: 'Setting the clock needs administrator rights. Do this.' });
    expect(store.study().trials.map(({ failure }) => failure?.code)).toEqual(['clock-refused']);
  });

  it('ends the run when the clock could not be given back, and says so', async () => {
    const log: string[] = [];
    const { store, runner } = run(withClock, scriptedHardware(log, { restore: ['The clock of GPU 0 could not be given back.'] }), {}, log);
    expect(await runner.ended).toEqual({ kind: 'fault', text: 'The clock of GPU 0 could not be given back.' });
    expect(store.study().trials.map(({ state }) => state)).toEqual(['complete']);
  });

  it('leaves a clock nobody asked for alone', async () => {
    const log: string[] = [];
    const plain = specOf((spec) => ({ ...spec, budget: { ...spec.budget, trials: 1 }, sampler: { kind: 'random' } }));
    const { store, runner } = run(plain, scriptedHardware(log, { reading: { gpu: null, busyClocksMhz: [], energy: { source: 'none', joules: null } } }), {}, log);
    await runner.ended;
    expect(log.some((word) => word.startsWith('set'))).toBe(false);
    expect(store.study().trials[0]?.measurement).not.toHaveProperty('gpu');
    expect(store.study().trials[0]?.measurement?.energy).toEqual({ source: 'none', joules: null, joulesPerRequest: null });
  });

  it('is refused where there is no GPU', async () => {
    await expect(setGpuClock(withClock, servingConfiguration(withClock, {}), undefined)).rejects.toMatchObject({ code: 'clock-refused' });
  });
});

describe('what a trial’s clock did', () => {
  const clock = { requestedMhz: 1200, observedMhz: 1185, method: 'locked' } as const;

  it('is compared with what was read back, steps of the driver allowed', () => {
    expect(gpuReading({ ...READING, busyClocksMhz: [1185, 1200, 1170, 1080] }, clock)?.movedShare).toBe(0.25);
    expect(gpuReading(READING, null)).toMatchObject({ clock: null, movedShare: null });
    expect(gpuReading({ ...READING, busyClocksMhz: [] }, clock)?.movedShare).toBeNull();
    expect(gpuReading({ ...READING, gpu: null }, clock)).toBeNull();
  });
});
