import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { argMax, instanceOf, labelOf } from './digits.ts';
import { DIGITS, runToEnd, startServer, type RunningServer } from './server-process.ts';
import { writeEchoModel } from './tiny-onnx.ts';

const FOREVER_MICROS = 3_600_000_000;
const folder = mkdtempSync(join(tmpdir(), 'servescape-batching-'));
afterAll(() => { rmSync(folder, { recursive: true }); });

function batchingFile(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return `--batching_parameters_file=${path}`;
}

/** The number a metric's `_sum` or `_count` stands at. */
async function metric(server: RunningServer, name: string): Promise<number> {
  const { text } = await server.get('/monitoring/prometheus/metrics');
  return Number(new RegExp(`^:tensorflow:serving:batching_session:${name}\\{.*\\} (\\S+)$`, 'm').exec(text)?.[1]);
}

describe('digits in batches of three, padded to four, with an endless timeout', () => {
  const PREDICT = '/v1/models/digits:predict';
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer(['--model_name=digits', `--model_base_path=${DIGITS}`, '--enable_batching', batchingFile('digits.txt', `
      max_batch_size { value: 4 }
      batch_timeout_micros { value: ${FOREVER_MICROS} }
      max_enqueued_batches { value: 1 }
      num_batch_threads { value: 1 }
      allowed_batch_sizes: 4`)]);
  });
  afterAll(() => server.stop());

  it('joins concurrent requests and gives each its own rows', async () => {
    const sizes = [1, 2, 1];
    const answers = await Promise.all(sizes.map((size, i) =>
      server.post(PREDICT, { instances: Array.from({ length: size }, (_, j) => instanceOf(10 * i + j)) })));
    answers.forEach(({ json }, i) => {
      expect(json.predictions?.map(argMax)).toEqual(Array.from({ length: sizes[i] ?? 0 }, (_, j) => labelOf(10 * i + j)));
    });
    expect(await metric(server, 'processed_batch_size_count')).toBe(1);
    expect(await metric(server, 'processed_batch_size_sum')).toBe(4);
    expect(await metric(server, 'input_batch_size_count')).toBe(3);
    expect(await metric(server, 'queuing_latency_count')).toBe(3);
    expect(await metric(server, 'padding_size_sum')).toBe(0);
  });

  it('refuses a request larger than any batch with 400', async () => {
    const answer = await server.post(PREDICT, { instances: Array.from({ length: 5 }, () => instanceOf(0)) });
    expect(answer).toMatchObject({ status: 400, json: { error: 'Task size 5 is larger than maximum input batch size 4' } });
  });

  it('refuses with 503 what the queue cannot hold, and serves what waits once its batch is full', async () => {
    const before = await metric(server, 'input_batch_size_count');
    const waiting = server.post(PREDICT, { instances: [instanceOf(0)] });
    await expect.poll(() => metric(server, 'input_batch_size_count')).toBe(before + 1);
    const refused = await server.post(PREDICT, { instances: [0, 1, 2, 3].map(instanceOf) });
    expect(refused).toMatchObject({ status: 503, json: { error: 'The batch scheduling queue to which this task was submitted is full' } });
    const filling = await server.post(PREDICT, { instances: [1, 2, 3].map(instanceOf) });
    expect(filling.json.predictions?.map(argMax)).toEqual([1, 2, 3].map(labelOf));
    expect((await waiting).json.predictions?.map(argMax)).toEqual([labelOf(0)]);
  });
});

