import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from 'jpeg-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeJpegs } from '../../main/modelserver/decode-jpeg.ts';
import { bytesAsText } from '../../main/modelserver/tensor.ts';
import { grpcPredictRequest, isPredictResponse, PREDICT_PATH } from '../../main/workloads/grpc-predict.ts';
import { openDataSet } from '../../main/workloads/readers/open-data-set.ts';
import { readSignature } from '../../main/workloads/signature.ts';
import { signatureWorkload } from '../../main/workloads/signature-workload.ts';
import { runToEnd, startServer, type RunningServer } from './server-process.ts';
import { writeEchoModel } from './tiny-onnx.ts';

const resource = (path: string): string => fileURLToPath(new URL(`../../resources/${path}`, import.meta.url));
const GRAPH = { name: 'images', isTensor: true, type: 'float32', shape: ['batch', 32, 32, 3] };

/** A picture of one colour with a darker lower half. */
function jpeg(colour: readonly [number, number, number], height = 32, width = 32): Buffer {
  const data = Buffer.alloc(height * width * 4, 255);
  for (let i = 0; i < height * width; i++) colour.forEach((value, c) => { data[i * 4 + c] = i < (height * width) / 2 ? value : value / 2; });
  return Buffer.from(encode({ width, height, data }, 95).data);
}

describe('JPEG files as pixels', () => {
  const decoded = (files: readonly Buffer[], graph = GRAPH) => decodeJpegs({ dtype: 'DT_STRING', shape: [files.length], data: files.map(bytesAsText) }, graph);

  it('are floats from 0 to 1 in the graph’s size, each picture in its row', () => {
    const { shape, data } = decoded([jpeg([240, 40, 40]), jpeg([40, 40, 240], 64, 48)]);
    expect(shape).toEqual([2, 32, 32, 3]);
    const pixel = (picture: number, row: number): number[] => Array.from((data as Float32Array).slice(((picture * 32 + row) * 32 + 16) * 3, ((picture * 32 + row) * 32 + 17) * 3));
    for (const [picture, row, colour] of [[0, 4, [240, 40, 40]], [0, 28, [120, 20, 20]], [1, 4, [40, 40, 240]]] as const) {
      pixel(picture, row).forEach((value, c) => expect(Math.abs(value * 255 - colour[c]!)).toBeLessThan(12));
    }
  });
  it('are grey for a graph of one channel, and keep their size where the graph leaves it open', () => {
    expect(decoded([jpeg([90, 90, 90], 10, 20)], { ...GRAPH, shape: ['n', 'h', 'w', 1] }).shape).toEqual([1, 10, 20, 1]);
  });
  it.each([['empty', Buffer.alloc(0)], ['text', Buffer.from('hello')], ['cut', jpeg([9, 9, 9]).subarray(0, 300)]])('refuses %s', (_, bytes) => {
    expect(() => decoded([bytes])).toThrow(`Invalid JPEG data or crop window, data size ${bytes.length}`);
  });
});

describe('the residual network takes JPEG bytes, as the official SavedModel does', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer(['--model_name=resnet-cifar10', `--model_base_path=${resource('models/resnet-cifar10')}`, '--enable_batching']);
  });
  afterAll(() => server.stop());
  const b64 = (bytes: Buffer): { b64: string } => ({ b64: bytes.toString('base64') });
  const predict = (body: unknown) => server.post('/v1/models/resnet-cifar10:predict', body);

  it('names its inputs and outputs like it', async () => {
    const { inputs, outputs } = readSignature((await server.get('/v1/models/resnet-cifar10/metadata')).json);
    expect(inputs).toEqual([{ name: 'image_bytes', dtype: 'DT_STRING', shape: [-1] }]);
    expect(outputs.map(({ name }) => name)).toEqual(['classes', 'probabilities']);
  });

  it('answers rows, named rows, columns and gRPC alike', async () => {
    const files = [jpeg([240, 40, 40]), jpeg([40, 240, 40])];
    const plain = await predict({ instances: files.map(b64) });
    expect(plain.status, plain.text).toBe(200);
    const rows = plain.json.predictions as unknown as { classes: number; probabilities: number[] }[];
    expect(rows.map(({ probabilities }) => probabilities.length)).toEqual([10, 10]);
    rows.forEach(({ classes, probabilities }) => expect(probabilities[classes]).toBe(Math.max(...probabilities)));
    expect(rows[0]).not.toEqual(rows[1]);
    expect((await predict({ instances: files.map((file) => ({ image_bytes: b64(file) })) })).json.predictions).toEqual(rows);
    expect((await predict({ inputs: files.map(b64) })).json.outputs).toEqual({ classes: rows.map(({ classes }) => classes), probabilities: rows.map(({ probabilities }) => probabilities) });

    const bytes = await new Promise<Buffer>((resolve, reject) => {
      const session = connect(server.url);
      const stream = session.request({ ':method': 'POST', ':path': PREDICT_PATH, 'content-type': 'application/grpc', te: 'trailers' });
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece)).on('error', reject).on('end', () => { session.close(); resolve(Buffer.concat(pieces).subarray(5)); });
      stream.end(grpcPredictRequest('resnet-cifar10', [{ name: 'image_bytes', dtype: 'DT_STRING', shape: [2], values: files }]));
    });
    expect(isPredictResponse(bytes, 0, bytes.length, 2)).toBe(true);
  });

  it('refuses what is no JPEG in TensorFlow’s words', async () => {
    expect(await predict({ instances: [{ b64: Buffer.from('no picture').toString('base64') }] }))
      .toMatchObject({ status: 400, json: { error: 'Invalid JPEG data or crop window, data size 10' } });
    expect((await predict({ instances: [{ b64: '***' }] })).json.error).toContain('Unable to base64 decode');
    expect((await predict({ instances: [[1, 2]] })).status).toBe(400);
  });

  it('gets the bundled pictures packed as JPEG by its signature alone', async () => {
    const data = await openDataSet(resource('data/resnet-cifar10'), 20);
    const workload = signatureWorkload({ modelName: 'resnet-cifar10', data, signature: readSignature((await server.get('/v1/models/resnet-cifar10/metadata')).json), form: 'row' });
    expect(workload.encoder.words).toBe('JPEG bytes');
    const bytes = workload.encode({ requestBatchSize: 4, inputs: 'unique', seed: 'jpeg', count: 1 }).bytes(0);
    const answer = await predict(bytes.subarray(bytes.indexOf('\r\n\r\n') + 4).toString('utf8'));
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json.predictions).toHaveLength(4);
  });
});

it('a signature that decodes into what takes no pixels ends the start with the reason', async () => {
  const base = mkdtempSync(join(tmpdir(), 'servescape-jpeg-'));
  try {
    writeEchoModel(base, 1, [{ name: 'x', dtype: 'DT_FLOAT', shape: [-1, 2] }]);
    const file = join(base, '1', 'signature.json');
    const signature = JSON.parse(readFileSync(file, 'utf8')) as { signatures: { serving_default: { inputs: Record<string, unknown> } } };
    signature.signatures.serving_default.inputs['x'] = { dtype: 'DT_STRING', shape: [-1], tensorName: 'x', decode: 'jpeg' };
    writeFileSync(file, JSON.stringify(signature));
    const { code, log } = await runToEnd(['--model_name=m', `--model_base_path=${base}`, '--max_num_load_retries=0']);
    expect(code).toBe(255);
    expect(log).toContain('has JPEG files decoded for “x”, which is a tensor of type float32 with 2 dimensions');
  } finally {
    rmSync(base, { recursive: true });
  }
});
