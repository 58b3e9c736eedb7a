import { createInterface } from 'node:readline';
import { badInput } from '../../domain/errors.ts';
import type { Command } from '../cli.ts';
import { parseCommandLine } from './arguments.ts';
import { runSamplerProtocol } from './sampler.ts';

export const SAMPLER: Command = {
  usage: `sampler [--name bayes|random|sobol|grid|epsilon-greedy|tpe|paper] [--option KEY=VALUE …]
  Proposes configurations over JSON lines on standard input and output, so that samplers can be compared:
  {"space":[…],"seed":1,"budget":50,"n_initial":null} → {"ask":{…}}, then {"tell":{"value":1.5}} → {"ask":{…}}, …,
  {"tell":{"value":1.2},"end":true} → {"recommend":{…}}. Values are minimised; null says that the configuration crashed.
  --name NAME         the sampler (bayes without it)
  --option KEY=VALUE  an option of the sampler; may be repeated`,
  run: runSampler,
};

async function runSampler(args: readonly string[]): Promise<number> {
  const { values } = parseCommandLine(args, { name: { type: 'string', default: 'bayes' }, option: { type: 'string', multiple: true } });
  const options = Object.fromEntries((values.option ?? []).map(keyAndValue));
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
  await runSamplerProtocol(lines, (line) => process.stdout.write(`${line}\n`), { name: values.name, options });
  return 0;
}

function keyAndValue(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw badInput('--option', text, 'KEY=VALUE');
  return [text.slice(0, at), text.slice(at + 1)];
}
