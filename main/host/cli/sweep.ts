import { resolve } from 'node:path';
import type { Client } from '../../contract/client.ts';
import { badInput } from '../../domain/errors.ts';
import { formatCount, inSentence } from '../../domain/format.ts';
import { KNOB_NAMES } from '../../domain/knobs.ts';
import { applyStudyEvent, countFinished, type Study } from '../../domain/study.ts';
import { backendKindSchema } from '../../domain/study-spec.ts';
import { applySweepEvent, baseName, describeSweep, isStudyDone, REPORT_CONCURRENCIES, varySchema, type Sweep, type SweepSpec, type Vary } from '../../domain/sweep.ts';
import type { Command } from '../cli.ts';
import { oneOf, parseCommandLine, wholeNumber } from './arguments.ts';
import { withProgram } from './program.ts';
import { createProgressPainter } from './progress-line.ts';
import { createProject, freshPath } from './run.ts';
import { isProjectFile, readSpec } from './spec-file.ts';
import { nextStopSignal } from './stop-signal.ts';
import { sweepAsJson } from '../../domain/study-json.ts';
import { sweepAsText } from './sweep-report.ts';
import { trustIfAsked, TRUST_MEANING } from './trust-option.ts';

const OPTIONS = `[--out FILE] [--backend local|docker|swarm|simulated] [--trials N] [--repeats R] [--seed S] [--trust] [--json]`;
const MEANINGS = `  --out FILE      the project file to write (with SPEC)
  --backend KIND  where replicas run
  --trials N      how many trials each study has
  --repeats R     every study again with R seeds
${TRUST_MEANING}
  --json          one JSON document on standard output, progress on standard error`;

export const SWEEP: Command = {
  usage: `sweep SPEC|PROJECT [--concurrency LIST|report] [--vary NAME=LIST] [--duel] ${OPTIONS}
  Runs the same study at every value of a list, without supervision; with a project file, goes on where it stopped.
  --concurrency LIST  1,5,10 and so on; report: ${REPORT_CONCURRENCIES.join(',')} (the default)
  --vary NAME=LIST    something else: delayMs=0,5,20 or lossPercent=0,1,5 (the network), or a knob held at each value:
                  ${KNOB_NAMES.join(', ')}
  --duel          random and Bayesian search at equal budget at each
${MEANINGS}`,
  run: (args, entryUrl) => runSweep(args, entryUrl, false),
};

export const DUEL: Command = {
  usage: `duel SPEC|PROJECT [--concurrency LIST|report] [--vary NAME=LIST] ${OPTIONS}
  Random against Bayesian search at equal budget, at the study's own concurrency or at every value of a list (see sweep).
${MEANINGS}`,
  run: (args, entryUrl) => runSweep(args, entryUrl, true),
};

const STOPPED = 130;

async function runSweep(args: readonly string[], entryUrl: string, isDuel: boolean): Promise<number> {
  const { values, positionals } = parseCommandLine(args, {
    out: { type: 'string' }, backend: { type: 'string' }, trials: { type: 'string' }, seed: { type: 'string' }, trust: { type: 'boolean' }, json: { type: 'boolean' },
    concurrency: { type: 'string' }, vary: { type: 'string' }, repeats: { type: 'string' }, ...(!isDuel && { duel: { type: 'boolean' } }),
  } as const, { least: ['SPEC|PROJECT'] });
  const overrides = {
    backend: oneOf('--backend', values.backend, backendKindSchema.options),
    trials: wholeNumber('--trials', values.trials, 1, 100_000), seed: wholeNumber('--seed', values.seed, 0, 4_294_967_295),
  };
  const repeats = wholeNumber('--repeats', values.repeats, 1, 20) ?? 1;
  if (values.vary !== undefined && values.concurrency !== undefined) throw badInput('--vary', values.vary, 'only one of --vary and --concurrency');
  const list = concurrencies(values.concurrency);
  const vary = values.vary === undefined ? null : varyOf(values.vary);
  const path = resolve(positionals[0]!);
  const fromProject = await isProjectFile('SPEC|PROJECT', path);
  if (fromProject && values.out !== undefined) throw badInput('--out', values.out, 'no --out with a project file; the sweep goes on in it');
  const read = fromProject ? null : await readSpec('SPEC|PROJECT', path, overrides);
  const out = fromProject ? path : freshPath(values.out, path);
  return withProgram(entryUrl, async ({ client }) => {
    for (const note of read?.notes ?? []) console.error(note);
    const project = read ? await createProject(client, read.spec, out) : await client.call('project.open', { path });
    const { projectId } = project;
    await trustIfAsked(client, project, values.trust);
    const sweep = read
      ? await client.call('sweep.create', { projectId, spec: specOf(read.spec, isDuel || values.duel === true, vary ?? { kind: 'concurrency', values: [...(list ?? (isDuel ? [read.spec.environment.concurrency] : REPORT_CONCURRENCIES))] }, repeats) })
      : lastSweep(await client.call('sweep.list', { projectId }), path);
    const { sweep: ended, studies } = await followSweep(client, projectId, sweep);
    if (values.json) console.log(JSON.stringify({ file: out, ...sweepAsJson(ended, studies) }));
    else console.log(`${sweepAsText(ended, studies)}\n\n${ended.reason?.text ?? ''}\nSaved in ${out}`);
    return ended.reason?.kind === 'user' ? STOPPED : ended.reason?.kind === 'fault' ? 1 : 0;
  });
}

