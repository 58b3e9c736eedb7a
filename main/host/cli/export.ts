import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { badInput } from '../../domain/errors.ts';
import { exportJsonSchema, projectAsJson, type ExportJson } from '../../domain/study-json.ts';
import { readRoundTrips } from '../../contract/round-trips.ts';
import type { Client } from '../../contract/client.ts';
import type { Study } from '../../domain/study.ts';
import type { Command } from '../cli.ts';
import { parseCommandLine } from './arguments.ts';
import { readStudy } from './follow-study.ts';
import { withProgram } from './program.ts';
import { projectPath } from './spec-file.ts';

export const EXPORT: Command = {
  usage: `export PROJECT [--out FILE] [--round-trips]
  Everything in a project as one JSON document: studies, trials, sweeps, claims. Units are in the names, nothing is rounded.
  --out FILE      writes it there instead of to standard output
  --round-trips   every single round trip too
  --schema        the JSON Schema of the document, instead`,
  run: runExport,
};

async function runExport(args: readonly string[], entryUrl: string): Promise<number> {
  const { values, positionals } = parseCommandLine(
    args, { out: { type: 'string' }, 'round-trips': { type: 'boolean' }, schema: { type: 'boolean' } }, { most: ['PROJECT'] },
  );
  if (values.schema) {
    console.log(JSON.stringify(exportJsonSchema(), null, 2));
    return 0;
  }
  if (positionals[0] === undefined) throw badInput('PROJECT', undefined, 'a project file (.servescape)');
  const path = await projectPath('PROJECT', positionals[0]);
  return withProgram(entryUrl, async ({ client }) => {
    const { projectId, name, studies: known } = await client.call('project.open', { path });
    const studies = await Promise.all(known.map(({ id }) => readStudy(client, { projectId, studyId: id })));
    const sweeps = await client.call('sweep.list', { projectId });
    const roundTrips = values['round-trips'] ? await allRoundTrips(client, projectId, studies) : undefined;
    const text = JSON.stringify(projectAsJson(name, studies, sweeps, roundTrips));
    if (values.out === undefined) console.log(text);
    else {
      await writeFile(resolve(values.out), `${text}\n`);
      console.log(`Written to ${resolve(values.out)}.`);
    }
    return 0;
  });
}

async function allRoundTrips(client: Client, projectId: string, studies: readonly Study[]): Promise<NonNullable<ExportJson['roundTrips']>> {
  const all: NonNullable<ExportJson['roundTrips']> = [];
  for (const { id: studyId, trials } of studies) {
    for (const { number: trial } of trials) {
      const columns = await readRoundTrips(client, { projectId, studyId, trial });
      if (columns !== null) all.push({ studyId, trial, ...columns });
    }
  }
  return all;
}
