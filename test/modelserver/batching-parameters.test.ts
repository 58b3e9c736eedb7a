import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServescapeError } from '../../main/domain/errors.ts';
import { defaultBatchingParameters, parseBatchingParameters } from '../../main/modelserver/batching-parameters.ts';
import { parseMonitoringConfig } from '../../main/modelserver/monitoring-config.ts';

describe('parseBatchingParameters', () => {
  it('reads the file of TensorFlow Serving’s documentation', () => {
    const text = `# a comment
      max_batch_size { value: 32 }
      batch_timeout_micros { value: 2778 }
      max_enqueued_batches { value: 1000000 }
      num_batch_threads { value: 4 }
      thread_pool_name { value: 'mine' }
      pad_variable_length_inputs: true
      allowed_batch_sizes : 8
      allowed_batch_sizes : 32`;
    expect(parseBatchingParameters(text)).toEqual({
      maxBatchSize: 32, batchTimeoutMicros: 2778, maxEnqueuedBatches: 1_000_000, numBatchThreads: 4,
      threadPoolName: 'mine', padVariableLengthInputs: true, allowedBatchSizes: [8, 32],
    });
  });

  it('takes TensorFlow Serving’s defaults for what is not said', () => {
    expect(parseBatchingParameters('')).toEqual(defaultBatchingParameters());
    expect(defaultBatchingParameters()).toMatchObject({ maxBatchSize: 1000, batchTimeoutMicros: 0, maxEnqueuedBatches: 10 });
  });

  it('reads lists, colons before braces and angle brackets', () => {
    expect(parseBatchingParameters('max_batch_size: < value: 4 > allowed_batch_sizes: [1, 2, 4]')).toMatchObject({
      maxBatchSize: 4, allowedBatchSizes: [1, 2, 4],
    });
  });

  it.each([
    ['max_batch_size: 32', 'line 1: max_batch_size is not wrapped in { value: … }'],
    ['\n\nmax_batch_size { value: 0 }', 'line 3: max_batch_size is “0”'],
    ['max_batch_size { value: 1.5 }', 'max_batch_size is “1.5”'],
    ['max_batch_size { value: "8" }', 'max_batch_size is “8”'],
    ['batch_timeout_micros { value: -1 }', 'batch_timeout_micros is “-1”. Accepted: a whole number from 0'],
    ['max_batch_size { value: 8 }\nmax_batch_size { value: 9 }', 'line 2: max_batch_size is given twice'],
    ['max_batch { value: 8 }', 'line 1: no field is called max_batch. Accepted: max_batch_size'],
    ['max_batch_size { value: 8', 'line 1: found the end of the file. Accepted: a field name or }'],
    ['max_batch_size { value: 8 }\n}', 'line 2: found “}”'],
    ['pad_variable_length_inputs: maybe', 'pad_variable_length_inputs is “maybe”. Accepted: true or false'],
    ['max_batch_size { value: 8 } allowed_batch_sizes: [8, 4]', 'allowed_batch_sizes entries must be monotonically increasing'],
    ['max_batch_size { value: 32 } allowed_batch_sizes: [8]', 'Last entry in allowed_batch_sizes must match max_batch_size; last entry was 8; expected 32'],
    ['enable_large_batch_splitting { value: true }', 'enable_large_batch_splitting is not supported'],
    ['toString { value: 1 }', 'no field is called toString'],
    ['max_batch_size § 8', 'unexpected character "§"'],
  ])('refuses %j', (text, expected) => {
    expect(() => parseBatchingParameters(text)).toThrowError(expected);
  });

  it('reads back whatever was written', () => {
    fc.assert(fc.property(
      fc.record({
        maxBatchSize: fc.integer({ min: 1, max: 100_000 }), batchTimeoutMicros: fc.nat(), maxEnqueuedBatches: fc.integer({ min: 1 }),
        numBatchThreads: fc.integer({ min: 1, max: 64 }), padVariableLengthInputs: fc.boolean(),
      }),
      fc.constantFrom(' ', '\n', ' # note\n', '\t', ';'),
      (wanted, gap) => {
        const text = [
          `max_batch_size{value:${wanted.maxBatchSize}}`, `batch_timeout_micros { value: ${wanted.batchTimeoutMicros} }`,
          `max_enqueued_batches: { value: ${wanted.maxEnqueuedBatches} }`, `num_batch_threads { value: ${wanted.numBatchThreads} }`,
          `pad_variable_length_inputs: ${wanted.padVariableLengthInputs}`,
        ].join(gap);
        expect(parseBatchingParameters(text)).toMatchObject(wanted);
      },
    ), { seed: 11, numRuns: 200 });
  });

  it('never fails with anything but a typed refusal', () => {
    const piece = fc.oneof(fc.string({ maxLength: 8 }),
      fc.constantFrom('max_batch_size', 'allowed_batch_sizes', 'pad_variable_length_inputs', 'value', '{', '}', '[', ']', ':', ',', '8', 'true', '"x"', '<', '>', '\n'));
    fc.assert(fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
      try {
        const { maxBatchSize } = parseBatchingParameters(pieces.join(' '));
        expect(maxBatchSize).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(ServescapeError);
        expect((error as ServescapeError).code).toBe('bad-input');
      }
    }), { seed: 13, numRuns: 2000 });
  });

  it('refuses endless nesting without running out of stack', () => {
    expect(() => parseBatchingParameters('a { '.repeat(100_000))).toThrowError('more than 20 nested messages');
  });
});

describe('parseMonitoringConfig', () => {
  it('reads the Prometheus part', () => {
    expect(parseMonitoringConfig('prometheus_config { enable: true, path: "/metrics" }')).toEqual({ isEnabled: true, path: '/metrics' });
  });

  it('refuses other fields', () => {
    expect(() => parseMonitoringConfig('prometheus_config { enabled: true }')).toThrowError('prometheus_config.enabled');
  });
});
