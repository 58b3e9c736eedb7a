import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { connectInMemory } from '../../main/contract/connection.ts';
import { createClient } from '../../main/contract/client.ts';
import type { StudyUpdate } from '../../main/contract/values.ts';
import { ServescapeError } from '../../main/domain/errors.ts';
import { openStudy } from '../../main/host/open-study.ts';
import { followStudy } from '../../main/host/cli/follow-study.ts';
import { mountServices } from '../../main/host/router.ts';
import { createProjectFile, type ProjectFile } from '../../main/project/project-file.ts';
import { temporaryFolder } from '../project/temporary-folder.ts';
import { randomChooser, scriptedLab, specOf, steadyLoad } from '../study/doubles.ts';
import { fakeServices } from './fake-services.ts';

const spec = specOf((usual) => ({ ...usual, sampler: { kind: 'random' }, budget: { ...usual.budget, trials: 3 } }));

function projectWith(wrap: (file: ProjectFile) => ProjectFile = (file) => file, onTrial: (trial: number, path: string) => void = () => undefined) {
  const path = join(temporaryFolder(), 'p.servescape');
  const file = createProjectFile(path, { name: 'p' });
  const studyId = file.createStudy(spec, '2026-01-01T00:00:00.000Z');
  const { lab } = scriptedLab({
    load: (trial) => {
      onTrial(trial, path);
      return steadyLoad();
    },
  });
  return { file, open: openStudy(wrap(file), studyId, () => [lab], randomChooser()) };
}

it('tells the watchers that the run ended when the file was deleted under it', async () => {
  const { open } = projectWith(undefined, (trial, path) => {
    if (trial === 2) unlinkSync(path);
  });
  const services = fakeServices({
    'study.watch': (_ids, sink) => void open.watch((update) => sink.item(update)),
  });
  const [page, host] = connectInMemory();
  mountServices(services, host, { onFault: () => undefined });
  const followed = await followStudy(createClient(page), { projectId: 'p', studyId: 'study-1' });
  open.start('run');
  const study = await followed.ended;
  expect(study.runs.at(-1)!.reason).toMatchObject({ kind: 'fault', text: expect.stringMatching(/^There is no file at .*p\.servescape\.$/) as string });
  expect(study.trials.map(({ state }) => state)).toEqual(['complete', 'aborted']);
});

it('goes on when there is room again, without losing or repeating a finished trial', async () => {
  let isFull = false;
  const { open } = projectWith((file) => ({
    ...file,
    store: (studyId) => {
      const store = file.store(studyId);
      const refuse = (): void => {
        if (isFull) throw new ServescapeError('disk-full', 'There is no room left.');
      };
      return {
        ...store,
        append: (event) => (refuse(), store.append(event)),
        appendRoundTrips: (trial, trips) => (refuse(), store.appendRoundTrips(trial, trips)),
      };
    },
  }), (trial) => {
    isFull = trial === 2;
  });
  const updates: StudyUpdate[] = [];
  open.watch((update) => void updates.push(update));
  open.start('run');
  await expect.poll(open.isRunning).toBe(false);
  const last = updates.findLast(({ kind }) => kind !== 'live');
  expect(last).toMatchObject({ kind: 'snapshot', study: { state: 'ended', runs: [{ reason: { kind: 'fault', text: 'There is no room left.' } }] } });

  isFull = false;
  open.start('run');
  await expect.poll(open.isRunning).toBe(false);
  expect(open.study().state).toBe('ended');
  expect(open.study().trials.map(({ state }) => state)).toEqual(['complete', 'aborted', 'complete', 'complete']);
});

it('leaves no trial running when its round trips found no room but the end of the run did', async () => {
  const { open } = projectWith((file) => ({
    ...file,
    store: (studyId) => ({
      ...file.store(studyId),
      appendRoundTrips: () => {
        throw new ServescapeError('disk-full', 'There is no room left.');
      },
    }),
  }));
  open.start('run');
  await expect.poll(open.isRunning).toBe(false);
  expect(open.study()).toMatchObject({ state: 'ended', trials: [{ state: 'aborted', abortReason: 'There is no room left.' }] });
});
