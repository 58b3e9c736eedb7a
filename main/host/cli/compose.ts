import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { badInput } from '../../domain/errors.ts';
import type { Command } from '../cli.ts';
import { parseCommandLine, wholeNumber } from './arguments.ts';
import { chooseStudy } from './choose-study.ts';
import { withProgram } from './program.ts';
import { projectPath } from './spec-file.ts';

export const COMPOSE: Command = {
  usage: `compose PROJECT [--trial N] (--out FOLDER | --inline)
  A trial's configuration as a docker-compose project that starts it and answers; without --trial the best one.
  --out FOLDER   writes compose.yaml, batching.txt and monitoring.txt there, for any version of Compose
  --inline       prints one file for Compose 2.23.1 or newer`,
  run: runCompose,
};

async function runCompose(args: readonly string[], entryUrl: string): Promise<number> {
  const { values, positionals } = parseCommandLine(
    args, { trial: { type: 'string' }, out: { type: 'string' }, inline: { type: 'boolean' } }, { least: ['PROJECT'] },
  );
  const trial = wholeNumber('--trial', values.trial, 1, 1_000_000) ?? null;
  const path = await projectPath('PROJECT', positionals[0]!);
  if ((values.out === undefined) === (values.inline !== true)) throw badInput('--out', values.out, 'either --out FOLDER or --inline');
  return withProgram(entryUrl, async ({ client }) => {
    const project = await client.call('project.open', { path });
    const study = chooseStudy(project.studies);
    const ids = { projectId: project.projectId, studyId: study.id };
    const files = await client.call('trial.compose', { ...ids, trial, style: values.inline === true ? 'inline' : 'files' });
    if (values.out === undefined) {
      process.stdout.write(files[0]!.text);
      return 0;
    }
    const folder = resolve(values.out);
    await mkdir(folder, { recursive: true });
    await Promise.all(files.map(({ name, text }) => writeFile(join(folder, name), text)));
    console.log(`Written to ${folder}: ${files.map(({ name }) => name).join(', ')}\nStart it: docker compose --project-directory "${folder}" up -d`);
    return 0;
  });
}
