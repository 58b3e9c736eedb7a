import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WORKLOADS } from '../../main/domain/workload-facts.ts';
import { isExample, listExamples } from '../../main/host/examples.ts';
import { shortJson } from '../../main/host/short-json.ts';
import { listTemplates } from '../../main/host/templates.ts';
import { openProjectFile } from '../../main/project/project-file.ts';
import { TABLE_1 } from '../../resources/examples/build-table-1.ts';

const resources = resolve(import.meta.dirname, '../../resources');
const specOf = async (id: string) => (await listTemplates(resources, () => 60)).find((template) => template.id === id)!.spec;

describe('templates of the source report', () => {
  it('GAN on SVHN: N, C and M as in its equation 2, 3,413 requests, 25 random and 25 chosen points', async () => {
    const spec = await specOf('gan-svhn');
    expect(spec.space).toMatchObject([{ name: 'replicas', low: 1, high: 8 }, { name: 'cpuCores', low: 0.3, high: 0.85 }, { name: 'memoryMb', low: 500, high: 800 }]);
    expect(spec.measurement).toMatchObject({ requests: { kind: 'fixed', count: 3413 }, excludeFirst: 2 });
    expect(spec.sampler).toMatchObject({ kind: 'bayes', startupTrials: 25 });
    expect(spec.budget.trials).toBe(50);
  });
  it('OpenNMT: batching, replicas, CPU and memory as in its section 5.2, concurrency 5, batches of 4', async () => {
    const spec = await specOf('opennmt');
    expect(spec.space).toMatchObject([
      { name: 'maxBatchSize', values: [4, 8, 16, 32, 64, 128] }, { name: 'batchTimeoutMicros', low: 100, high: 10_000 }, { name: 'replicas', low: 1, high: 20 },
      { name: 'cpuCores', low: 0.2, high: 0.6 }, { name: 'memoryMb', low: 1000, high: 10_000 },
    ]);
    expect(spec.environment).toMatchObject({ concurrency: 5, requestBatchSize: 4 });
    expect(spec.budget.rounds).toEqual({ trials: 5, unchanged: 1 });
  });
  it('each has a model and data that come along, in a folder of its name', async () => {
    for (const { spec } of await listTemplates(resources, () => 60)) {
      const { workload } = spec.model;
      expect(existsSync(join(resources, 'models', workload, '1', 'model.onnx')), workload).toBe(true);
      expect(existsSync(join(resources, 'data', workload)), workload).toBe(true);
      expect(WORKLOADS[workload].bundledModel).not.toBeNull();
    }
  });
});

it('stand-ins are small', () => {
  for (const name of ['gan-svhn', 'resnet-cifar10', 'opennmt', 'deepspeech']) {
    expect(readFileSync(join(resources, 'models', name, '1', 'model.onnx')).length, name).toBeLessThan(3e6);
  }
});

it('Table 1 of the report is an example that opens read-only with its nine rows', async () => {
  const { path, title } = (await listExamples(resources))[0]!;
  expect(title).toBe('Table 1 of the report');
  expect(isExample(resources, path)).toBe(true);
  expect(isExample(resources, join(resources, 'templates', 'x.servescape'))).toBe(false);
  const file = openProjectFile(path, { readOnly: true });
  const rows = file.studies().flatMap(({ id }) => {
    const { spec, trials } = file.study(id);
    return trials.map(({ configuration: c, value }) => [spec.environment.concurrency, spec.environment.requestBatchSize, c['maxBatchSize'], c['batchTimeoutMicros'], c['replicas'], c['cpuCores'], c['memoryMb'], c['gpuClockMhz'], value]);
  });
  expect(rows).toEqual(TABLE_1.map((row) => [...row]));
  expect(file.readOnly).toBe('It was opened to look at only.');
  file.close();
});

it('long answers are shortened for reading, and it says by how much', () => {
  expect(shortJson('{"predictions": [[1,2,3,4,5,6], "x"]}')).toBe('{\n  "predictions": [[1, 2, 3, 4, … 2 more], "x"]\n}');
  expect(shortJson('NaN here')).toBe('NaN here');
  expect(shortJson('x'.repeat(700))).toMatch(/ … 100 more characters$/);
});
