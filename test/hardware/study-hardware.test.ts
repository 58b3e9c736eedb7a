import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createStudyHardware, type StudyHardware } from '../../main/hardware/study-hardware.ts';
import type { StudySpec } from '../../main/domain/study-spec.ts';
import { specOf } from '../study/doubles.ts';
import { enterStandIn, fakeCard, installStandIn, MODES, type FakeState, type StandIn } from './gpu/stand-in.ts';

let standIn: StandIn;
let leave: () => void = () => undefined;
let hardware: StudyHardware;
const local = { kind: 'local' } as const;

function setUp(start: Partial<FakeState> = {}): void {
  leave();
  standIn?.remove();
  standIn = installStandIn(start);
  leave = enterStandIn(standIn);
  hardware = createStudyHardware({ folder: standIn.data, program: standIn.program, nowMs: () => performance.now(), raplRoot: '/nowhere' });
}
beforeEach(() => setUp());
afterEach(() => {
  leave();
  standIn.remove();
});

const withClocks = (values: number[], metric: StudySpec['objective']['metric'] = 'meanRoundTripMs'): StudySpec =>
  specOf((spec) => ({
    ...spec, backend: local, objective: { ...spec.objective, metric, direction: 'minimise' },
    space: [...spec.space, { kind: 'ordinal', name: 'gpuClockMhz', values, scale: 'linear' }],
  }));
const flags = (): string[] => standIn.calls().flatMap(({ args }) => args.filter((arg) => /^(-ac|-rac|-lgc|-rgc|-q|-x|--query-supported)/.test(arg)).map((arg) => arg.split('=')[0]!));

describe('facts', () => {
  it('ask nothing that could hang the machine', async () => {
    expect(await hardware.facts(local)).toMatchObject({ gpu: { kind: 'usable', cards: ['NVIDIA RTX A5000'] }, energy: { source: 'none' } });
    expect(flags()).toEqual([]);
  });

  it('give the reason where the clock cannot be searched', async () => {
    const nowhere = createStudyHardware({ folder: standIn.data, program: '/nowhere/nvidia-smi', nowMs: () => 0 });
    expect(await nowhere.facts(local)).toMatchObject({ gpu: { kind: 'unusable', reason: expect.stringContaining('No NVIDIA GPU was found') } });
    setUp({ cards: [fakeCard(0, { mig: true })] });
    expect(await hardware.facts(local)).toMatchObject({ gpu: { kind: 'unusable', hint: expect.stringContaining('nvidia-smi -i 0 -mig 0') } });
  });
});

describe('replicas on another machine', () => {
  it('get no clock set here and no energy read here, and a study that wants it is refused', async () => {
    const elsewhere = createStudyHardware({ folder: standIn.data, program: standIn.program, nowMs: () => 0, isElsewhere: () => true });
    expect(await elsewhere.facts(local)).toMatchObject({ gpu: { kind: 'unusable', reason: expect.stringContaining('another machine') }, energy: { source: 'none', reason: expect.stringContaining('another machine') } });
    expect(elsewhere.hardwareFor(withClocks([600, 1200]))).toBeUndefined();
    await expect(elsewhere.prepare(withClocks([600, 1200]))).rejects.toMatchObject({ code: 'clock-refused', message: expect.stringContaining('another machine') });
    await expect(elsewhere.prepare(withClocks([600, 1200], 'joulesPerRequest'))).rejects.toThrowError(/another machine/);
    expect(standIn.calls()).toEqual([]);
  });
});

describe('before a run', () => {
  it('a study without GPU asks nothing at all', async () => {
    const spec = specOf((usual) => ({ ...usual, backend: local }));
    expect(await hardware.prepare(spec)).toBe(spec);
    expect(standIn.calls()).toEqual([]);
  });

  it('the driver’s list is asked once and remembered, and setting is tried and undone', async () => {
    const prepared = await hardware.prepare(withClocks([600, 1200]));
    expect(prepared.gpuClocks).toEqual({ cards: ['NVIDIA RTX A5000'], driver: '550.54.15', memoryMhz: 7601, clocksMhz: [600, 900, 1200, 1500, 1740] });
    expect(flags()).toEqual(['--query-supported-clocks', '-ac', '-rac']);
    expect(standIn.state().cards[0]).toEqual(fakeCard(0));
    expect(await hardware.prepare(prepared)).toBe(prepared);
    expect(flags().filter((flag) => flag === '--query-supported-clocks')).toHaveLength(1);
  });

  it('an old program tells its clocks in the whole report', async () => {
    setUp({ list: 'old' });
    expect((await hardware.prepare(withClocks([600, 1200]))).gpuClocks?.clocksMhz).toEqual([600, 900, 1200, 1500, 1740]);
  });

  it('a list of another card is asked again', async () => {
    const elsewhere = { ...withClocks([600, 1200]), gpuClocks: { cards: ['Tesla K80'], driver: '470', memoryMhz: 2505, clocksMhz: [562] } };
    expect((await hardware.prepare(elsewhere)).gpuClocks?.driver).toBe('550.54.15');
  });

  it('a missing permission is refused, and then stands at the control', async () => {
    setUp(MODES['no permission']);
    await expect(hardware.prepare(withClocks([600, 1200]))).rejects.toThrow(/needs administrator rights/);
    expect(await hardware.facts(local)).toMatchObject({ gpu: { kind: 'unusable', reason: expect.stringContaining('administrator rights') } });
  });

  it('clocks the card does not have are refused by name', async () => {
    await expect(hardware.prepare(withClocks([111, 222]))).rejects.toThrow(/111, 222.*600, 900, 1200, 1500, 1740 MHz/);
  });

  it('a card without a list is refused', async () => {
    setUp({ list: 'none' });
    await expect(hardware.prepare(withClocks([600]))).rejects.toThrow(/cannot be set: the driver lists none/);
  });

  it('energy that cannot be read is refused, and what stands for it is named', async () => {
    const spec = specOf((usual) => ({ ...usual, backend: local, objective: { metric: 'joulesPerRequest', direction: 'minimise', constraints: [] } }));
    await expect(hardware.prepare(spec)).rejects.toMatchObject({ code: 'unsupported', details: { hint: expect.stringContaining('CPU in use') } });
    expect((await hardware.prepare(withClocks([600, 1200], 'joulesPerRequest'))).objective.metric).toBe('joulesPerRequest');
  });
});
