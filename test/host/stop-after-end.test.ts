import { expect, it, vi } from 'vitest';
import { openProgram } from '../../main/host/cli/program.ts';
import { temporaryFolder } from '../project/temporary-folder.ts';

it('takes a stop or pause that comes after the end as said and done', async () => {
  vi.stubEnv('SERVESCAPE_DATA', temporaryFolder());
  const { client, close } = await openProgram(new URL('../../main/host/cli.ts', import.meta.url).href);
  try {
    const { projectId, studies } = await client.call('project.create', { template: 'simulated' });
    const ids = { projectId, studyId: studies[0]!.id };
    await expect(client.call('study.stop', { ...ids, when: 'now' })).resolves.toBeNull();
    await expect(client.call('study.stop', { ...ids, when: 'after-trial' })).resolves.toBeNull();
    await expect(client.call('study.pause', ids)).resolves.toBeNull();
    await expect(client.call('study.continue', ids)).rejects.toMatchObject({ code: 'conflict' });
  } finally {
    await close();
    vi.unstubAllEnvs();
  }
});
