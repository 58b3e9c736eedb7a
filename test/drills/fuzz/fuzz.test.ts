import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseOrRefuse } from '../../../main/contract/refusal.ts';
import { METHODS } from '../../../main/contract/methods.ts';
import { clientFrameSchema } from '../../../main/contract/messages.ts';
import { ServescapeError } from '../../../main/domain/errors.ts';
import { studyEventSchema } from '../../../main/domain/study-event.ts';
import { studySpecSchema } from '../../../main/domain/study-spec.ts';
import { sweepEventSchema } from '../../../main/domain/sweep.ts';
import { temporaryFolder } from '../../project/temporary-folder.ts';
import { fuzz } from './fuzz.ts';
import { TARGETS } from './targets.ts';

/** The short form of `npm run drill:fuzz`. */
const MUTATIONS = 200;

describe('damaged input is read or refused with a reason, never a hang, never an unhandled rejection', () => {
  it.each(TARGETS.map((target) => [target.name, target] as const))('%s', async (name, target) => {
    const { wrong, refused } = await fuzz(target, name === 'project file' ? 60 : MUTATIONS, temporaryFolder());
    expect(wrong).toEqual([]);
    if (name === 'study specification') expect(refused).toBeGreaterThan(MUTATIONS / 4);
  });

  it('anything at all, to every schema', () => {
    const schemas = { studySpecSchema, studyEventSchema, sweepEventSchema, clientFrameSchema, ...Object.fromEntries(Object.entries(METHODS).map(([name, { params }]) => [name, params])) };
    for (const [name, schema] of Object.entries(schemas)) {
      fc.assert(fc.property(fc.oneof(fc.jsonValue(), fc.anything()), (value) => {
        try {
          parseOrRefuse(schema, value);
          return true;
        } catch (error) {
          return error instanceof ServescapeError && error.code === 'bad-input';
        }
      }), { numRuns: 40, seed: 1, verbose: name === '' });
    }
  });

  it('a wrong parser would be caught', async () => {
    const { wrong } = await fuzz({ name: 'broken', attempt: () => JSON.parse('{') as unknown }, 2, '');
    expect(wrong).toHaveLength(2);
  });
});
