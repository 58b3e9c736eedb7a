/**
 * Run as a process of its own by the kill drill: `victim.ts FILE app|lean`. Starts the program as a user does (sweeps what an
 * earlier one left, opens the file, recovers it), says what it found, waits for a line on standard input, then runs the
 * study to its end. Every line on standard output is something that has happened.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { createClient } from '../../../main/contract/client.ts';
import { connectInMemory } from '../../../main/contract/connection.ts';
import { applyStudyEvent, type Study } from '../../../main/domain/study.ts';
import type { StudyUpdate } from '../../../main/contract/values.ts';
import type { Trial } from '../../../main/domain/trial.ts';

const [path, way] = process.argv.slice(2) as [string, 'app' | 'lean'];
const say = (text: string): void => void writeSync(1, `${text}\n`);
say('booted');
await (way === 'app' ? throughApp() : lean());
say('closed');
process.exit(0);

async function throughApp(): Promise<void> {
  const [{ createApp }, { placesBeside }, { mountServices }] = await Promise.all([
    import('../../../main/compose.ts'), import('../../../main/host/places.ts'), import('../../../main/host/router.ts'),
  ]);
  const app = createApp({ ...placesBeside(new URL('../../../main/host/cli.ts', import.meta.url).href), host: 'cli' });
  await app.start();
  say('swept');
  const [page, host] = connectInMemory();
  mountServices(app.services, host, { onFault: (error, method) => console.error(method, error) });
  const client = createClient(page);
  const { projectId, readOnly, studies } = await client.call('project.open', { path });
  const ids = { projectId, studyId: studies[0]!.id };
  const watcher = follow();
  client.watch('study.watch', ids, { onItem: watcher.see, onError: (error) => console.error(error) });
  await beforeGoing(readOnly, await watcher.first);
  // Killed between its last trial and its end: everything is there, and there is nothing to go on with.
  const { trials, spec } = await watcher.first;
  if (trials.filter(({ state }) => state !== 'aborted').length < spec.budget.trials) {
    await client.call('study.start', ids);
    await watcher.ended;
  }
  say('done');
  client.close();
  await app.close();
}

/** The same host, runner and file without the rest of the program: for studies in virtual time, where starting is most of it. */
async function lean(): Promise<void> {
  const [{ openProjectFile }, { recoverInterrupted }, { openStudy }, { createSimulatedLab }, { suggestForStudy }] = await Promise.all([
    import('../../../main/project/project-file.ts'), import('../../../main/project/recovery.ts'), import('../../../main/host/open-study.ts'),
    import('../../../main/serving/simulated/simulated-lab.ts'), import('../../../main/optimizer/study-sampler.ts'),
  ]);
  const file = openProjectFile(path);
  recoverInterrupted(file, new Date().toISOString());
  const nothing = async (): Promise<null> => null;
  const open = openStudy(file, file.studies()[0]!.id, () => [createSimulatedLab({ appVersion: 'drill' })], {
    ask: async (study, capacity) => suggestForStudy(study, capacity), slice: nothing, surface: nothing, predict: nothing, explain: nothing, close: async () => undefined,
  });
  const watcher = follow();
  open.watch(watcher.see);
  await beforeGoing(file.readOnly, await watcher.first);
  open.start('run');
  await watcher.ended;
  say('done');
  await open.close();
  file.close();
}

async function beforeGoing(readOnly: string | null, study: Study): Promise<void> {
  const trials = study.trials.map((trial) => ({ number: trial.number, state: trial.state, digest: digestOf(trial) }));
  say(`opened ${JSON.stringify({ readOnly, state: study.state, trials })}`);
  await once(process.stdin, 'data');
  process.stdin.pause();
}

/** Folds the updates as the page does, and says what happens. */
function follow(): { readonly see: (update: StudyUpdate) => void; readonly first: Promise<Study>; readonly ended: Promise<void> } {
  const first = Promise.withResolvers<Study>();
  const ended = Promise.withResolvers<void>();
  let study: Study | null = null;
  let stage = '';
  return {
    first: first.promise, ended: ended.promise,
    see: (update) => {
      if (update.kind === 'snapshot') {
        ({ study } = update);
        first.resolve(study);
      } else if (update.kind === 'live') {
        if (update.trial !== null && update.trial.stage !== stage) say(`stage ${(stage = update.trial.stage)}`);
      } else {
        const { event } = update.numbered;
        study = applyStudyEvent(study, event);
        if (event.kind === 'trial-finished') say(`finished ${JSON.stringify({ number: event.trial, digest: digestOf(study.trials[event.trial - 1]!) })}`);
        else say(`event ${event.kind}`);
        if (event.kind === 'run-ended') ended.resolve();
      }
    },
  };
}

function digestOf(trial: Trial): string {
  return createHash('sha256').update(JSON.stringify(sorted(trial))).digest('hex').slice(0, 16);
}

/** The order of fields is not part of a value: the schema sorts them when a file is read. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
}
