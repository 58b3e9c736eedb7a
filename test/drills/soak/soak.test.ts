import { expect, it } from 'vitest';
import { growthPerThousandTrials, soak, type Reading } from './soak.ts';

/** The short form of `npm run drill:soak`. */
it.runIf(process.platform === 'linux')('holds nothing of a closed project: no descriptor, handle or child more after each study', async () => {
  const readings = await soak({ backend: 'simulated', studies: 6, trialsEach: 8, requests: 60 });
  const after = (pick: (reading: Reading) => number): number[] => readings.slice(2).map(pick);
  for (const pick of [({ descriptors }: Reading) => descriptors, ({ handles }: Reading) => handles, ({ children }: Reading) => children]) {
    expect(new Set(after(pick)).size).toBe(1);
  }
});

it('sees a leak', () => {
  const reading = (study: number): Reading => ({ study, trials: study * 100, heapMb: 50 + study, rssMb: 100, descriptors: 30, handles: 4, children: 0 });
  expect(growthPerThousandTrials(Array.from({ length: 10 }, (_, i) => reading(i)), 'heapMb')).toBeCloseTo(10);
});
