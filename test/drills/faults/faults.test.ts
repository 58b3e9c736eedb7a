import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../project/temporary-folder.ts';
import { simulateLife, stopCalmRunAt, type Life } from './simulate.ts';

/** The short form of `npm run drill:faults`. */
const SEEDS = 100;

describe('a study whose every port can fail', () => {
  it(`ends, keeps one final state per trial, replays and leaves nothing behind: ${SEEDS} seeds`, async () => {
    const folder = temporaryFolder();
    const lives: Life[] = [];
    for (let seed = 0; seed < SEEDS; seed++) lives.push(await simulateLife(seed, folder));
    expect(lives.filter(({ wrong }) => wrong.length > 0).map(({ seed, wrong }) => ({ seed, wrong }))).toEqual([]);
    // The faults did bite: runs end in every way, trials fail and are given up.
    expect([...new Set(lives.map(({ reason }) => reason))]).toEqual(expect.arrayContaining(['budget', 'user', 'fault']));
    const all = lives.flatMap(({ trace }) => trace).join('\n');
    for (const outcome of ['complete', 'failed', 'aborted']) expect(all).toContain(`trial-finished ${outcome}`);
  });

  it('is lived the same way twice', async () => {
    const folder = temporaryFolder();
    for (const seed of [3, 17, 42]) expect((await simulateLife(seed, folder)).trace).toEqual((await simulateLife(seed, folder)).trace);
  });

  it('is stopped within two seconds whenever it is asked to: while it starts, chooses, deploys, loads, reads and hands back', async () => {
    const folder = temporaryFolder();
    // A trial takes about 3.1 s of virtual time; the steps fall everywhere in it.
    for (let atMs = 0; atMs < 6500; atMs += 130) {
      const tookMs = await stopCalmRunAt(atMs, folder);
      expect([atMs, tookMs]).toEqual([atMs, expect.any(Number)]);
      expect(tookMs).toBeLessThanOrEqual(2000);
    }
  });

  it('would be caught leaving a GPU clock changed', async () => {
    const folder = temporaryFolder();
    const said: string[] = [];
    for (let seed = 0; seed < 12; seed++) {
      const { wrong } = await simulateLife(seed, folder, (lab) => ({ ...lab, hardware: { ...lab.hardware!, clocks: { ...lab.hardware!.clocks, restore: async () => [] } } }));
      said.push(...wrong);
    }
    expect(said).toContain('left behind: clocksChanged');
  });
});
