import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { badInput } from '../../domain/errors.ts';
import type { Command } from '../cli.ts';
import { parseCommandLine } from './arguments.ts';
import { withProgram } from './program.ts';

export const NEW: Command = {
  usage: `new TEMPLATE --out FILE
  Writes the study of a template as JSON, to be edited and run.
  TEMPLATE   mnist, gan-svhn, opennmt, resnet-cifar10, deepspeech or simulated
  --out FILE a file that does not exist yet`,
  run: runNew,
};

async function runNew(args: readonly string[], entryUrl: string): Promise<number> {
  const { values, positionals } = parseCommandLine(args, { out: { type: 'string' } }, { least: ['TEMPLATE'] });
  const { out } = values;
  if (out === undefined) throw badInput('--out', undefined, 'a file name');
  return withProgram(entryUrl, async ({ client }) => {
    const templates = await client.call('templates.list', {});
    const template = templates.find(({ id }) => id === positionals[0]);
    if (!template) throw badInput('TEMPLATE', positionals[0], templates.map(({ id }) => id).join(', '));
    const path = resolve(out);
    await writeFile(path, `${JSON.stringify(template.spec, null, 2)}\n`, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw badInput('--out', path, 'a file that does not exist yet');
      if (error.code === 'ENOENT') throw badInput('--out', path, 'a file in a folder that exists');
      throw error;
    });
    console.log(`Written to ${path}`);
    return 0;
  });
}
