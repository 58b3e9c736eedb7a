import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openProgram } from '../../main/host/cli/program.ts';
import { simulatedSpec, tinySweep } from './tiny-sweep.ts';
import { temporaryFolder } from '../project/temporary-folder.ts';
import type { Client } from '../../main/contract/client.ts';
import type { Sweep } from '../../main/domain/sweep.ts';

let program: Awaited<ReturnType<typeof openProgram>>;
let client: Client;
beforeEach(async () => {
  vi.stubEnv('SERVESCAPE_DATA', temporaryFolder());
  program = await openProgram(new URL('../../main/host/cli.ts', import.meta.url).href);
  ({ client } = program);
});
afterEach(async () => {
  await program.close();
  vi.unstubAllEnvs();
});

/** Resolves with all sweeps of a project once this one has ended. */
function ended(projectId: string, sweepId: string): Promise<readonly Sweep[]> {
  return new Promise((resolve, reject) => {
    client.watch('sweep.watch', { projectId, sweepId }, {
      onItem: (update) => {
        const done = update.kind === 'sweep' ? update.event.kind === 'sweep-ended' : update.kind === 'snapshot' && update.sweep.state === 'ended';
        if (done) resolve(client.call('sweep.list', { projectId }));
      },
      onError: reject,
    });
  });
}

it('the report’s programme is planned and made as one project of seven sweeps, all waiting', async () => {
  const params = { scale: 'student' as const, backend: { kind: 'simulated' as const } };
  const plan = await client.call('programme.plan', params);
  expect(plan.map(({ studies, trials }) => [studies, trials])).toEqual([[16, 192], [6, 72], [6, 6], [6, 6], [6, 6], [5, 5], [5, 5]]);
  const project = await client.call('programme.create', params);
  expect(project).toMatchObject({ name: expect.stringMatching(/^Reproduce the report/) as string, draft: true });
  expect(project.studies).toHaveLength(50);
  const sweeps = await client.call('sweep.list', { projectId: project.projectId });
  expect(sweeps.map(({ state, members }) => [state, members.length])).toEqual(plan.map(({ studies }) => ['waiting', studies]));
});

it('all that is left runs in order and unattended; a second start says that all is done', async () => {
  const { projectId } = await client.call('project.create', { template: 'simulated' });
  const spec = await simulatedSpec(client);
  const [first, second] = [await client.call('sweep.create', { projectId, spec: tinySweep(spec, [1]) }), await client.call('sweep.create', { projectId, spec: tinySweep(spec, [2, 4]) })];
  await client.call('sweep.startAll', { projectId });
  await expect(client.call('sweep.start', { projectId, sweepId: second.id })).rejects.toMatchObject({ code: 'conflict' });
  expect((await ended(projectId, first.id)).map(({ reason }) => reason?.kind)).toEqual(['done', undefined]);
  expect((await ended(projectId, second.id)).map(({ reason }) => reason?.kind)).toEqual(['done', 'done']);
  await expect(client.call('sweep.startAll', { projectId })).rejects.toThrow('Every sweep of this project is done.');
});

it('a stop ends all of it, and it goes on with what is left', async () => {
  const { projectId } = await client.call('project.create', { template: 'simulated' });
  const spec = await simulatedSpec(client);
  const first = await client.call('sweep.create', { projectId, spec: tinySweep(spec, [1, 2, 3, 4, 5, 6, 7, 8]) });
  const second = await client.call('sweep.create', { projectId, spec: tinySweep(spec, [2]) });
  await client.call('sweep.startAll', { projectId });
  await client.call('sweep.stop', { projectId, sweepId: first.id, when: 'after-trial' });
  expect((await ended(projectId, first.id)).map(({ state, reason }) => [state, reason?.kind])).toEqual([['ended', 'user'], ['waiting', undefined]]);
  await client.call('sweep.startAll', { projectId });
  await ended(projectId, second.id);
  expect((await client.call('sweep.list', { projectId })).map(({ reason }) => reason?.kind)).toEqual(['done', 'done']);
});
