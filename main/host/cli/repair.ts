import { resolve } from 'node:path';
import { repairProjectFile } from '../../project/repair.ts';
import type { Command } from '../cli.ts';
import { parseCommandLine } from './arguments.ts';
import { freshPath } from './run.ts';

export const REPAIR: Command = {
  usage: `repair FILE [--out FILE]
  Saves what is whole of a damaged project file into a new one; the file itself stays as it is.
  --out FILE   the new file (default: beside it, named “… repaired”)`,
  run: async (args) => {
    const { values, positionals } = parseCommandLine(args, { out: { type: 'string' } }, { least: ['FILE'] });
    const path = resolve(positionals[0]!);
    const { path: to, found } = repairProjectFile(path, ...(values.out === undefined ? [] : [freshPath(values.out, path)]));
    for (const sentence of found) console.log(sentence);
    console.log(`Saved in ${to}`);
    return 0;
  },
};
