import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { argMax, instanceOf, labelOf } from './digits.ts';
import { DIGITS, startServer, type RunningServer } from './server-process.ts';

const PREDICT = '/v1/models/digits:predict';
let server: RunningServer;

beforeAll(async () => {
  server = await startServer(['--model_name=digits', `--model_base_path=${DIGITS}`, '--file_system_poll_wait_seconds=0']);
});
afterAll(() => server.stop());

describe('status and metadata', () => {
  it('says AVAILABLE', async () => {
    const wanted = { model_version_status: [{ version: '1', state: 'AVAILABLE', status: { error_code: 'OK', error_message: '' } }] };
    expect((await server.get('/v1/models/digits')).json).toEqual(wanted);
    expect((await server.get('/v1/models/digits/versions/1')).json).toEqual(wanted);
  });

  it('prints the signature as TensorFlow Serving does', async () => {
    const dims = (...sizes: string[]): unknown => ({ dim: sizes.map((size) => ({ size, name: '' })), unknown_rank: false });
    expect((await server.get('/v1/models/digits/metadata')).json).toEqual({
      model_spec: { name: 'digits', signature_name: '', version: '1' },
      metadata: { signature_def: { signature_def: { serving_default: {
        inputs: { images: { dtype: 'DT_FLOAT', tensor_shape: dims('-1', '28', '28', '1'), name: 'images:0' } },
        outputs: { scores: { dtype: 'DT_FLOAT', tensor_shape: dims('-1', '10'), name: 'scores:0' } },
        method_name: 'tensorflow/serving/predict',
      } } } },
    });
  });

  it.each([
    ['/v1/models/half', 404, 'Could not find any versions of model half'],
    ['/v1/models/digits/versions/7', 404, 'Could not find version 7 of model digits'],
    ['/v1/models/half/metadata', 404, 'Servable not found for request: Latest(half)'],
    ['/v1/models/digits/labels/canary', 400, 'Unrecognized servable version label: canary'],
    ['/v1/models/digits/versions/99999999999999999999', 400, 'Failed to convert version: 99999999999999999999 to numeric.'],
    ['/v1/models', 400, 'Missing model name in request.'],
    ['/v1/models/digits/nonsense', 400, 'Malformed request: GET /v1/models/digits/nonsense'],
    [PREDICT, 400, `Malformed request: GET ${PREDICT}`],
    ['/v1/models/%E0%A4%A', 400, 'Failed to decode model name'],
    ['/elsewhere', 404, 'Not found: /elsewhere'],
  ])('GET %s is refused with %d', async (path, status, message) => {
    const answer = await server.get(path);
    expect(answer.status).toBe(status);
    expect(answer.json.error).toContain(message);
  });
});