function specOf(base: Study['spec'], duel: boolean, vary: Vary, repeats: number): SweepSpec {
  const spec: SweepSpec = { name: base.name, vary, duel, repeats, base };
  return { ...spec, name: `${baseName(base)}, ${inSentence(describeSweep(spec))}` };
}

/** "delayMs=0,5,20" → what is varied. */
function varyOf(text: string): Vary {
  const accepted = `NAME=LIST with one of delayMs, lossPercent, ${KNOB_NAMES.join(', ')} and numbers with commas between them, each once`;
  const [name = '', list = ''] = text.split('=');
  const values = list.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  const draft = name === 'delayMs' || name === 'lossPercent' ? { kind: 'network', field: name, values } : { kind: 'knob', knob: name, values };
  const parsed = varySchema.safeParse(draft);
  if (!parsed.success) throw badInput('--vary', text, accepted);
  return parsed.data;
}

function concurrencies(text: string | undefined): readonly number[] | null {
  if (text === undefined) return null;
  if (text === 'report') return REPORT_CONCURRENCIES;
  const accepted = 'whole numbers from 1 to 1000 with commas between them, each once; or report';
  const values = text.split(',').map((part) => (/^\d+$/.test(part.trim()) ? Number(part) : NaN));
  if (values.some((value) => !(value >= 1 && value <= 1000)) || new Set(values).size !== values.length) throw badInput('--concurrency', text, accepted);
  return values;
}

function lastSweep(sweeps: readonly Sweep[], path: string): Sweep {
  const sweep = sweeps.find(({ reason }) => reason?.kind !== 'done') ?? sweeps.at(-1);
  if (!sweep) throw badInput('PROJECT', path, 'a project with a sweep or duel in it; give the study to begin one');
  return sweep;
}

/** Starts or goes on, says each study that ends, and resolves at the end of the queue. */
export async function followSweep(client: Client, projectId: string, { id: sweepId }: Sweep): Promise<{ sweep: Sweep; studies: readonly Study[] }> {
  const painter = createProgressPainter(process.stderr);
  const ended = Promise.withResolvers<undefined>();
  let sweep: Sweep | null = null;
  let started = false;
  const studies = new Map<string, Study>();
  const stopWatching = client.watch('sweep.watch', { projectId, sweepId }, {
    onItem: (update) => {
      if (update.kind === 'snapshot') {
        ({ sweep } = update);
        for (const study of update.studies) studies.set(study.id, study);
      } else if (update.kind === 'sweep') {
        sweep = applySweepEvent(sweep, update.event);
        started ||= update.event.kind === 'sweep-started';
        if (started && update.event.kind === 'sweep-ended') ended.resolve(undefined);
      } else {
        const study = applyStudyEvent(studies.get(update.studyId)!, update.numbered.event);
        studies.set(update.studyId, study);
        const done = [...studies.values()].filter(isStudyDone).length;
        if (update.numbered.event.kind === 'run-ended') painter.line(`${done} of ${studies.size} studies done: ${study.spec.name}`);
        else painter.live(`${study.spec.name}: ${formatCount(countFinished(study))} of ${formatCount(study.spec.budget.trials)} trials, study ${done + 1} of ${studies.size}`);
      }
    },
    onError: (error) => ended.reject(error),
  });
  const stopRequested = nextStopSignal();
  await client.call('sweep.start', { projectId, sweepId });
  void stopRequested.then(() => {
    painter.line('Stopping; finished trials are kept.');
    return client.call('sweep.stop', { projectId, sweepId, when: 'now' });
  }).catch(() => undefined);
  await ended.promise;
  painter.done();
  stopWatching();
  return { sweep: sweep!, studies: [...studies.values()] };
}
