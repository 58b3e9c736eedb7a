import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { ServescapeError } from '../domain/errors.ts';
import { KNOBS } from '../domain/knobs.ts';
import { replicaCapacity, type Capacity } from '../domain/machine.ts';
import type { ModelSpec, StudySpec } from '../domain/study-spec.ts';
import { WORKLOADS } from '../domain/workload-facts.ts';
import type { ServingConfiguration } from '../domain/serving-configuration.ts';
import type { FileCheck, ModelCheck, TriedRequest } from '../contract/values.ts';
import { checkModelFolder, findModelFolder } from '../serving/docker/model-folder.ts';
import { isBundledImage } from '../serving/docker/server-image.ts';
import { findModel, type ModelPlace, type ModelPlaces } from '../serving/local/model-folder.ts';
import type { LabFor, MachineFacts } from '../study/ports.ts';
import { askSignature, describeTensor } from '../workloads/signature.ts';
import { signatureWorkload, type SignatureWorkload } from '../workloads/signature-workload.ts';
import { openData, type DataPlaces } from '../workloads/workloads.ts';
import { shortJson } from './short-json.ts';

export interface ModelRoomOptions {
  readonly labFor: LabFor;
  readonly machineFor: (spec: StudySpec) => MachineFacts;
  readonly places: ModelPlaces & DataPlaces;
}

/** Looks at a study's model and data before anything is measured. */
export interface ModelRoom {
  /** Reads the files, starts nothing. */
  check(spec: StudySpec): Promise<ModelCheck>;
  /** Starts one replica, sends one request, shows what came back, and ends the replica. @throws ServescapeError */
  tryOne(spec: StudySpec, signal: AbortSignal): Promise<TriedRequest>;
}

const MEMORY_MB = 2000;
/** The first request to a fresh replica is slow; the last of these says what to expect. */
const REQUESTS = 3;

export function createModelRoom({ labFor, machineFor, places }: ModelRoomOptions): ModelRoom {
  return {
    check: async (spec) => ({
      model: await checked(() => describeModel(spec, places), ownFolder(places.ownModelRoot, spec)),
      data: await checked(() => describeData(spec.model, places), ownFolder(places.ownDataRoot, spec)),
    }),
    tryOne: async (spec, signal) => {
      if (spec.backend.kind === 'simulated') {
        throw new ServescapeError('unsupported', 'The simulated lab has no model to ask.', { hint: 'Let the replicas run on the built-in server.' });
      }
      const { words: dataWords } = await describeData(spec.model, places);
      const modelWords = (await describeModel(spec, places)).words;
      const lab = labFor(spec);
      try {
        const deployment = await lab.backend.deploy({
          serving: roomy(spec, replicaCapacity(await machineFor(spec).read())), model: spec.model, readyTimeoutMs: spec.measurement.readyTimeoutMs,
          labels: { project: 'try', study: 'try', trial: 1 }, signal, onReplica: () => undefined,
        });
        try {
          return { model: modelWords, data: dataWords, ...(await askOnce(spec, deployment.endpoints[0]!, places, signal)) };
        } finally {
          await deployment.release({ reusable: false });
        }
      } finally {
        await lab.backend.close();
        await lab.load.close();
      }
    },
  };
}

async function askOnce(
  spec: StudySpec, endpoint: { readonly host: string; readonly port: number }, places: DataPlaces, signal: AbortSignal,
): Promise<Omit<TriedRequest, 'model' | 'data'>> {
  const { model, environment } = spec;
  const [signature, data] = await Promise.all([askSignature(endpoint, model.workload, signal), openData(model, places)]);
  const workload = signatureWorkload({ modelName: model.workload, data, signature, form: model.form ?? 'row' });
  const pool = workload.encode({ requestBatchSize: environment.requestBatchSize, inputs: 'unique', seed: String(spec.seed), count: 1 });
  const bytes = pool.bytes(0);
  const body = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
  const path = `/v1/models/${encodeURIComponent(model.workload)}:predict`;
  const timesMs: number[] = [];
  let answer = await post(endpoint, path, body, spec.measurement.timeoutMs, signal);
  timesMs.push(answer.ms);
  for (let i = 1; i < REQUESTS && answer.status === 200; i++) timesMs.push((answer = await post(endpoint, path, body, spec.measurement.timeoutMs, signal)).ms);
  return {
    takes: signature.inputs.map(describeTensor), gives: signature.outputs.map(describeTensor), signatureName: signature.signatureName,
    encoder: workload.encoder.words, notes: workload.encoder.notes, width: pool.width(0),
    request: `POST ${path}\n${shortJson(body.toString('utf8'))}`, requestBytes: body.length,
    answer: shortJson(answer.body.toString('utf8')), answerBytes: answer.body.length, status: answer.status,
    firstMs: timesMs[0]!, laterMs: timesMs.length > 1 ? timesMs.at(-1)! : null,
    problem: problemOf(answer, workload, environment.requestBatchSize),
  };
}

