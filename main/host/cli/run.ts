import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Client } from '../../contract/client.ts';
import type { ProjectInfo } from '../../contract/values.ts';
import { badInput } from '../../domain/errors.ts';
import type { Study } from '../../domain/study.ts';
import { backendKindSchema, LOAD_PLACES } from '../../domain/study-spec.ts';
import type { Command } from '../cli.ts';
import { listOf, oneOf, parseCommandLine, wholeNumber } from './arguments.ts';
import { followStudy, type StudyIds } from './follow-study.ts';
import { withProgram } from './program.ts';
import { createProgressPainter, progressLine, trialSentence } from './progress-line.ts';
import { isProjectFile, overrideSpec, readSpec, type SpecOverrides } from './spec-file.ts';
import { nextStopSignal } from './stop-signal.ts';
import { studyAsJson } from '../../domain/study-json.ts';
import { studyAsText } from './study-report.ts';
import { trustIfAsked, TRUST_MEANING } from './trust-option.ts';

export const RUN: Command = {
  usage: `run SPEC|PROJECT [--out FILE] [--backend local|docker|swarm|simulated] [--engines LIST]
      [--load-from here|beside] [--machines N] [--trials N] [--seed S] [--trust] [--json]
  Runs a study to its end; with a project file, goes on where it stopped. Ctrl+C stops and keeps every finished trial.
  --out FILE      the project file to write (with SPEC; default: the study's file name with .servescape, here)
  --backend KIND  where replicas run: local (built-in server), docker, swarm or simulated (virtual time)
  --engines LIST  Docker contexts or addresses, separated by commas: with docker trials run on all of them at once, with
                  swarm a manager comes first
  --load-from P   where requests come from: here, or beside the replicas, in a container on their engine
  --machines N    simulated machines that run trials at once
  --trials N      how many trials altogether
  --seed S        seed of everything random, 0 to 4294967295
${TRUST_MEANING}
  --json          one JSON document on standard output, progress on standard error`,
  run: runRun,
};

const STOPPED = 130;

async function runRun(args: readonly string[], entryUrl: string): Promise<number> {
  const { values, positionals } = parseCommandLine(
    args,
    { out: { type: 'string' }, backend: { type: 'string' }, engines: { type: 'string' }, 'load-from': { type: 'string' }, machines: { type: 'string' }, trials: { type: 'string' }, seed: { type: 'string' }, trust: { type: 'boolean' }, json: { type: 'boolean' } },
    { least: ['SPEC|PROJECT'] },
  );
  const overrides: SpecOverrides = {
    backend: oneOf('--backend', values.backend, backendKindSchema.options),
    engines: listOf(values.engines),
    loadFrom: oneOf('--load-from', values['load-from'], LOAD_PLACES),
    machines: wholeNumber('--machines', values.machines, 1, 16),
    trials: wholeNumber('--trials', values.trials, 1, 100_000),
    seed: wholeNumber('--seed', values.seed, 0, 4_294_967_295),
  };
  const path = resolve(positionals[0]!);
  const fromProject = await isProjectFile('SPEC|PROJECT', path);
  if (fromProject && values.out !== undefined) throw badInput('--out', values.out, 'no --out with a project file; the study goes on in it');
  const read = fromProject ? null : await readSpec('SPEC|PROJECT', path, overrides);
  const out = fromProject ? path : freshPath(values.out, path);
  return withProgram(entryUrl, async ({ client }) => {
    for (const note of read?.notes ?? []) console.error(note);
    const project = read ? await createProject(client, read.spec, out) : await client.call('project.open', { path });
    await trustIfAsked(client, project, values.trust);
    const study = await runStudy(client, idsOf(project), fromProject ? overrides : null);
    if (values.json) console.log(JSON.stringify({ file: out, ...studyAsJson(study) }));
    else console.log(`${studyAsText(study)}\n\n${study.runs.at(-1)?.reason?.text ?? ''}\nSaved in ${out}`);
    return study.runs.at(-1)?.reason?.kind === 'user' ? STOPPED : study.runs.at(-1)?.reason?.kind === 'fault' ? 1 : 0;
  });
}

export async function createProject(client: Client, spec: Study['spec'], out: string): Promise<ProjectInfo> {
  const [template] = await client.call('templates.list', {});
  // A draft for a moment only; the process number keeps several runs that start in the same second apart.
  const name = `${spec.name.slice(0, 100)} ${process.pid}`;
  const project = await client.call('project.create', { template: template!.id, name });
  await client.call('study.update', { ...idsOf(project), spec });
  return client.call('project.saveAs', { projectId: project.projectId, path: out });
}

/** Starts or goes on, shows progress, and waits for the end; the first Ctrl+C stops, the second one ends the process. */
async function runStudy(client: Client, ids: StudyIds, overrides: SpecOverrides | null): Promise<Study> {
  const painter = createProgressPainter(process.stderr);
  const followed = await followStudy(client, ids, {
    onEvent: (study, event) => {
      if (event.kind === 'trial-finished') painter.line(trialSentence(study, study.trials[event.trial - 1]!));
    },
    onLive: (study, run) => painter.live(progressLine(study, run, process.stderr.columns || 80)),
  });
  if (overrides && Object.values(overrides).some((value) => value !== undefined)) {
    const { spec, notes } = overrideSpec(followed.now().spec, overrides);
    for (const note of notes) console.error(note);
    await client.call('study.update', { ...ids, spec });
  }
  const stopRequested = nextStopSignal();
  await client.call('study.start', ids);
  void stopRequested.then(() => {
    painter.line('Stopping; finished trials are kept.');
    return client.call('study.stop', { ...ids, when: 'now' });
  }).catch(() => undefined);
  const study = await followed.ended;
  painter.done();
  followed.stop();
  return study;
}

/** The study that is not finished yet, else the last one. */
function idsOf(project: ProjectInfo): StudyIds {
  const study = project.studies.find(({ state }) => state !== 'ended') ?? project.studies.at(-1);
  if (!study) throw badInput('PROJECT', project.path, 'a project with a study in it');
  return { projectId: project.projectId, studyId: study.id };
}

export function freshPath(given: string | undefined, specPath: string): string {
  const path = resolve(given ?? `${basename(specPath).replace(/\.json$/i, '')}.servescape`);
  if (!path.toLowerCase().endsWith('.servescape')) throw badInput('--out', given, 'a file name that ends in .servescape');
  if (existsSync(path)) throw badInput('--out', path, 'a file that does not exist yet; to go on with this one, run it instead of the study');
  return path;
}
