import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, expect, it } from 'vitest';
import { batchingFileText } from '../../main/serving/batching-file.ts';
import { KNOBS, KNOB_NAMES } from '../../main/domain/knobs.ts';
import type { ServingConfiguration } from '../../main/domain/serving-configuration.ts';
import { readSignature } from '../../main/workloads/signature.ts';
import { runToEnd, startServer, type RunningServer } from './server-process.ts';
import { writeEchoModel } from './tiny-onnx.ts';

/** Models that came without signature.json, several inputs, requests of different length. */
const folder = mkdtempSync(join(tmpdir(), 'servescape-own-'));
afterAll(() => { rmSync(folder, { recursive: true }); });
let server: RunningServer | null = null;
afterEach(async () => { await server?.stop(); });

const modelFile = (name: string): string => fileURLToPath(new URL(`../../resources/models/${name}/1/model.onnx`, import.meta.url));
const usual = Object.fromEntries(KNOB_NAMES.map((name) => [name, KNOBS[name].usual])) as unknown as ServingConfiguration;

function batching(): string[] {
  const file = join(folder, 'batching.txt');
  writeFileSync(file, batchingFileText({ ...usual, maxBatchSize: 4, batchTimeoutMicros: 2_000_000 }));
  return ['--enable_batching', `--batching_parameters_file=${file}`];
}

it('an ONNX file is served as it is: its graph says what it takes', async () => {
  server = await startServer(['--model_name=mine', `--model_base_path=${modelFile('opennmt')}`]);
  const signature = readSignature((await server.get('/v1/models/mine/metadata')).json);
  expect(signature.inputs).toEqual([{ name: 'tokens', dtype: 'DT_STRING', shape: [-1, -1] }, { name: 'length', dtype: 'DT_INT32', shape: [-1] }]);
  expect(signature.outputs.map(({ name }) => name)).toEqual(['translation', 'translation_length', 'log_probs']);
  const { status, json } = await server.post('/v1/models/mine:predict', { instances: [{ tokens: ['the', 'old', 'house'], length: 3 }] });
  expect(status).toBe(200);
  expect((json.predictions as unknown as { translation: string[][] }[])[0]!.translation[0]).toHaveLength(3);
});

it('requests of different length share a batch; each gets the answer it gets alone', async () => {
  server = await startServer(['--model_name=opennmt', `--model_base_path=${join(modelFile('opennmt'), '../..')}`, ...batching()]);
  type Prediction = { readonly tokens: string[][]; readonly length: number[] };
  const sentences = [['the', 'old', 'house', 'finds', 'a', 'garden'], ['every', 'teacher'], ['our', 'river', 'reads'], ['a', 'quiet', 'train', 'opens']];
  const ask = async (instances: readonly string[][]): Promise<readonly Prediction[]> => {
    const width = Math.max(...instances.map(({ length }) => length));
    const rows = instances.map((tokens) => ({ tokens: [...tokens, ...Array<string>(width - tokens.length).fill('')], length: tokens.length }));
    const { status, text, json } = await server!.post('/v1/models/opennmt:predict', { instances: rows });
    expect(status, text).toBe(200);
    return json.predictions as unknown as Prediction[];
  };
  const together = await Promise.all(sentences.map((tokens) => ask([tokens])));
  const page = (await server.get('/monitoring/prometheus/metrics')).text;
  expect(page).toMatch(/processed_batch_size_count\{[^}]*\} 1\n/);
  const atOnce = await ask(sentences);
  sentences.forEach((tokens, i) => {
    expect(together[i]![0]!.length).toEqual([tokens.length]);
    expect(together[i]![0]!.tokens[0]!.slice(0, tokens.length)).toEqual(atOnce[i]!.tokens[0]!.slice(0, tokens.length));
  });
});

it('a model of a fixed number of items is served without batching and says so when asked for more', async () => {
  const base = join(folder, 'fixed');
  writeEchoModel(base, 1, [{ name: 'x', dtype: 'DT_FLOAT', shape: [1, 2] }]);
  rmSync(join(base, '1', 'signature.json'));
  server = await startServer(['--model_name=fixed', `--model_base_path=${base}`, ...batching()]);
  const answers = await Promise.all([1, 2, 3].map((n) => server!.post('/v1/models/fixed:predict', { instances: [[n, n]] })));
  expect(answers.map(({ json }) => json.predictions)).toEqual([[[1, 1]], [[2, 2]], [[3, 3]]]);
  const two = await server.post('/v1/models/fixed:predict', { instances: [[1, 1], [2, 2]] });
  expect(two).toMatchObject({ status: 400, json: { error: expect.stringContaining('has shape [2,2]; the signature expects [1,2]') as string } });
});

it('a file that is no model ends the start with the engine’s words', async () => {
  const path = join(folder, 'broken.onnx');
  writeFileSync(path, 'not a model');
  const { code, log } = await runToEnd(['--model_name=m', `--model_base_path=${path}`, '--max_num_load_retries=0']);
  expect(code).toBe(255);
  expect(log).toMatch(/Failed to start server\. Error: .*(protobuf|INVALID_PROTOBUF|parsing)/i);
});
