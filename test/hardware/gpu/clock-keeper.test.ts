import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClockKeeper, type ClockKeeper } from '../../../main/hardware/gpu/clock-keeper.ts';
import { enterStandIn, installStandIn, MODES, type FakeState, type Mode, type StandIn } from './stand-in.ts';

let standIn: StandIn;
let leave: () => void;
let keeper: ClockKeeper;

function setUp(start: Partial<FakeState> = {}): void {
  standIn?.remove();
  standIn = installStandIn(start);
  leave();
  leave = enterStandIn(standIn);
  keeper = newKeeper();
}
const newKeeper = (): ClockKeeper => createClockKeeper({ folder: standIn.data, program: standIn.program, mayElevate: true, callTimeoutMs: standIn.state().hang === null ? 20_000 : 1500 });
const marker = (): boolean => existsSync(join(standIn.data, 'gpu-clocks.json'));
const settings = (): string[] => standIn.calls().filter(({ args }) => /-(ac|rac|lgc|rgc)/.test(args.join(' '))).map(({ args, asRoot }) => (asRoot ? 'sudo ' : '') + args.slice(2).join(' '));

beforeEach(() => {
  leave = () => undefined;
  setUp();
});
afterEach(() => {
  leave();
  standIn.remove();
});

describe('setting the clock', () => {
  it('takes the application clock, reads it back, and gives it back', async () => {
    const clocks = keeper.clocksFor(null);
    expect(await clocks.set(1200, 7601)).toEqual({ requestedMhz: 1200, observedMhz: 1200, method: 'application' });
    expect(standIn.state().cards[0]).toMatchObject({ application: [7601, 1200], locked: null });
    expect(marker()).toBe(true);
    expect(await clocks.restore()).toEqual([]);
    expect(standIn.state().cards[0]).toMatchObject({ application: [7601, 1500], locked: null });
    expect(marker()).toBe(false);
    expect(settings()).toEqual(['-ac 7601,1200 -eow', '-rac']);
  });

  it.each<[Mode, string[], string]>([
    ['through sudo only', ['-ac 7601,1200 -eow', 'sudo -ac 7601,1200 -eow', '-rac', 'sudo -rac'], 'application'],
    ['GeForce: lock only', ['-ac 7601,1200 -eow', '-lgc 1200,1200', '-rgc'], 'locked'],
    ['application clocks given up by the driver', ['-ac 7601,1200 -eow', '-lgc 1200,1200', '-rgc'], 'locked'],
    ['application clocks of the user’s own', ['-ac 7601,1200 -eow', '-ac 7601,1200 -eow'], 'application'],
    ['two cards', ['-ac 7601,1200 -eow', '-ac 7601,1200 -eow', '-rac', '-rac'], 'application'],
  ])('%s', async (mode, expected, method) => {
    setUp(MODES[mode]);
    const before = standIn.state().cards;
    const clocks = keeper.clocksFor(null);
    expect(await clocks.set(1200, 7601)).toEqual({ requestedMhz: 1200, observedMhz: 1200, method });
    expect(await clocks.restore()).toEqual([]);
    expect(settings()).toEqual(expected);
    expect(standIn.state().cards).toEqual(before);
    expect(marker()).toBe(false);
  });

  it('touches only the cards of the study', async () => {
    setUp(MODES['two cards']);
    const clocks = keeper.clocksFor([1]);
    await clocks.set(900, 7601);
    expect(standIn.state().cards.map(({ application }) => application?.[1])).toEqual([1500, 900]);
    await clocks.restore();
  });

  it.each<[string, Partial<FakeState>, RegExp]>([
    ['no permission', MODES['no permission'], /needs administrator rights.*(An administrator can allow it once with: echo '.* NOPASSWD: .*nvidia-smi -i \* -ac\*|A container may not set clocks|Under WSL)/s],
    ['a laptop card', MODES['laptop: neither'], /Laptop GPU\) does not let its clock be set\. Most laptop cards/],
    ['MIG', { cards: [{ ...installed().cards[0]!, mig: true }] }, /divided into instances \(MIG\).*sudo nvidia-smi -i 0 -mig 0/s],
    ['a card without a clock like this', {}, /does not accept 1234 MHz/],
    ['a hanging call', MODES['setting hangs'], /did not answer in time/],
  ])('%s is refused with its reason, and nothing stays behind', async (_, start, reason) => {
    setUp(start);
    const before = standIn.state().cards;
    const clocks = keeper.clocksFor(null);
    const refusal = await clocks.set(reason.source.includes('1234') ? 1234 : 1200, 7601).then(() => null, (error: { code: string; message: string; details: { hint?: string } }) => error);
    expect(refusal).toMatchObject({ code: 'clock-refused' });
    expect(`${refusal?.message} ${refusal?.details.hint}`).toMatch(reason);
    expect(await clocks.restore()).toEqual([]);
    expect(standIn.state().cards).toEqual(before);
    expect(marker()).toBe(false);
  });

  it('is one study’s at a time', async () => {
    const first = keeper.clocksFor(null);
    const second = keeper.clocksFor(null);
    await first.set(1200, 7601);
    await expect(second.set(900, 7601)).rejects.toThrow(/Another study is using the GPU clock/);
    await second.restore();
    expect(standIn.state().cards[0]?.application).toEqual([7601, 1200]);
    await first.restore();
    await second.set(900, 7601);
    await second.restore();
  });

  it('refuses where the change cannot be noted', async () => {
    const homeless = createClockKeeper({ folder: join(standIn.folder, 'nowhere'), program: standIn.program });
    await expect(homeless.clocksFor(null).set(1200, 7601)).rejects.toThrow(/cannot be noted/);
    expect(settings()).toEqual([]);
  });

  it('says what could not be given back and keeps the marker until it is', async () => {
    const clocks = keeper.clocksFor(null);
    await clocks.set(1200, 7601);
    standIn.change({ permission: 'none' });
    expect((await clocks.restore()).join()).toMatch(/could not be given back: it needs administrator rights\. By hand: sudo nvidia-smi -i 00000000:01:00\.0 -rac/);
    expect(marker()).toBe(true);
    standIn.change({ permission: 'root' });
    expect(await keeper.restoreNow(false)).toEqual([expect.stringContaining('given back')]);
    expect(standIn.state().cards[0]?.application).toEqual([7601, 1500]);
    expect(marker()).toBe(false);
  });
});

describe('the next start', () => {
  it('finds nothing to do when nothing was changed', async () => {
    expect(await keeper.recover()).toEqual([]);
    expect(standIn.calls()).toEqual([]);
  });

  it('leaves the clocks of an app that still runs alone', async () => {
    await keeper.clocksFor(null).set(1200, 7601);
    const other = newKeeper();
    expect(await other.recover()).toEqual([]);
    expect(await other.restoreNow(false)).toEqual([expect.stringContaining('Another Servescape')]);
    expect(standIn.state().cards[0]?.application).toEqual([7601, 1200]);
  });

  it('does nothing after a restart of the machine: no setting outlives that', async () => {
    await keeper.clocksFor(null).set(1200, 7601);
    const path = join(standIn.data, 'gpu-clocks.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"pid": \d+/, '"pid": 999999999').replace(/"at": "[^"]+"/, '"at": "2001-01-01T00:00:00.000Z"'));
    const before = settings().length;
    expect(await newKeeper().recover()).toEqual([]);
    expect(marker()).toBe(false);
    expect(settings()).toHaveLength(before);
  });

  it('puts everything back when the marker cannot be read', async () => {
    const [card] = standIn.state().cards;
    standIn.change({ cards: [{ ...card!, application: [7601, 900], locked: [600, 600] }] });
    writeFileSync(join(standIn.data, 'gpu-clocks.json'), '{"vers');
    expect(await keeper.recover()).toEqual([expect.stringContaining('was given back')]);
    expect(standIn.state().cards).toEqual([card]);
    expect(marker()).toBe(false);
  });
});

describe('“Restore clocks now”', () => {
  it('says so when there is nothing of ours', async () => {
    expect(await keeper.restoreNow(false)).toEqual(['Servescape has not changed any GPU clock.']);
    expect(standIn.calls()).toEqual([]);
  });

  it('puts every card back when asked for everything', async () => {
    setUp({ cards: MODES['two cards'].cards.map((card) => ({ ...card, application: [7601, 600] as const, locked: [900, 900] as const })) });
    expect(await keeper.restoreNow(true)).toEqual(['All GPU clocks are the driver’s own again (2 cards).']);
    expect(standIn.state().cards.map(({ application, locked }) => [application, locked])).toEqual([[[7601, 1500], null], [[7601, 1500], null]]);
  });
});

function installed(): FakeState {
  const fresh = installStandIn();
  const state = fresh.state();
  fresh.remove();
  return state;
}
