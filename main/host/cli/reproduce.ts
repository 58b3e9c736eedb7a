import { resolve } from 'node:path';
import { badInput } from '../../domain/errors.ts';
import { formatCount, formatEstimate } from '../../domain/format.ts';
import { sweepAsJson } from '../../domain/study-json.ts';
import { backendKindSchema, usualBackend, type StudySpec } from '../../domain/study-spec.ts';
import type { Client } from '../../contract/client.ts';
import type { PlannedPart } from '../../contract/sweep-methods.ts';
import type { Study } from '../../domain/study.ts';
import type { Sweep } from '../../domain/sweep.ts';
import type { Command } from '../cli.ts';
import { oneOf, parseCommandLine } from './arguments.ts';
import { readStudy } from './follow-study.ts';
import { withProgram } from './program.ts';
import { freshPath } from './run.ts';
import { isProjectFile } from './spec-file.ts';
import { followSweep } from './sweep.ts';
import { sweepAsText } from './sweep-report.ts';

export const REPRODUCE: Command = {
  usage: `reproduce [PROJECT] [--scale student|full] [--backend local|docker|simulated] [--image NAME] [--out FILE] [--json]
  Everything the report did, without supervision: random against Bayesian search on the GAN at eight concurrencies, OpenNMT,
  and the sweeps over replicas, CPU, memory, delay and loss. Ends with the tables and the claims judged. Ctrl+C stops; with the
  project file it goes on.
  --scale KIND    student: 12 trials a study, an hour or less (the default); full: the report's 50 trials of 3,413 requests
  --backend KIND  where replicas run (default: local)
  --image NAME    with docker: what the containers run, tensorflow/serving for example, with your models in their folders
  --out FILE      the project file to write (default: reproduce-the-report.servescape, here)
  --json          one JSON document on standard output, progress on standard error`,
  run: runReproduce,
};

const STOPPED = 130;

async function runReproduce(args: readonly string[], entryUrl: string): Promise<number> {
  const { values, positionals } = parseCommandLine(
    args, { scale: { type: 'string' }, backend: { type: 'string' }, image: { type: 'string' }, out: { type: 'string' }, json: { type: 'boolean' } },
    { most: ['PROJECT'] },
  );
  const given = positionals[0];
  const path = given === undefined ? null : resolve(given);
  if (path !== null && !(await isProjectFile('PROJECT', path))) throw badInput('PROJECT', given, 'a project file (.servescape) that an earlier run wrote');
  if (path !== null && (values.scale ?? values.backend ?? values.image ?? values.out) !== undefined) throw badInput('PROJECT', given, 'no other option but --json with it; what it runs stands in it');
  const scale = oneOf('--scale', values.scale, ['student', 'full']) ?? 'student';
  const backend = backendOf(oneOf('--backend', values.backend, backendKindSchema.options) ?? 'local', values.image);
  const out = path ?? freshPath(values.out, 'reproduce-the-report');
  return withProgram(entryUrl, async ({ client }) => {
    const project = path === null ? await client.call('programme.create', { scale, backend }) : await client.call('project.open', { path });
    const { projectId } = path === null ? await client.call('project.saveAs', { projectId: project.projectId, path: out }) : project;
    if (path === null) for (const line of planLines(await client.call('programme.plan', { scale, backend }))) console.error(line);
    const parts = await runParts(client, projectId, await client.call('sweep.list', { projectId }));
    if (values.json) console.log(JSON.stringify({ file: out, parts: parts.map(({ sweep, studies }) => sweepAsJson(sweep, studies)) }));
    else console.log(`${parts.map(({ sweep, studies }) => `${sweepAsText(sweep, studies)}\n`).join('\n')}\nSaved in ${out}`);
    if (parts.some(({ sweep }) => sweep.reason?.kind === 'user')) return STOPPED;
    return parts.some(({ sweep }) => sweep.reason?.kind === 'fault') ? 1 : 0;
  });
}

function backendOf(kind: StudySpec['backend']['kind'], image: string | undefined): StudySpec['backend'] {
  const backend = usualBackend(kind);
  if (image === undefined) return backend;
  if (backend.kind !== 'docker') throw badInput('--image', image, 'no image without --backend docker');
  return { ...backend, image };
}

function planLines(parts: readonly PlannedPart[]): readonly string[] {
  const seconds = parts.reduce((sum, part) => sum + part.seconds, 0);
  return [...parts.map(({ title, studies, trials, yields }) => `${title}: ${studies} studies, ${formatCount(trials)} trials. ${yields}.`), `Altogether ${formatEstimate(seconds)}, a first guess.`];
}

/** One part after the other; the ones that are done are only read. A stop ends it all. */
async function runParts(client: Client, projectId: string, sweeps: readonly Sweep[]): Promise<readonly { readonly sweep: Sweep; readonly studies: readonly Study[] }[]> {
  const parts: { sweep: Sweep; studies: readonly Study[] }[] = [];
  for (const [i, sweep] of sweeps.entries()) {
    if (sweep.reason?.kind === 'done') {
      parts.push({ sweep, studies: await Promise.all(sweep.members.map(({ studyId }) => readStudy(client, { projectId, studyId }))) });
      continue;
    }
    console.error(`Part ${i + 1} of ${sweeps.length}: ${sweep.spec.name}`);
    const part = await followSweep(client, projectId, sweep);
    parts.push(part);
    if (part.sweep.reason?.kind === 'user') break;
  }
  return parts;
}
