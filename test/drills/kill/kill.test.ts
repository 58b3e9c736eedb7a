import { expect, it } from 'vitest';
import { drillKills } from './kill-drill.ts';

/** The short form of `npm run drill:kill`; replicas and containers are killed with it in test/host/kill-and-continue and test/serving. */
const POINTS = 8;

it.runIf(process.platform === 'linux')(`nothing that was told of is lost, and nothing is left: ${POINTS} kills`, { timeout: 600_000 }, async () => {
  const { killed, wrong, where } = await drillKills({ backend: 'simulated', points: POINTS, seed: 'test' });
  expect(wrong).toEqual([]);
  expect(killed).toBe(POINTS);
  expect(Object.keys(where).length).toBeGreaterThan(1);
});
