import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Client } from '../../contract/client.ts';
import type { TriedRequest } from '../../contract/values.ts';
import { badInput } from '../../domain/errors.ts';
import { formatCount } from '../../domain/format.ts';
import { backendKindSchema, type StudySpec } from '../../domain/study-spec.ts';
import type { Command } from '../cli.ts';
import { oneOf, parseCommandLine } from './arguments.ts';
import { withProgram } from './program.ts';
import { overrideSpec, readSpec } from './spec-file.ts';
import { watchToEnd } from './watch-stream.ts';

export const TRY: Command = {
  usage: `try SPEC|TEMPLATE [--model PATH] [--data PATH] [--backend local|docker|swarm] [--json]
  Starts one replica, sends one request of the study, and shows the request and the answer. Nothing is saved.
  --model PATH    your model instead of the study's: an ONNX file, or a folder with numbered versions
  --data PATH     your data instead of the study's: a file or a folder
  --backend KIND  where the replica runs
  --json          one JSON document`,
  run: runTry,
};

async function runTry(args: readonly string[], entryUrl: string): Promise<number> {
  const { values, positionals } = parseCommandLine(
    args, { model: { type: 'string' }, data: { type: 'string' }, backend: { type: 'string' }, json: { type: 'boolean' } }, { least: ['SPEC|TEMPLATE'] },
  );
  const backend = oneOf('--backend', values.backend, backendKindSchema.options);
  return withProgram(entryUrl, async ({ client }) => {
    const given = await specOf(client, positionals[0]!);
    const { spec } = overrideSpec(withFiles(given, values.model, values.data), { backend, trials: undefined, seed: undefined });
    const tried = await tryOne(client, spec);
    console.log(values.json ? JSON.stringify(tried) : asText(tried));
    return tried.problem === null ? 0 : 1;
  });
}

async function specOf(client: Client, given: string): Promise<StudySpec> {
  const templates = await client.call('templates.list', {});
  const template = templates.find(({ id }) => id === given);
  if (template) return template.spec;
  if (existsSync(resolve(given))) return (await readSpec('SPEC|TEMPLATE', resolve(given), { trials: undefined, seed: undefined, backend: undefined })).spec;
  throw badInput('SPEC|TEMPLATE', given, `a study’s file, or one of ${templates.map(({ id }) => id).join(', ')}`);
}

function withFiles(spec: StudySpec, model: string | undefined, data: string | undefined): StudySpec {
  return { ...spec, model: { ...spec.model, ...(model !== undefined && { modelPath: resolve(model) }), ...(data !== undefined && { dataPath: resolve(data) }) } };
}

async function tryOne(client: Client, spec: StudySpec): Promise<TriedRequest> {
  let tried: TriedRequest | null = null;
  await watchToEnd(client, 'model.try', { spec }, (item) => (tried = item));
  return tried!;
}

function asText(tried: TriedRequest): string {
  const { model, data, takes, gives, encoder, notes, width, requestBytes, answerBytes, firstMs, laterMs } = tried;
  const later = laterMs === null ? '' : `, then ${laterMs.toFixed(1)} ms`;
  return [
    `Model    ${model}`, `         takes ${takes.join(', ')}`, `         gives ${gives.join(', ')}`,
    `Data     ${data}`, `Sent as  ${encoder}${width === null ? '' : `; this request is ${formatCount(width)} wide`}`, ...notes.map((note) => `         ${note}`),
    '', tried.request, `${formatCount(requestBytes)} bytes`, '', `Answered with ${tried.status} in ${firstMs.toFixed(1)} ms${later}:`, tried.answer, `${formatCount(answerBytes)} bytes`,
    ...(tried.problem === null ? [] : ['', tried.problem]),
  ].join('\n');
}
