import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSpec } from '../../../main/host/cli/spec-file.ts';

const NO_CHANGE = { trials: undefined, seed: undefined, backend: undefined };
let folder = '';
let example = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spec-file-'));
  example = await readFile(new URL('../../../resources/examples/mnist-digits.json', import.meta.url), 'utf8');
});
afterAll(() => rm(folder, { recursive: true }));

async function read(text: string) {
  const path = join(folder, 'study.json');
  await writeFile(path, text);
  return readSpec('SPEC', path, NO_CHANGE);
}

it('takes a file that an editor began with a byte order mark', async () => {
  expect(await read(`\uFEFF${example}`)).toEqual(await read(example));
});

it('keeps its sentence on one line, whatever the parser quotes', async () => {
  await expect(read('{\n  "seed": NaN\n}\n')).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(/^SPEC: “.*” is not JSON \(.*NaN.*\)\. Accepted: [^\n]*$/) as string });
  const refusal = await read('\u001b[31m\u0007').catch((error: Error) => error.message);
  expect(refusal).not.toMatch(/\p{Cc}/u);
});

it('calls a number too large to hold by its name', async () => {
  const text = example.replace(/"seed": *\d+/, '"seed": 1e400');
  expect(text).not.toBe(example);
  await expect(read(text)).rejects.toThrowError(/^seed: Infinity cannot be used\./);
});
