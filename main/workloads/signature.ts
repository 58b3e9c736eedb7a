import { get } from 'node:http';
import { z } from 'zod';
import { ServescapeError } from '../domain/errors.ts';

/** One named input or output. `shape` −1: any size; null: any rank. */
export interface SignatureTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[] | null;
}

/** What the server says its model takes and gives. */
export interface ModelSignature {
  readonly signatureName: string;
  readonly inputs: readonly SignatureTensor[];
  readonly outputs: readonly SignatureTensor[];
}

const tensorInfo = z.object({
  dtype: z.string(),
  tensor_shape: z.object({
    dim: z.array(z.object({ size: z.coerce.number() })).default([]),
    unknown_rank: z.boolean().default(false),
  }).default({ dim: [], unknown_rank: false }),
});
const signatureDef = z.object({
  inputs: z.record(z.string(), tensorInfo).default({}),
  outputs: z.record(z.string(), tensorInfo).default({}),
  method_name: z.string().default(''),
});
const metadata = z.object({ metadata: z.object({ signature_def: z.object({ signature_def: z.record(z.string(), signatureDef) }) }) });

/**
 * Reads the answer of `GET /v1/models/NAME/metadata`. `serving_default` where there is one, else the first signature for
 * prediction, as exports that name theirs `predict_images` have.
 * @throws ServescapeError `model-unusable`
 */
export function readSignature(document: unknown): ModelSignature {
  const parsed = metadata.safeParse(document);
  if (!parsed.success) throw noSignature('The server’s description of its model cannot be read.');
  const all = Object.entries(parsed.data.metadata.signature_def.signature_def).filter(([, { inputs, outputs }]) => Object.keys(inputs).length > 0 && Object.keys(outputs).length > 0);
  const chosen = all.find(([name]) => name === 'serving_default') ?? all.find(([, { method_name }]) => method_name.endsWith('/predict')) ?? all[0];
  if (chosen === undefined) throw noSignature('The model has no signature with inputs and outputs.');
  const [signatureName, { inputs, outputs }] = chosen;
  return { signatureName, inputs: tensors(inputs), outputs: tensors(outputs) };
}

function tensors(infos: Readonly<Record<string, z.infer<typeof tensorInfo>>>): readonly SignatureTensor[] {
  return Object.entries(infos).map(([name, { dtype, tensor_shape }]) => ({
    name, dtype, shape: tensor_shape.unknown_rank ? null : tensor_shape.dim.map(({ size }) => size),
  }));
}

function noSignature(message: string): ServescapeError {
  return new ServescapeError('model-unusable', message, { hint: 'Export it with a serving signature.' });
}

/** "images: float [any, 32, 32, 3]" */
export function describeTensor({ name, dtype, shape }: SignatureTensor): string {
  const sizes = shape === null ? 'any shape' : `[${shape.map((size) => (size < 0 ? 'any' : size)).join(', ')}]`;
  return `${name}: ${dtype.replace(/^DT_/, '').toLowerCase()} ${sizes}`;
}

const ATTEMPTS = 5;
const TIMEOUT_MS = 10_000;
const BYTES_MAX = 4 * 2 ** 20;

/** Asks a server that is ready. A connection that breaks, as an impaired network does, is asked again. */
export async function askSignature(endpoint: { readonly host: string; readonly port: number }, modelName: string, signal?: AbortSignal): Promise<ModelSignature> {
  let last: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    signal?.throwIfAborted();
    try {
      return readSignature(await getJson(endpoint, `/v1/models/${encodeURIComponent(modelName)}/metadata`, signal));
    } catch (error) {
      if (error instanceof ServescapeError) throw error;
      last = error;
    }
  }
  signal?.throwIfAborted();
  throw new ServescapeError('no-answers', `The replica did not say what its model takes: ${last instanceof Error ? last.message : String(last)}.`, {
    cause: last, hint: 'Read the replica’s log.',
  });
}

function getJson({ host, port }: { readonly host: string; readonly port: number }, path: string, signal?: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = get({ host, port, path, timeout: TIMEOUT_MS, agent: false, ...(signal && { signal }) }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > BYTES_MAX) request.destroy(new Error('the description is too long'));
      });
      response.on('error', reject);
      response.on('end', () => {
        try {
          if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
          resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')));
        } catch (error) {
          reject(error as Error);
        }
      });
    });
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', reject);
  });
}
