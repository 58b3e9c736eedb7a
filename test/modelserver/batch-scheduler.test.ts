import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchScheduler, roundToAllowedSize, type BatchTask } from '../../main/modelserver/batch-scheduler.ts';
import { FakeClock } from './fake-clock.ts';

interface Named extends BatchTask { readonly name: string }

function bench(options: { maxBatchSize: number; batchTimeoutMicros?: number; maxEnqueuedBatches?: number; numBatchThreads?: number }) {
  const clock = new FakeClock();
  const batches: string[] = [];
  const running: (() => void)[] = [];
  const scheduler = new BatchScheduler<Named>({
    batchTimeoutMicros: 0, maxEnqueuedBatches: 10, numBatchThreads: 1, ...options, clock,
    process: (tasks) => new Promise((resolve) => {
      batches.push(tasks.map(({ name }) => name).join(''));
      running.push(resolve);
    }),
  });
  const add = (name: string, size = 1): void => scheduler.schedule({ name, size });
  /** Ends the batch that has been running longest and lets its thread take the next one. */
  const finish = async (): Promise<void> => {
    running.shift()?.();
    await Promise.resolve();
    await Promise.resolve();
  };
  return { clock, batches, scheduler, add, finish };
}

describe('BatchScheduler', () => {
  it('forms a batch when it is full, long before the timeout', () => {
    const { add, batches, clock } = bench({ maxBatchSize: 3, batchTimeoutMicros: 1_000_000 });
    add('a');
    add('b');
    clock.advance(10);
    expect(batches).toEqual([]);
    add('c');
    expect(batches).toEqual(['abc']);
  });

  it('forms a batch when its first task has waited the timeout, not the last one', () => {
    const { add, batches, clock } = bench({ maxBatchSize: 8, batchTimeoutMicros: 2000 });
    add('a');
    clock.advance(1500);
    add('b');
    clock.advance(499);
    expect(batches).toEqual([]);
    clock.advance(1);
    expect(batches).toEqual(['ab']);
  });

  it('does not wait with a timeout of zero', () => {
    const { add, batches } = bench({ maxBatchSize: 8 });
    add('a');
    expect(batches).toEqual(['a']);
  });

  it('closes the open batch early for a task that does not fit', () => {
    const { add, batches } = bench({ maxBatchSize: 4, batchTimeoutMicros: 1_000_000 });
    add('a', 3);
    add('b', 2);
    expect(batches).toEqual(['a']);
  });

  it('lets the open batch grow past its timeout while every thread is busy', async () => {
    const { add, batches, clock, finish } = bench({ maxBatchSize: 8, batchTimeoutMicros: 100 });
    add('a');
    clock.advance(100);
    add('b');
    clock.advance(5000);
    add('c');
    expect(batches).toEqual(['a']);
    await finish();
    expect(batches).toEqual(['a', 'bc']);
  });

  it('uses as many threads as it is given', () => {
    const { add, batches } = bench({ maxBatchSize: 1, numBatchThreads: 2 });
    add('a');
    add('b');
    add('c');
    expect(batches).toEqual(['a', 'b']);
  });

  it('refuses a task larger than any batch in TensorFlow Serving’s words', () => {
    const { add, scheduler } = bench({ maxBatchSize: 32 });
    expect(() => { add('a', 64); }).toThrowError(expect.objectContaining({
      code: 'INVALID_ARGUMENT', httpStatus: 400, message: 'Task size 64 is larger than maximum input batch size 32',
    }) as Error);
    expect(scheduler.enqueuedTasks).toBe(0);
  });

  it('refuses what the queue cannot hold, and takes tasks again once a batch has left', async () => {
    const { add, batches, finish } = bench({ maxBatchSize: 2, maxEnqueuedBatches: 2, batchTimeoutMicros: 0 });
    add('x');
    for (const name of 'abcd') add(name);
    expect(() => { add('e'); }).toThrowError(expect.objectContaining({
      code: 'UNAVAILABLE', httpStatus: 503,
      message: 'The batch scheduling queue to which this task was submitted is full',
    }) as Error);
    await finish();
    add('e');
    await finish();
    await finish();
    expect(batches).toEqual(['x', 'ab', 'cd', 'e']);
  });

  it('loses no task, doubles none and keeps their order, whatever arrives when', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), size: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ kind: fc.constant('advance' as const), size: fc.integer({ min: 1, max: 300 }) }),
      fc.record({ kind: fc.constant('finish' as const), size: fc.constant(0) }),
    );
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), async (steps, numBatchThreads) => {
      const { add, batches, clock, finish } = bench({ maxBatchSize: 5, batchTimeoutMicros: 200, maxEnqueuedBatches: 100, numBatchThreads });
      let count = 0;
      for (const { kind, size } of steps) {
        if (kind === 'add') { add(`${count},`, size); count += 1; }
        if (kind === 'advance') clock.advance(size);
        if (kind === 'finish') await finish();
      }
      for (let i = 0; i <= count; i += 1) { clock.advance(200); await finish(); }
      expect(batches.join('')).toBe(Array.from({ length: count }, (_, i) => `${i},`).join(''));
    }), { seed: 7, numRuns: 200 });
  });
});

describe('roundToAllowedSize', () => {
  it('rounds up to the smallest allowed size', () => {
    expect(roundToAllowedSize([4, 8, 32], 5)).toBe(8);
    expect(roundToAllowedSize([4, 8, 32], 8)).toBe(8);
    expect(roundToAllowedSize([], 5)).toBe(5);
  });
});