function problemOf({ status, body }: Answer, workload: SignatureWorkload, items: number): string | null {
  if (status !== 200) return `The server refused the request with status ${status}. Its words stand in the answer.`;
  if (!workload.isAnswer(body, 0, body.length, items)) return `The answer does not hold one entry for each of the ${items} items of the request.`;
  return null;
}

function roomy(spec: StudySpec, capacity: Capacity): ServingConfiguration {
  return {
    replicas: 1, cpuCores: Math.min(1, capacity.cores), memoryMb: Math.min(MEMORY_MB, capacity.memoryMb),
    maxBatchSize: Math.max(KNOBS.maxBatchSize.usual, spec.environment.requestBatchSize), batchTimeoutMicros: 0, batchThreads: 1,
    gpuClockMhz: KNOBS.gpuClockMhz.usual,
  };
}

type Described = Pick<FileCheck, 'words' | 'from'>;

/** @throws ServescapeError that says what is missing or wrong */
async function describeModel({ backend, model }: StudySpec, places: ModelPlaces): Promise<Described> {
  const { bundledModel } = WORKLOADS[model.workload];
  if (backend.kind === 'simulated') return { words: 'formulas in virtual time', from: 'bundled' };
  if (backend.kind === 'local') return described(findModel(model, places), 'ONNX', bundledModel);
  const place = findModelFolder(backend, model, places);
  const format = isBundledImage(backend.image) ? 'onnx' : 'saved-model';
  checkModelFolder(place.basePath, format);
  return described(place, format === 'onnx' ? 'ONNX' : 'SavedModel', bundledModel);
}

function described({ basePath, from }: ModelPlace, format: string, bundledModel: string | null): Described {
  return { words: from === 'bundled' ? bundledModel ?? '' : `your ${format} model, ${basePath}`, from };
}

async function describeData(model: ModelSpec, places: DataPlaces): Promise<Described> {
  const { words, place } = await openData(model, places);
  return { words: place.from === 'bundled' ? `${words}; ${WORKLOADS[model.workload].bundledData}` : `${words}; yours, ${place.path}`, from: place.from };
}

function ownFolder(root: string | null, { model, backend }: StudySpec): string | null {
  return root === null || model.workload === 'own' || backend.kind === 'simulated' ? null : join(root, model.workload);
}

async function checked(look: () => Promise<Described>, ownFolder: string | null): Promise<FileCheck> {
  try {
    return { ...(await look()), ownFolder, problem: null };
  } catch (error) {
    if (!(error instanceof ServescapeError)) throw error;
    return { words: '', from: null, ownFolder, problem: { message: error.message, hint: error.details.hint ?? '' } };
  }
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly ms: number;
}

const ANSWER_BYTES_MAX = 64 * 2 ** 20;

function post({ host, port }: { readonly host: string; readonly port: number }, path: string, body: Buffer, timeoutMs: number, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    const request = httpRequest({ host, port, path, method: 'POST', agent: false, signal, timeout: timeoutMs, headers: { 'Content-Type': 'application/json', 'Content-Length': body.length } }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > ANSWER_BYTES_MAX) request.destroy(new ServescapeError('no-answers', 'The answer is larger than 64 MB.'));
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks), ms: performance.now() - startMs }));
    });
    request.on('timeout', () => request.destroy(new ServescapeError('tcp-timeout', `The server did not answer one request within ${timeoutMs / 1000} s.`, { hint: 'Give up later, or use a smaller model.' })));
    request.on('error', reject);
    request.end(body);
  });
}
