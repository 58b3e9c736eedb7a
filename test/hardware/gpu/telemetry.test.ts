import { afterEach, describe, expect, it } from 'vitest';
import { integrate, parseSample, summariseGpus, watchGpus, type GpuSample } from '../../../main/hardware/gpu/telemetry.ts';
import { enterStandIn, fakeCard, installStandIn, type StandIn } from './stand-in.ts';

const sample = (atMs: number, more: Partial<GpuSample> = {}): GpuSample => ({
  atMs, card: 0, utilisationPercent: 90, memoryMb: 1000, powerW: 100, temperatureC: 60, smClockMhz: 1200, memoryClockMhz: 7601, reasons: [], ...more,
});

describe('a line of telemetry', () => {
  it('is read with its reasons; idle and chosen clocks are no trouble', () => {
    expect(parseSample('0, 87, 1234, 145.20, 71, 1185, 7601, 0x0000000000000024', 5)).toEqual({
      atMs: 5, card: 0, utilisationPercent: 87, memoryMb: 1234, powerW: 145.2, temperatureC: 71, smClockMhz: 1185, memoryClockMhz: 7601, reasons: ['power-limit', 'thermal'],
    });
    expect(parseSample('0, 0, 3, 8, 40, 210, 405, 0x0000000000000003', 0)?.reasons).toEqual([]);
    expect(parseSample('0, [N/A], 3, [N/A], 40, 210, 405, [N/A]', 0)).toMatchObject({ utilisationPercent: null, powerW: null, reasons: [] });
    expect(parseSample('NVIDIA-SMI has failed', 0)).toBeNull();
  });
});

describe('a summary', () => {
  it('adds power and memory of the cards, and takes the mean and the extremes of the rest', () => {
    const samples = [0, 500, 1000].flatMap((at) => [sample(at, { smClockMhz: 1200 - at / 10, reasons: at === 1000 ? ['thermal'] : [] }), sample(at, { card: 1, powerW: 50, utilisationPercent: 0, temperatureC: 70 })]);
    const summary = summariseGpus(samples, 0, 1000)!;
    expect(summary.reading).toMatchObject({
      cards: 2, samples: 6, utilisationPercent: 45, memoryMb: 2000, powerW: 150, temperatureCMax: 70, smClockMhz: { low: 1100, high: 1200 }, throttled: { thermal: 1 / 6 },
    });
    expect(summary.joules).toBeCloseTo(150, 9);
    // The idle card says nothing about the trial's clock.
    expect(summary.busyClocksMhz).toEqual([1200, 1150, 1100]);
  });

  it('is nothing without a sample', () => {
    expect(summariseGpus([], 0, 1)).toBeNull();
  });
});

describe('power over time', () => {
  it('is integrated by trapezoids, the ends held', () => {
    expect(integrate([{ atMs: 1000, powerW: 100 }, { atMs: 3000, powerW: 200 }], 0, 4000)).toBeCloseTo(100 + 300 + 200, 9);
    expect(integrate([{ atMs: 200, powerW: 80 }], 0, 500)).toBeCloseTo(40, 9);
    expect(integrate([{ atMs: 200, powerW: null }], 0, 500)).toBeNull();
  });

  it('does not count what came after the end', () => {
    expect(integrate([{ atMs: 0, powerW: 100 }, { atMs: 1200, powerW: 100 }], 0, 1000)).toBeCloseTo(100, 9);
  });
});

describe('following a card', () => {
  let standIn: StandIn;
  let leave: () => void = () => undefined;
  afterEach(() => {
    leave();
    standIn.remove();
  });

  it('reads until it is ended, with one process, at twice the promised rate', async () => {
    standIn = installStandIn({ utilisation: 90, cards: [fakeCard(0, { reasons: '0x0000000000000040', powerW: 120 })] });
    leave = enterStandIn(standIn);
    let arrived = 0;
    let enough: () => void = () => undefined;
    const three = new Promise<void>((resolve) => (enough = resolve));
    const watch = watchGpus(standIn.program, null, '550.54.15', () => {
      if (++arrived === 3) enough();
      return arrived;
    });
    await three;
    const samples = await watch.end();
    expect(samples.length).toBeGreaterThanOrEqual(3);
    expect(samples[0]).toMatchObject({ powerW: 120, reasons: ['thermal'], utilisationPercent: 90 });
    expect(standIn.calls()).toHaveLength(1);
    expect(standIn.calls()[0]?.args).toContain('-lms');
    expect(Number(standIn.calls()[0]?.args.at(-1))).toBeLessThanOrEqual(500);
  });

  it('asks an old driver by the old name of the reasons', async () => {
    standIn = installStandIn({ unknownFields: ['clocks_event_reasons.active'] });
    leave = enterStandIn(standIn);
    const samples = await watchGpus(standIn.program, [0], '525.147.05', () => 1).end();
    expect(samples.length).toBeGreaterThanOrEqual(1);
  });
});