describe('predict', () => {
  it('reads digits in row form, one prediction each', async () => {
    const { status, json } = await server.post(PREDICT, { instances: [0, 1, 2].map(instanceOf) });
    expect(status).toBe(200);
    expect(json.predictions?.map(argMax)).toEqual([0, 1, 2].map(labelOf));
    expect(json.predictions?.[0]?.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 5);
  });

  it('gives the same in columnar form, with and without the input’s name, and by version', async () => {
    const rows = (await server.post(PREDICT, { instances: [instanceOf(5)] })).json.predictions;
    expect((await server.post(PREDICT, { inputs: [instanceOf(5)] })).json.outputs).toEqual(rows);
    expect((await server.post(PREDICT, { inputs: { images: [instanceOf(5)] } })).json.outputs).toEqual(rows);
    expect((await server.post(PREDICT, { instances: [{ images: instanceOf(5) }] })).json.predictions).toEqual(rows);
    expect((await server.post('/v1/models/digits/versions/1:predict', { signature_name: 'serving_default', instances: [instanceOf(5)] })).json.predictions).toEqual(rows);
  });

  it('answers 128 images at once', async () => {
    const { json } = await server.post(PREDICT, { instances: Array.from({ length: 128 }, (_, i) => instanceOf(i)) });
    const right = json.predictions?.filter((scores, i) => argMax(scores) === labelOf(i)).length;
    expect(json.predictions).toHaveLength(128);
    expect(right).toBeGreaterThan(120);
  });

  const row = [[1]];
  it.each<[string, unknown, string]>([
    ['no body', '', 'JSON Parse error: The document is empty'],
    ['broken JSON', '{"instances": [', 'JSON Parse error: '],
    ['no object', [1], 'Is not object'],
    ['neither form', {}, "Missing 'inputs' or 'instances' key"],
    ['both forms', { inputs: row, instances: row }, "expecting only one of 'inputs' or 'instances' keys to exist"],
    ['instances no list', { instances: 3 }, "Excepting 'instances' to be an list/array"],
    ['no instances', { instances: [] }, "No values in 'instances' array"],
    ['signature name no text', { signature_name: 3, instances: row }, "'signature_name' key must be a string value."],
    ['unknown signature', { signature_name: 'other', instances: row }, 'Serving signature name: "other" not found in signature def'],
    ['unknown input', { instances: [{ pictures: 1 }] }, 'Failed to process element: 0 key: pictures of \'instances\' list. Error: INVALID_ARGUMENT: JSON object: does not have named input: pictures'],
    ['missing input', { inputs: { pictures: 1 } }, "Missing named input: images in 'inputs' object."],
    ['text for a number', { instances: ['seven'] }, "Failed to process element: 0 of 'instances' list. Error: INVALID_ARGUMENT: JSON Value: \"seven\" Type: String is not of expected type: float"],
    ['b64 for a number', { instances: [{ b64: 'AAAA' }] }, 'Type: Object is not of expected type: float'],
    ['null for a number', { inputs: [null] }, 'JSON Value: null Type: Null is not of expected type: float'],
    ['too large an integer', { inputs: [16_777_217] }, 'Cannot convert JSON value: 16777217 to float without loss of precision.'],
    ['ragged rows', { instances: [[1, 2], [1]] }, 'Encountered list at unexpected size'],
    ['ragged lists', { inputs: [[1, 2], [1]] }, 'Encountered list at unexpected size: 1 at level: 1 expected size: 2'],
    ['a number where a list should be', { inputs: [[1], 2] }, 'JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2'],
    ['a list where a number should be', { inputs: [1, [2]] }, 'Encountered list at unexpected level: 1 expected < 1'],
    ['the wrong shape', { instances: [[1, 2]] }, 'Input "images" has shape [1,2]; the signature expects [-1,28,28,1]'],
    ['no rows', { inputs: [] }, 'Input "images" has shape [0]'],
  ])('refuses %s with 400', async (_, body, message) => {
    const answer = await server.post(PREDICT, body);
    expect(answer.status).toBe(400);
    // Uneven plain instances are told apart by size only, everything else by its own words.
    expect(answer.json.error).toContain(message === 'Encountered list at unexpected size' ? 'Expecting tensor size: 2 but got: 1' : message);
  });

  it('does not allocate for a list that only pretends to be large', async () => {
    const wide = Array.from({ length: 20_000 }, () => 1);
    const answer = await server.post(PREDICT, { inputs: [[wide], ...wide, ...wide] });
    expect(answer.json.error).toContain('found at incorrect level');
  });

  it.each(['classify', 'regress'])('refuses :%s for a predict signature', async (method) => {
    const answer = await server.post(`/v1/models/digits:${method}`, { examples: [{}] });
    expect(answer.status).toBe(400);
    expect(answer.json.error).toContain(`signature method_name to be tensorflow/serving/${method}. Was: tensorflow/serving/predict`);
  });

  it('knows no other model and no other version', async () => {
    expect(await server.post('/v1/models/half:predict', { instances: [1] })).toMatchObject({ status: 404, json: { error: 'Servable not found for request: Latest(half)' } });
    expect(await server.post('/v1/models/digits/versions/3:predict', { instances: [1] })).toMatchObject({ status: 404, json: { error: 'Servable not found for request: Specific(digits, 3)' } });
  });

  it('allows only GET and POST, and no endless bodies', async () => {
    const put = await fetch(`${server.url}${PREDICT}`, { method: 'PUT', body: '{}' });
    expect(put.status).toBe(405);
    expect(put.headers.get('allow')).toBe('GET, POST');
    const status = await new Promise((resolve, reject) => {
      const huge = request(`${server.url}${PREDICT}`, { method: 'POST', headers: { 'Content-Length': 10 ** 9 } }, (response) => { resolve(response.statusCode); huge.destroy(); });
      huge.on('error', reject).flushHeaders();
    });
    expect(status).toBe(413);
  });

  it('keeps a connection open over many requests', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    for (let i = 0; i < 5; i += 1) {
      await new Promise<void>((resolve, reject) => {
        request(`${server.url}/v1/models/digits`, { agent }, (response) => {
          ports.add(response.socket.localPort);
          response.resume().on('end', resolve);
        }).on('error', reject).end();
      });
    }
    agent.destroy();
    expect(ports.size).toBe(1);
  });
});

describe('metrics', () => {
  it('counts requests and their latency under TensorFlow Serving’s names', async () => {
    const count = async (status: string): Promise<number> => {
      const { text } = await server.get('/monitoring/prometheus/metrics');
      return Number(new RegExp(`^:tensorflow:serving:request_count\\{model_name="digits",status="${status}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
    };
    const before = { ok: await count('OK'), refused: await count('INVALID_ARGUMENT') };
    await server.post(PREDICT, { instances: [instanceOf(0)] });
    await server.post(PREDICT, {});
    expect(await count('OK')).toBe(before.ok + 1);
    expect(await count('INVALID_ARGUMENT')).toBe(before.refused + 1);
  });

  it('writes histograms whose buckets add up', async () => {
    const { text } = await server.get('/monitoring/prometheus/metrics');
    for (const name of ['request_latency', 'runtime_latency', 'batching_session:queuing_latency', 'batching_session:processed_batch_size', 'batching_session:input_batch_size', 'batching_session:padding_size']) {
      const full = `:tensorflow:serving:${name}`;
      const values = [...text.matchAll(new RegExp(`^${full}_bucket\\{.*le="([^"]+)"\\} (\\d+)$`, 'gm'))].map(([, , value]) => Number(value));
      expect(text).toContain(`# TYPE ${full} histogram`);
      expect(values).toEqual(values.toSorted((a, b) => a - b));
      expect(Number(new RegExp(`^${full}_count\\{.*\\} (\\d+)$`, 'm').exec(text)?.[1])).toBe(values.at(-1));
      expect(text).toMatch(new RegExp(`^${full}_sum\\{.*\\} [\\d.]+$`, 'm'));
    }
  });
});