describe('padding', () => {
  let server: RunningServer;
  beforeAll(async () => {
    writeEchoModel(join(folder, 'echo'), 1, [{ name: 'tokens', dtype: 'DT_INT64', shape: [-1, -1] }, { name: 'text_bytes', output: 'copy_bytes', dtype: 'DT_STRING', shape: [-1] }]);
    server = await startServer(['--model_name=echo', `--model_base_path=${join(folder, 'echo')}`, '--enable_batching', batchingFile('echo.txt', `
      max_batch_size { value: 2 }
      batch_timeout_micros { value: ${FOREVER_MICROS} }
      num_batch_threads { value: 1 }
      pad_variable_length_inputs: true`)]);
  });
  afterAll(() => server.stop());

  it('pads shorter sentences with zeros to the longest of the batch', async () => {
    const ask = (tokens: number[], text: unknown): Promise<{ json: object }> =>
      server.post('/v1/models/echo:predict', { instances: [{ tokens, text_bytes: text }] });
    const [short, long] = await Promise.all([ask([1, 2], 'plain'), ask([3, 4, 5, 6], { b64: Buffer.from('größer').toString('base64') })]);
    expect(short.json).toEqual({ predictions: [{ tokens_out: [1, 2, 0, 0], copy_bytes: { b64: Buffer.from('plain').toString('base64') } }] });
    expect(long.json).toEqual({ predictions: [{ tokens_out: [3, 4, 5, 6], copy_bytes: { b64: Buffer.from('größer').toString('base64') } }] });
  });

  it.each<[unknown, string]>([
    [{ instances: [[1]] }, 'instances is a plain list, but expecting list of objects as multiple input tensors required as per tensorinfo_map'],
    [{ inputs: [[1]] }, 'inputs is a plain value/list, but expecting an object as multiple input tensors required as per tensorinfo_map'],
    [{ instances: [{ tokens: [1] }] }, 'keys must be equal to: text_bytes,tokens'],
    [{ instances: [{ tokens: [1], text_bytes: { b64: '§' } }] }, 'Unable to base64 decode'],
    [{ instances: [{ tokens: [1.5], text_bytes: 'a' }] }, 'JSON Value: 1.5 Type: Number is not of expected type: int64'],
    [{ instances: [{ tokens: [1], text_bytes: 'a' }, [1]] }, 'Expecting object but got list at item 1 of input list'],
    [{ inputs: { tokens: [[1], [2]], text_bytes: ['a'] } }, 'Batching session Run() input tensors must have equal 0th-dimension size'],
  ])('refuses %j', async (body, message) => {
    const answer = await server.post('/v1/models/echo:predict', body);
    expect(answer.status).toBe(400);
    expect(answer.json.error).toContain(message);
  });
});

it('fails a whole batch of unlike shapes when padding is off', async () => {
  writeEchoModel(join(folder, 'unlike'), 1, [{ name: 'x', dtype: 'DT_FLOAT', shape: [-1, -1] }]);
  const server = await startServer(['--model_name=unlike', `--model_base_path=${join(folder, 'unlike')}`, '--enable_batching=true',
    batchingFile('unlike.txt', `max_batch_size { value: 2 } batch_timeout_micros { value: ${FOREVER_MICROS} }`)]);
  try {
    const answers = await Promise.all([[1], [1, 2]].map((x) => server.post('/v1/models/unlike:predict', { instances: [x] })));
    for (const { status, json } of answers) {
      expect(status).toBe(400);
      expect(json.error).toContain("Tensors with name 'x:0' from different tasks have different shapes and padding is turned off. Set pad_variable_length_inputs to true");
    }
    expect((await server.post('/v1/models/unlike:predict', { instances: [[1.5, -0.1], [1e30, 3]] })).text).toContain('[1.5, -0.1], [1e+30, 3.0]');
  } finally {
    await server.stop();
  }
});

it('answers 504 when a batch does not come in time', async () => {
  const server = await startServer(['--model_name=digits', `--model_base_path=${DIGITS}`, '--enable_batching', '--rest_api_timeout_in_ms=50',
    batchingFile('late.txt', `batch_timeout_micros { value: ${FOREVER_MICROS} }`)]);
  try {
    expect(await server.post('/v1/models/digits:predict', { instances: [instanceOf(0)] })).toMatchObject({
      status: 504, json: { error: 'Timed out waiting for notification' },
    });
  } finally {
    await server.stop();
  }
});

it('does not start with a batching file it cannot read, and says where it is wrong', async () => {
  const broken = batchingFile('broken.txt', 'max_batch_size { value: 8 }\nnum_batch_threads: 4');
  const { code, log } = await runToEnd(['--model_name=digits', `--model_base_path=${DIGITS}`, '--enable_batching', broken]);
  expect(code).toBe(255);
  expect(log).toContain('Failed to start server. Error: batching parameters, line 2: num_batch_threads is not wrapped in { value: … }');
});
