import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { batchingFileText, monitoringFileText } from '../../main/serving/batching-file.ts';
import { exitedAtStart, memoryToTryMb, notReady, outOfMemoryAtStart } from '../../main/serving/failure-words.ts';
import { createLogTail } from '../../main/serving/log-tail.ts';
import { tensorFlowServingFlags } from '../../main/serving/server-flags.ts';
import { observeServers, parseServerTotals } from '../../main/serving/server-metrics.ts';
import { parsePsTime } from '../../main/serving/local/process-facts.ts';
import { parseBatchingParameters } from '../../main/modelserver/batching-parameters.ts';
import { SMALL } from './fixtures/local-harness.ts';

describe('the batching file', () => {
  it('says what TensorFlow Serving reads, with whole microseconds and a queue that never refuses', () => {
    const text = batchingFileText({ ...SMALL, maxBatchSize: 32, batchTimeoutMicros: 2777.7, batchThreads: 4 });
    expect(text).toBe('max_batch_size { value: 32 }\nbatch_timeout_micros { value: 2778 }\nmax_enqueued_batches { value: 1000000 }\nnum_batch_threads { value: 4 }\npad_variable_length_inputs: true\n');
  });

  it('is understood by our own server', () => {
    expect(parseBatchingParameters(batchingFileText({ ...SMALL, batchTimeoutMicros: 0 }))).toMatchObject({ maxBatchSize: 8, batchTimeoutMicros: 0, numBatchThreads: 1 });
  });

  it('has a monitoring file beside it', () => {
    expect(monitoringFileText()).toBe('prometheus_config { enable: true, path: "/monitoring/prometheus/metrics" }\n');
  });
});

describe('flags', () => {
  const places = { modelName: 'digits', modelBasePath: '/m/digits', restPort: 0, batchingFile: '/b', monitoringFile: '/c' };

  it.each([[0.3, 1], [1, 1], [1.01, 2], [3.5, 4]])('size thread pools from a limit of %f cores: %i', (cpuCores, threads) => {
    const flags = tensorFlowServingFlags({ ...SMALL, cpuCores }, places);
    expect(flags).toContain(`--tensorflow_intra_op_parallelism=${threads}`);
    expect(flags).toContain('--max_num_load_retries=0');
    expect(flags).toContain('--enable_batching');
  });
});

describe('server metrics', () => {
  const page = (batches: number, rows: number, padded: number, micros: number): string => `# HELP x\n
:tensorflow:serving:batching_session:processed_batch_size_bucket{thread_pool_name="a",le="1"} 99
:tensorflow:serving:batching_session:processed_batch_size_sum{thread_pool_name="a"} ${rows}
:tensorflow:serving:batching_session:processed_batch_size_count{thread_pool_name="a"} ${batches}
:tensorflow:serving:batching_session:padding_size_sum{thread_pool_name="a"} ${padded}
:tensorflow:serving:batching_session:queuing_latency_sum{thread_pool_name="a"} ${micros}
:tensorflow:serving:batching_session:queuing_latency_count{thread_pool_name="a"} ${batches * 2}
`;
  const totals = (...values: [number, number, number, number]): ReturnType<typeof parseServerTotals>['batching'] => parseServerTotals(page(...values)).batching;

  it('are differences over all replicas', () => {
    const seen = observeServers([totals(10, 40, 8, 1000), totals(0, 0, 0, 0)], [totals(20, 80, 16, 41_000), totals(10, 20, 2, 20_000)]);
    expect(seen).toEqual({ meanBatchSize: (60 - 10) / 20, meanQueueMs: 60_000 / 40 / 1000, paddedShare: 10 / 60 });
  });

  it('are null when nothing ran or a reading is missing', () => {
    expect(observeServers([totals(5, 5, 0, 5)], [totals(5, 5, 0, 5)])).toBeNull();
    expect(observeServers([null], [totals(5, 5, 0, 5)])).toBeNull();
    expect(observeServers([totals(5, 5, 0, 5)], [null])).toBeNull();
  });

  it('tell throttled periods only where a server counts them', () => {
    expect(parseServerTotals(page(1, 1, 1, 1)).throttling).toBeNull();
    expect(parseServerTotals(':servescape:cpu:nr_periods{} 30\n:servescape:cpu:nr_throttled{} 12\n').throttling).toEqual({ periods: 30, throttledPeriods: 12 });
  });
});

describe('failures in words', () => {
  const scene = { replica: 2, serving: { cpuCores: 0.22, memoryMb: 64 }, log: ['loading', ''] };

  it('name the memory needed and a limit that is enough', () => {
    const error = outOfMemoryAtStart(scene, 117.2, 'evidence');
    expect(error.message).toBe('The model needs about 118 MB to start, and replica 2 may use 64 MB: it was ended for memory (evidence).');
    expect(error.details.hint).toBe('Raise the lowest memory to 144 MB.');
  });

  it('claim no number that was not measured', () => {
    expect(outOfMemoryAtStart(scene, null, 'evidence').message).toMatch(/^The model needs more than 64 MB to start/);
    expect(outOfMemoryAtStart(scene, 60, 'evidence').message).toMatch(/^The model needs more than 64 MB to start/);
  });

  it('take the CPU to try from a start that worked', () => {
    const error = notReady(scene, { waitedMs: 60_000, cpuMs: 13_100, usualCpuMs: 13_800 });
    expect(error.message).toBe('Replica 2 was not ready within 60 s. 0.22 cores are too few to load the model in that time.');
    expect(error.details.hint).toBe('Raise the lowest CPU to 0.30.');
  });

  it('do not blame the CPU when it was idle or unknown', () => {
    expect(notReady(scene, { waitedMs: 1000, cpuMs: 10, usualCpuMs: null }).message).toContain('so the CPU limit is not what held it up');
    expect(notReady(scene, { waitedMs: 1000, cpuMs: null, usualCpuMs: null }).message).toContain('It did not say why');
  });

  it('quote the last line that says something', () => {
    expect(exitedAtStart(scene, 'it left with exit code 3').message).toBe('Replica 2 ended before it was ready: it left with exit code 3. Its last line: loading');
  });

  it.each([[1, 16], [118, 144], [60, 80]])('round %i MB up to %i MB', (needed, toTry) => expect(memoryToTryMb(needed)).toBe(toTry));
});

describe('the log', () => {
  it('keeps the last 50 lines of a stream however it is cut', async () => {
    const tail = createLogTail();
    const stream = new PassThrough();
    const lines: string[] = [];
    tail.follow(stream, (line) => lines.push(line));
    const text = Buffer.from(`${Array.from({ length: 80 }, (_, i) => `line ${i} “é”`).join('\n')}\nrest`);
    for (let at = 0; at < text.length; at += 7) stream.write(text.subarray(at, at + 7));
    stream.end();
    await finished(stream);
    expect(lines).toHaveLength(81);
    expect(tail.lines()).toHaveLength(50);
    expect(tail.lines()[0]).toBe('line 31 “é”');
    expect(tail.lines().at(-1)).toBe('rest');
  });

  it('keeps no more than a line can be long', async () => {
    const tail = createLogTail();
    const stream = new PassThrough();
    tail.follow(stream);
    stream.end('x'.repeat(1_000_000));
    await finished(stream);
    expect(tail.lines()).toEqual(['x'.repeat(2000)]);
  });
});

describe('processor time as ps prints it', () => {
  it.each([['0:01.50', 1500], ['12:34', 754_000], ['1:00:00', 3_600_000], ['2-00:00:01', 172_801_000], ['soon', null]])('%s', (text, ms) => {
    expect(parsePsTime(text)).toBe(ms);
  });
});
