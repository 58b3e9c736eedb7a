import { connect } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../main/domain/random.ts';
import { createBalancer } from '../../main/load/balancer.ts';
import { drive } from '../../main/load/drive.ts';
import { closedPacing } from '../../main/load/pacing.ts';
import { stopAfterCount } from '../../main/load/stop-rule.ts';
import { bytesField, readFields, varintField } from '../../main/modelserver/grpc-wire.ts';
import { grpcMessage, grpcPredictRequest, isPredictResponse, PREDICT_PATH } from '../../main/workloads/grpc-predict.ts';
import type { RequestTensor } from '../../main/workloads/tensor.ts';
import { DIGITS, startServer, type RunningServer } from './server-process.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer(['--model_name=digits', `--model_base_path=${DIGITS}`, '--file_system_poll_wait_seconds=0', '--enable_batching']);
});
afterAll(() => server.stop());

function image(rows: number, seed = 'digits'): RequestTensor {
  const random = createRandom(seed);
  return { name: 'images', dtype: 'DT_FLOAT', shape: [rows, 28, 28, 1], values: Float32Array.from({ length: rows * 784 }, () => Math.round(random.next() * 1000) / 1000) };
}

interface Reply {
  readonly status: string;
  readonly reason: string;
  readonly message: Buffer;
}

async function call(path: string, bytes: Buffer): Promise<Reply> {
  const session = connect(server.url);
  try {
    return await new Promise<Reply>((resolve, reject) => {
      const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });
      const pieces: Buffer[] = [];
      let status = '';
      let reason = '';
      const read = (headers: Record<string, unknown>): void => {
        status = String(headers['grpc-status'] ?? status);
        reason = decodeURIComponent(String(headers['grpc-message'] ?? reason));
      };
      stream.on('response', read);
      stream.on('trailers', read);
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('error', reject);
      stream.on('end', () => resolve({ status, reason, message: Buffer.concat(pieces).subarray(5) }));
      stream.end(bytes);
    });
  } finally {
    session.close();
  }
}

const field = (message: Buffer, ...path: number[]): Buffer =>
  path.reduce((bytes, number) => readFields(bytes).find((found) => found.number === number)!.bytes, message);
const target = (name: string): Buffer => grpcMessage(bytesField(1, bytesField(1, name)));

describe('gRPC on the REST port', () => {
  it('predicts what REST predicts', async () => {
    const tensor = image(2);
    const { status, message } = await call(PREDICT_PATH, grpcPredictRequest('digits', [tensor]));
    expect(status).toBe('0');
    expect(isPredictResponse(message, 0, message.length, 2)).toBe(true);
    expect(isPredictResponse(message, 0, message.length, 3)).toBe(false);
    const output = field(message, 1);
    expect(field(output, 1).toString()).toBe('scores');
    const content = field(output, 2, 4);
    const scores = Array.from({ length: content.length / 4 }, (_, i) => content.readFloatLE(4 * i));
    const rows = [0, 1].map((row) => Array.from({ length: 28 }, (_, y) => Array.from({ length: 28 }, (_x, x) => [(tensor.values as Float32Array)[row * 784 + y * 28 + x]!])));
    const rest = (await server.post('/v1/models/digits:predict', { instances: rows })).json.predictions!.flat();
    expect(scores).toHaveLength(20);
    scores.forEach((score, i) => expect(score).toBeCloseTo(rest[i]!, 5));
  });

  it('takes listed values, the last one standing for the rest', async () => {
    const dims = [1, 28, 28, 1].map((size) => bytesField(2, varintField(1, size)));
    const tensor = Buffer.concat([varintField(1, 1), bytesField(2, Buffer.concat(dims)), bytesField(5, Buffer.from(new Float32Array([0.5]).buffer))]);
    const message = Buffer.concat([bytesField(1, bytesField(1, 'digits')), bytesField(2, Buffer.concat([bytesField(1, 'images'), bytesField(2, tensor)]))]);
    const same = grpcPredictRequest('digits', [{ ...image(1), values: new Float32Array(784).fill(0.5) }]);
    expect((await call(PREDICT_PATH, grpcMessage(message))).message.equals((await call(PREDICT_PATH, same)).message)).toBe(true);
  });

  it('tells status and signature', async () => {
    const status = await call('/tensorflow.serving.ModelService/GetModelStatus', target('digits'));
    expect(readFields(field(status.message, 1)).slice(0, 2).map(({ value }) => Number(value))).toEqual([1, 30]);
    const metadata = await call('/tensorflow.serving.PredictionService/GetModelMetadata', target('digits'));
    expect(field(metadata.message, 1, 1).toString()).toBe('digits');
    expect(field(metadata.message, 2, 2, 2, 1, 1).toString()).toBe('serving_default');
    expect(field(metadata.message, 2, 2, 2, 1, 2, 1, 1).toString()).toBe('images');
  });

  it.each<[string, string, () => Buffer, string, RegExp]>([
    ['another model', PREDICT_PATH, () => grpcPredictRequest('cats', [image(1)]), '5', /^Servable not found for request: Latest\(cats\)$/],
    ['another signature', PREDICT_PATH, () => grpcPredictRequest('digits', [image(1)], 'odd'), '3', /^Serving signature key "odd" not found\.$/],
    ['another input', PREDICT_PATH, () => grpcPredictRequest('digits', [{ ...image(1), name: 'pictures' }]), '3', /Sent extra: \{pictures\}\. Missing but required: \{images\}\./],
    ['another shape', PREDICT_PATH, () => grpcPredictRequest('digits', [{ ...image(1), shape: [1, 784] }]), '3', /shape \[1,784\]; expected \[\?,28,28,1\]/],
    ['another type', PREDICT_PATH, () => grpcPredictRequest('digits', [{ ...image(1), dtype: 'DT_INT32' }]), '3', /has type int32; expected float/],
    ['too few values', PREDICT_PATH, () => grpcPredictRequest('digits', [{ ...image(1), shape: [2, 28, 28, 1] }]), '3', /holds 784 values; its shape needs 1568/],
    ['bytes that are no message', PREDICT_PATH, () => grpcMessage(Buffer.from([0xff, 0xff, 0xff])), '3', /could not be parsed/],
    ['half a message', PREDICT_PATH, () => grpcMessage(Buffer.from('x')).subarray(0, 3), '3', /One message was expected/],
    ['an unknown method', '/tensorflow.serving.PredictionService/Guess', () => target('digits'), '12', /not implemented/],
  ])('refuses %s', async (_, path, bytes, status, reason) => {
    const reply = await call(path, bytes());
    expect(reply.status).toBe(status);
    expect(reply.reason).toMatch(reason);
  });

  it('carries the load generator, large requests among small ones', async () => {
    const requests = [1, 1, 1, 32].map((rows) => ({ rows, bytes: grpcPredictRequest('digits', [image(rows, String(rows))]) }));
    const { trips } = await drive(
      {
        endpoints: [{ host: '127.0.0.1', port: server.port }],
        transport: { kind: 'grpc', path: PREDICT_PATH },
        concurrency: 6, pacing: closedPacing(6), timeoutMs: 10_000, excludeFirst: 0,
        balancer: createBalancer('round-robin', createRandom(1)),
        request: (issued) => requests[issued % 4]!.bytes,
        isAnswer: (body, start, end, issued) => isPredictResponse(body, start, end, requests[issued % 4]!.rows),
        stop: () => stopAfterCount(200),
      },
      { signal: new AbortController().signal },
    );
    expect([...trips.fault]).toEqual(Array(200).fill(0));
  });
});
