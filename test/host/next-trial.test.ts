import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openProgram } from '../../main/host/cli/program.ts';
import { followStudy } from '../../main/host/cli/follow-study.ts';
import { temporaryFolder } from '../project/temporary-folder.ts';
import { simulatedSpec } from './tiny-sweep.ts';

let program: Awaited<ReturnType<typeof openProgram>>;
beforeEach(async () => {
  vi.stubEnv('SERVESCAPE_DATA', temporaryFolder());
  program = await openProgram(new URL('../../main/host/cli.ts', import.meta.url).href);
});
afterEach(async () => {
  await program.close();
  vi.unstubAllEnvs();
});

it('says before a step what it will run, and what the model expects of it', async () => {
  const { client } = program;
  const spec = await simulatedSpec(client);
  const { projectId, studies } = await client.call('project.create', { template: 'simulated' });
  const ids = { projectId, studyId: studies[0]!.id };
  await client.call('study.update', { ...ids, spec: { ...spec, budget: { ...spec.budget, trials: 6 }, sampler: { kind: 'bayes', startupTrials: 4, acquisition: 'expected-improvement', xi: 1e-4 }, measurement: { ...spec.measurement, requests: { kind: 'fixed', count: 200 } } } });
  let paused = Promise.withResolvers<undefined>();
  const followed = await followStudy(client, ids, {
    onEvent: (_study, event) => {
      if (event.kind === 'run-paused') paused.resolve(undefined);
    },
  });
  const said = [];
  for (let trial = 1; trial <= 6; trial++) {
    const next = await client.call('study.next', ids);
    said.push(next?.prediction ?? null);
    paused = Promise.withResolvers();
    await client.call('study.step', ids);
    // The last step uses the budget up: the run ends instead of pausing.
    await (trial < 6 ? paused.promise : followed.ended);
    const ran = followed.now().trials[trial - 1]!;
    expect(ran).toMatchObject({ configuration: next!.configuration, origin: next!.origin, prediction: next!.prediction });
  }
  expect(said.map((prediction) => prediction !== null)).toEqual([false, false, false, false, true, true]);
  expect(await client.call('study.next', ids)).toBeNull();
  followed.stop();
});
